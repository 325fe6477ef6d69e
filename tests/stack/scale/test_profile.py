"""A profile's numbers are those of the live worker."""

import json
import os
from typing import Any

import pytest

from appliance import Appliance

ASK = """
import json, sys
from decalogo.queue.app import get_celery
inspect = get_celery().control.inspect(timeout=10)
print(json.dumps({"conf": inspect.conf(with_defaults=True), "stats": inspect.stats()}))
"""


def of_worker(answers: dict[str, Any]) -> dict[str, Any]:
    (found,) = [answer for name, answer in answers.items() if name.startswith("worker@")]
    return dict(found)


@pytest.fixture(scope="module")
def reported(appliance: Appliance) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(appliance.compose("exec", "-T", "worker", "python", "-c", ASK).splitlines()[-1])
    return answer


def test_the_live_worker_has_the_rows_concurrency_prefetch_and_tasks_a_child(reported: dict[str, Any]) -> None:
    conf, stats = of_worker(reported["conf"]), of_worker(reported["stats"])

    assert stats["pool"]["max-concurrency"] == 4
    assert len(stats["pool"]["processes"]) == 4
    assert stats["pool"]["max-tasks-per-child"] == 100
    assert conf["worker_prefetch_multiplier"] == 2
    assert conf["worker_disable_prefetch"] is False


def test_the_containers_have_the_rows_limits(appliance: Appliance) -> None:
    (worker,) = appliance.inspect("worker")
    assert worker["HostConfig"]["Memory"] == 1152 << 20
    assert worker["HostConfig"]["NanoCpus"] == min(2, os.cpu_count() or 1) * 10**9
    (redis,) = appliance.inspect("redis")
    assert redis["HostConfig"]["Memory"] == 768 << 20
    reported = appliance.compose("exec", "-T", "redis", "operator-cli", "config", "get", "maxmemory")
    assert reported.split() == ["maxmemory", str(384 << 20)]


@pytest.mark.parametrize(
    ("asked", "reported"),
    [("no-such", "there is no profile no-such, only: .*8c16g"), ("8x16c", "does not fit this machine")],
)
def test_an_unknown_or_impossible_profile_is_refused_with_the_reason(
    appliance: Appliance, asked: str, reported: str
) -> None:
    with pytest.raises(AssertionError, match=reported):
        appliance.run("up", "--profile", asked)
