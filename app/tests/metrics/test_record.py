"""Observations on their way from a child process to its parent."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from prometheus_client import CollectorRegistry, Counter, Histogram

from decalogo.metrics.record import LOST, count_in_parent, observe, open_pipe, stop_counting


@pytest.fixture(autouse=True)
def nobody_counts_afterwards() -> Iterator[None]:
    yield
    stop_counting()


def until(condition: Callable[[], bool], seconds: float = 100) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)


def families(registry: CollectorRegistry) -> dict[str, Counter | Histogram]:
    return {
        "done": Counter("done", "For the test.", ["how"], registry=registry),
        "seconds": Histogram("seconds", "For the test.", registry=registry),
        LOST: Counter("lost", "For the test.", registry=registry),
    }


def test_observations_of_many_processes_are_counted_exactly() -> None:
    registry = CollectorRegistry()
    pipe = open_pipe(families(registry))
    children = []
    for _ in range(4):
        pid = os.fork()
        if pid == 0:
            count_in_parent(pipe)
            for _ in range(500):
                observe(("done", 1, "well"), ("seconds", 0.25))
                time.sleep(0.0005)  # below what the parent can count
            for _ in range(100):  # what the pipe did not take is reported with a later one
                observe(("done", 1, "last"))
                time.sleep(0.02)
            os._exit(0)
        children.append(pid)
    for pid in children:
        assert os.waitpid(pid, 0)[1] == 0
    until(lambda: done(registry, "well") + done(registry, "last") + lost(registry) == 2400)
    assert registry.get_sample_value("seconds_sum") == done(registry, "well") * 0.25


def done(registry: CollectorRegistry, how: str) -> float:
    return registry.get_sample_value("done_total", {"how": how}) or 0


def lost(registry: CollectorRegistry) -> float:
    return registry.get_sample_value("lost_total") or 0


def test_observations_dropped_by_a_full_pipe_are_reported_with_the_next_one() -> None:
    reading, writing = os.pipe()
    count_in_parent(writing)
    filled = 0
    with suppress(BlockingIOError):
        while True:
            filled += os.write(writing, b"x" * 1024)
    for _ in range(3):
        observe(("done", 1, "badly"))
    while filled:
        filled -= len(os.read(reading, min(filled, 1 << 16)))
    observe(("done", 1, "well"))
    assert os.read(reading, 1 << 16) == b'[["done",1,"well"],["metrics_lost",3]]\n'


def test_an_observation_too_long_for_an_atomic_write_is_dropped_as_a_whole() -> None:
    reading, writing = os.pipe()
    count_in_parent(writing)
    observe(("done", 1, "x" * 5000))
    observe(("done", 1, "well"))
    assert os.read(reading, 1 << 16) == b'[["done",1,"well"],["metrics_lost",1]]\n'


def test_nothing_is_counted_while_metrics_are_disabled() -> None:
    stop_counting()
    observe(("there is no such family", 1))


def test_an_invalid_line_is_skipped() -> None:
    registry = CollectorRegistry()
    pipe = open_pipe(families(registry))
    os.write(pipe, b"not JSON\n" + b'[["unknown",1]]\n' + b'[["done",1,"well"]]\n')
    until(lambda: registry.get_sample_value("done_total", {"how": "well"}) == 1)
