"""What the parent of a worker ends, on real processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext, suppress

import pytest

from decalogo import memory
from decalogo.evaluation import progress as reports
from decalogo.settings import EvaluationSettings
from decalogo.worker import progress
from decalogo.worker.guard import Guard, reason_of

MIB = 1 << 20


class Full(memory.Container):
    """A container that has no memory left."""

    def used(self) -> int:
        return self.limit


@pytest.fixture
def child() -> Iterator[Callable[..., int]]:
    """Return a function that starts a process which evaluates a document."""
    started: list[int] = []

    def start(task_id: str, *, stage: str = "match", page: int = 0, size: int = 0, guarded: bool = True) -> int:
        ready, told = os.pipe()
        pid = os.fork()
        if not pid:
            held = b"x" * size
            progress.begin(task_id)
            with progress.guarded(0) if guarded else nullcontext():
                reports.at(stage, page)
                os.write(told, b"1")
                signal.pause()
            os._exit(len(held) % 2)
        os.read(ready, 1)
        started.append(pid)
        return pid

    yield start
    for pid in started:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def ended(pid: int) -> bool:
    """Return whether a process was killed; wait for it a moment."""
    deadline = time.monotonic() + 100
    while not (gone := os.waitpid(pid, os.WNOHANG)[0] == pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return gone


def is_running(pid: int) -> bool:
    return os.waitpid(pid, os.WNOHANG) == (0, 0)


def test_the_largest_process_ends_before_its_container_is_full(child: Callable[..., int]) -> None:
    small, large = child("task-small"), child("task-large", stage="extract", page=4, size=100 * MIB)
    guard = Guard(EvaluationSettings(), Full(150 * MIB, memory.Path("/"), ("", "", "", "")))
    guard.check_limits([("task-small", small), ("task-large", large)])
    assert ended(large)
    assert is_running(small)
    error = reason_of("task-large")
    assert error is not None
    assert error.extra == {"page": 4}
    assert "MiB of memory" in error.detail
    assert reason_of("task-large") is None


def test_a_document_without_most_of_the_memory_is_evaluated_again(child: Callable[..., int]) -> None:
    small, large = child("task-small"), child("task-large", size=100 * MIB)
    guard = Guard(EvaluationSettings(), Full(100_000 * MIB, memory.Path("/"), ("", "", "", "")))
    guard.check_limits([("task-small", small), ("task-large", large)])
    assert ended(large)
    assert reason_of("task-large") is None
    assert is_running(small)


def test_no_other_process_ends_before_the_memory_of_the_last_one_is_free(
    child: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = child("task-one", size=50 * MIB), child("task-two")
    guard = Guard(EvaluationSettings(), Full(MIB, memory.Path("/"), ("", "", "", "")))
    guard.check_limits([("task-one", one), ("task-two", other)])
    monkeypatch.setattr(memory, "is_alive", lambda pid: pid == one)
    guard.check_limits([("task-one", one), ("task-two", other)])
    assert is_running(other)
    monkeypatch.undo()
    assert ended(one)
    guard.check_limits([("task-two", other)])
    assert ended(other)


def test_no_other_process_ends_for_memory_that_a_process_over_its_time_still_has(
    child: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    over, other = child("task-over", stage="extract", page=1), child("task-other")
    guard = Guard(EvaluationSettings(page_cpu_seconds=2), Full(MIB, memory.Path("/"), ("", "", "", "")))
    monkeypatch.setattr(memory, "cpu_seconds", lambda pid: 1000.0 if pid == over else 0.0)
    monkeypatch.setattr(memory, "is_alive", lambda pid: pid == over)
    guard.check_limits([("task-over", over), ("task-other", other)])
    assert ended(over)
    assert is_running(other)


def test_a_process_whose_slot_another_one_has_is_not_guarded(child: Callable[..., int]) -> None:
    pid = child("task-first", stage="extract", page=1)
    assert progress.step(pid) is not None
    assert progress.step(pid + progress._SLOTS) is None
    assert not memory.is_alive(0)


def test_a_page_that_waits_too_long_ends_though_it_uses_no_cpu(child: Callable[..., int]) -> None:
    now = [0.0]
    guard = Guard(EvaluationSettings(page_cpu_seconds=2), None, lambda: now[0])
    running = [("task-page", child("task-page", stage="extract", page=9))]
    for _ in range(20):
        guard.check_limits(running)
        now[0] += 0.9
    assert is_running(running[0][1])
    now[0] += 3600  # the parent was frozen, and its processes with it: this counts as one second
    guard.check_limits(running)
    assert is_running(running[0][1])
    for _ in range(3):
        now[0] += 0.9
        guard.check_limits(running)
    assert ended(running[0][1])
    assert "page 9" in str(reason_of("task-page"))


def test_only_a_process_that_evaluates_for_the_task_is_ended(child: Callable[..., int]) -> None:
    storing, other = child("task-storing", guarded=False), child("task-other")
    guard = Guard(EvaluationSettings(), Full(1, memory.Path("/"), ("", "", "", "")))
    running = [("task-storing", storing), ("task-before", other)]
    guard.check_limits(running)
    guard.drop_unowned(running, set)
    assert is_running(storing)
    assert is_running(other)
    guard.drop_unowned([("task-other", other)], lambda _: frozenset[str]())
    assert ended(other)
    assert reason_of("task-other") is None


def test_the_parent_sees_no_half_written_times() -> None:
    busy = os.fork()
    if not busy:
        progress.begin("task-busy")
        with progress.guarded(60):
            while True:
                reports.at("extract", 1)
    try:
        first = _first_step(busy)
        for _ in range(50_000):
            seen = progress.step(busy)
            assert seen is not None
            assert seen.since >= first.since
            assert (seen.began, seen.allowed) == (first.began, 60)
    finally:
        os.kill(busy, signal.SIGKILL)
        os.waitpid(busy, 0)


def _first_step(pid: int) -> progress.Step:
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        if (found := progress.step(pid)) and found.stage == "extract":
            return found
    raise AssertionError("the process did not begin")
