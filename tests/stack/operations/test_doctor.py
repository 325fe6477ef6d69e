"""`./appliance doctor` on a healthy stack and on one with faults."""

import re

import pytest

from appliance import Appliance, docker

WARNINGS = (
    "start at boot",
    "receiver of alerts",
    "Grafana",
    "firing alerts",
    "disk space",
    "last backup",
    "limits of premium tokens",
    "age of the Debian packages, below 30 days",
)
CHECKS = 27
"""Checks that may end with a warning on a machine for tests."""


def results(report: str) -> dict[str, str]:
    """Return the checks in a report with their results: ok, warn or FAIL."""
    return {title: mark for mark, title in re.findall(r"^(ok|warn|FAIL)\s+(.+)$", report, re.MULTILINE)}


@pytest.mark.usefixtures("client")  # which makes a token
def test_a_healthy_stack_passes_every_check(appliance: Appliance) -> None:
    report = appliance.run("doctor")
    found = results(report)
    warnings = [title for title, mark in found.items() if mark == "warn"]
    assert len(found) == CHECKS
    assert "FAIL" not in found.values(), report
    assert set(warnings) <= set(WARNINGS), report
    assert re.search(rf"^{CHECKS - len(warnings)} passed, {len(warnings)} warnings?, 0 failed$", report, re.MULTILINE)
    assert "documents per hour" in report
    assert "worker@" in report


def test_a_stopped_service_and_a_missed_target_are_failures(appliance: Appliance) -> None:
    (scheduler,) = appliance.container_ids("scheduler")
    docker("stop", scheduler)
    try:
        with pytest.raises(AssertionError) as failed:
            appliance.run("doctor", "--target", "100000000")
    finally:
        docker("start", scheduler)
    found = results(str(failed.value))
    assert found["health of all services"] == "FAIL"
    assert found["throughput of 100000000 documents per hour"] == "FAIL"
    assert "scheduler exited" in str(failed.value)
    assert found["Redis"] == "ok"
    appliance.compose("up", "--detach", "--no-deps", "--wait", "scheduler")
