"""A row passes only when it gave more than its band, nothing was lost, and it kept to its memory."""

import copy
from typing import Any

import pytest

from tests.loadtest import at_root

with at_root():
    from loadtest.verdict import assess, bound

LEDGER = {"accepted": 60, "finished": 60, "redeliveries": 2, "attempts": 60, "lost_attempts": 0}
PHASE = {
    "seconds": 60.0,
    "documents": 60,
    "right": 60,
    "wrong": {},
    "documents_per_hour": 3600.0,
    "errors": 0,
    "ledger": LEDGER,
    "cpu_seconds": {"worker": 100.0, "api": 5.0, "redis": 2.0, "nginx": 2.0},
    "host_busy": 0.95,
    "host_waits": 0.0,
    "host_cores": 2,
    "peak_mib": {"all": 1500.0},
    "series": {"running": [[0, 4], [2, 4]]},
}
REPORT: dict[str, Any] = {
    "row": {"band": [30, 40], "workers": 1, "machines": 1, "concurrency": 4, "memory_gb": 4},
    "processes_here": 4,
    "phases": {"backlog": PHASE, "heavy": {**PHASE, "uncompressed_per_hour": 38.0}},
}


def changed(phase: str, **values: Any) -> dict[str, Any]:
    report = copy.deepcopy(REPORT)
    report["phases"][phase] |= values
    return report


def test_a_row_that_gives_more_than_its_band_passes() -> None:
    assert assess(REPORT) == []


def test_lighter_than_the_band_fails_and_names_the_limit() -> None:
    (why,) = assess(changed("backlog", documents_per_hour=39.0))
    assert why == "39 documents per hour, not above the band of 40: bound by CPU"


def test_worker_processes_that_cannot_keep_heavy_documents_flowing_fail() -> None:
    (why,) = assess(changed("heavy", uncompressed_per_hour=20.0))
    assert "below 30" in why


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"wrong": {"lost": 2}}, "2 documents lost"),
        ({"wrong": {"doubled": 1}}, "1 documents doubled"),
        ({"errors": 3}, "3 requests failed"),
        ({"ledger": {**LEDGER, "finished": 61}}, "60 documents accepted, 61 finished"),
        ({"ledger": {**LEDGER, "lost_attempts": 1}}, "1 attempts lost"),
        ({"peak_mib": {"all": 5000.0}}, "4.9 GB of memory, above the row's 4"),
    ],
)
def test_what_no_run_may_show_fails_a_row(values: dict[str, Any], why: str) -> None:
    found = assess(changed("backlog", **values))
    assert [problem.removeprefix("backlog: ") for problem in found] == [why]


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({}, "CPU"),
        ({"cpu_seconds": {"worker": 50.0}}, "CPU (other work on the machine took 56% of it)"),
        ({"cpu_seconds": {"worker": 20.0, "redis": 55.0}}, "Redis"),
        ({"cpu_seconds": {"worker": 20.0, "nginx": 55.0}}, "nginx"),
        ({"host_busy": 0.4}, "worker processes"),
        ({"host_busy": 0.4, "host_waits": 0.5, "series": {"running": [[0, 1]]}}, "disk"),
        ({"host_busy": 0.4, "series": {"running": [[0, 1]]}}, "the load offered"),
    ],
)
def test_the_limit_that_bound_a_phase_is_named(values: dict[str, Any], name: str) -> None:
    assert bound({**PHASE, **values}, REPORT) == name


@pytest.mark.parametrize(("workers", "limit"), [(1, "load generator"), (2, "CPU")])
def test_a_load_generator_that_is_busy_with_all_its_processes_is_named(workers: int, limit: str) -> None:
    phase = {**PHASE, "cpu_seconds": {**PHASE["cpu_seconds"], "locust": 58.0}, "locust_workers": workers}
    assert bound(phase, REPORT).startswith(limit)
