"""Settings in `.env`: what each reader makes of them, which ones take effect, and which ones are refused by name."""

from __future__ import annotations

import importlib.util
import json
import subprocess
from pathlib import Path

import pytest

from appliance import REPOSITORY, Appliance, docker


def write_env(appliance: Appliance, *lines: str) -> None:
    """Replace `.env`."""
    (appliance.folder / ".env").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="")


def networks(appliance: Appliance, service: str) -> set[str]:
    """Return the networks that a service is in, without the name of the project."""
    (container,) = appliance.inspect(service)
    return {name.removeprefix(f"{appliance.name}_") for name in container["NetworkSettings"]["Networks"]}


def dotenv_cases() -> dict[str, tuple[str, str]]:
    """Return the lines that the unit tests of the scripts use, with their values."""
    path = REPOSITORY / "app/tests/deployment/dotenv_cases.py"
    specification = importlib.util.spec_from_file_location("dotenv_cases", path)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    found: dict[str, tuple[str, str]] = module.CASES
    return found


@pytest.mark.parametrize(("line", "value"), dotenv_cases().values(), ids=dotenv_cases())
def test_compose_reads_env_as_the_scripts_do(line: str, value: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"FIRST=one\n{line}\n", encoding="utf-8", newline="")
    (tmp_path / "compose.yaml").write_text("services: {probe: {image: x, environment: [X]}}\n", encoding="utf-8")
    command = ["docker", "compose", "config", "--format", "json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=600)

    # Compose doubles each dollar sign in this output, so that it can be read again.
    seen = json.loads(done.stdout)["services"]["probe"]["environment"]["X"].replace("$$", "$")
    assert seen == value


def test_a_setting_of_the_program_reaches_the_services_and_opening_a_network_keeps_all_data(
    appliance: Appliance,
) -> None:
    client = appliance.client(appliance.run("token", "create", "opener").strip())
    assert "webhooks-false" in networks(appliance, "scheduler")
    write_env(appliance, "ALERTS_EGRESS=true", "LAST=7", "DECALOGO_STORAGE__RETENTION_DAYS=${LAST}")
    try:
        appliance.run("up")

        assert "alerts-true" in networks(appliance, "alertmanager")
        assert "webhooks-false" in networks(appliance, "scheduler")
        open_network = f"{appliance.name}_alerts-true"
        assert docker("network", "inspect", "--format", "{{.Internal}}", open_network).strip() == "false"
        for service in ("api", "scheduler"):
            shown = appliance.compose("exec", "-T", service, "printenv", "DECALOGO_STORAGE__RETENTION_DAYS")
            assert shown.strip() == "7"
        assert len(appliance.container_ids("worker")) == 2, "as many as at the last start"
        assert client.get("/api/v1/batch")["batches"] == [], "the token is still known"
    finally:
        write_env(appliance)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("DECALOGO_QUEUE__CONCURRENCY=3", "set WORKER_CONCURRENCY instead"),
        ("DECALOGO_REDIS__HOST=elsewhere", "DECALOGO_REDIS__HOST has no effect"),
        ("DECALOGO_STORAGE__RETENTION_DAY=3", "did you mean DECALOGO_STORAGE__RETENTION_DAYS"),
    ],
)
def test_a_setting_that_would_have_no_effect_stops_the_start(appliance: Appliance, line: str, message: str) -> None:
    write_env(appliance, line)
    try:
        with pytest.raises(AssertionError, match=message):
            appliance.compose("run", "--rm", "--no-deps", "-T", "setup")
    finally:
        write_env(appliance)
