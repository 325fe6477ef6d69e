"""The rules before anything runs: sound, and each alert fires on its case and stays quiet on a near miss (promtool)."""

import subprocess

from rules import ALERTS, CASES, promtool_file, rules_of

from appliance import Appliance

FROM = "/etc/prometheus"
FILL_IN = f"fill-in {FROM}/thresholds.env {FROM}/prometheus.yaml {FROM}/rules/*.yaml /tmp/prometheus"


def promtool(appliance: Appliance, script: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    image = f"decalogo/monitoring:{appliance.name}"
    command = ["docker", "run", "--rm", "-i", "--network", "none", "--entrypoint", "sh", image, "-c"]
    return subprocess.run(
        [*command, f"{FILL_IN} && {script}"], input=stdin, capture_output=True, text=True, timeout=600
    )


def test_configuration_and_rules_are_sound(appliance: Appliance) -> None:
    done = promtool(appliance, "promtool check config --lint=all --lint-fatal /tmp/prometheus/prometheus.yaml")

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_fires_on_its_case_and_stays_quiet_on_a_near_miss(appliance: Appliance) -> None:
    done = promtool(appliance, "cat > /tmp/cases.yaml && promtool test rules /tmp/cases.yaml", promtool_file())

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_has_a_case() -> None:
    assert [rule["alert"] for rule in rules_of(ALERTS)] == list(CASES)
