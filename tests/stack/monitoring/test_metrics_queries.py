"""Every query of every panel and rule has data in the real Prometheus after real work.

This file runs before test_pages.py, whose last test uses up the rate limit of the pages for operators.
"""

import json
from typing import Any

import pytest
from observing import Prometheus, wait_for
from rules import RECORDINGS, rules_of

from appliance import REPOSITORY
from client import Client
from papers import small_documents

FILES = sorted((REPOSITORY / "grafana/dashboards").glob("*.json"))


def queries() -> list[tuple[str, str]]:
    """Return where a query stands and the query, with every value of the variables."""
    found = [(f"rule {rule['record']}", rule["record"]) for rule in rules_of(RECORDINGS)]
    for file in FILES:
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                expression = (
                    target["expr"].replace("$worker", ".*").replace("$queue", ".*").replace("$__rate_interval", "1m")
                )
                found.append((f"{file.stem} / {panel['title']}", expression))
    return found


def test_every_target_is_up(worked: str, prometheus: Prometheus) -> None:
    def down() -> list[str]:
        targets: list[dict[str, Any]] = prometheus.ask("targets", state="active")["activeTargets"]
        assert {target["labels"]["job"] for target in targets} == {
            "api", "worker", "suspect", "scheduler", "redis", "edge", "host", "alertmanager", "prometheus", "probe",
        }  # fmt: skip
        return [f"{one['scrapeUrl']}: {one['lastError']}" for one in targets if one["health"] != "up"]

    wait_for(lambda: not down(), "all targets up")
    wait_for(lambda: len(prometheus.query('up{job="worker"} == 1')) == 2, "both workers")


@pytest.mark.parametrize(("place", "expression"), queries(), ids=[place for place, _ in queries()])
def test_a_query_has_data(worked: str, prometheus: Prometheus, client: Client, place: str, expression: str) -> None:
    found: list[dict[str, Any]] = []
    further = iter(range(20))

    def has_data() -> bool:
        found[:] = prometheus.query(expression)
        if any("NaN" not in str(series.get("value")) for series in found):
            return True
        if next(further, None) is not None:  # a window of a minute needs work in it
            client.follow(client.upload(small_documents(2))["job_id"])
        return False

    wait_for(has_data, f"data for {expression}", 600)
    print(f"{place}: {expression} -> {len(found)} series")
