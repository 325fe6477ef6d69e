"""`./appliance doctor`: what it finds on a stack that is well, and on one that is not."""

import re

import pytest

from appliance import Appliance, docker

TO_SEE_TO = ("it starts at boot", "alerts have somebody to go to", "Grafana runs")
"""What a machine for tests lacks, or may lack."""


def verdicts(said: str) -> dict[str, str]:
    """Return the checks of the doctor's report and what each found: ok, look or FAIL."""
    return {title: mark for mark, title in re.findall(r"^(ok|look|FAIL)\s+(.+)$", said, re.MULTILINE)}


@pytest.mark.usefixtures("client")  # which makes a token
def test_a_stack_that_is_well_is_found_to_be(appliance: Appliance) -> None:
    said = appliance.run("doctor")
    found = verdicts(said)
    assert len(found) == 16
    assert "FAIL" not in found.values(), said
    assert {title for title, mark in found.items() if mark == "look"} <= {*TO_SEE_TO, "no alert is firing"}, said
    assert "documents an hour" in said
    assert re.search(r"worker@\w+: \d+ at once", said)


def test_a_stopped_service_and_a_pace_that_is_not_reached_are_broken(appliance: Appliance) -> None:
    (scheduler,) = appliance.container_ids("scheduler")
    docker("stop", scheduler)
    try:
        with pytest.raises(AssertionError) as failed:
            appliance.run("doctor", "--target", "100000000")
    finally:
        docker("start", scheduler)
    found = verdicts(str(failed.value))
    assert found["every service is healthy"] == "FAIL"
    assert found["it judges 100000000 documents an hour"] == "FAIL"
    assert "scheduler exited" in str(failed.value)
    assert found["Redis answers, and only with a password"] == "ok"
    appliance.compose("up", "--detach", "--no-deps", "--wait", "scheduler")
