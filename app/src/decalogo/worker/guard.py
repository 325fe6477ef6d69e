"""The parent's guard: it ends the process of a document that exceeds a limit, or that nobody waits for any more.

Native code cannot be interrupted, and a process in the middle of a hostile page looks at no clock. The parent therefore
compares what each process uses with its limits, ten times per second, and kills it (decision 0071):

- CPU time per page, and per document in proportion to its size, programs that it runs (tesseract) included;
- time per page, for a process that waits without using the CPU;
- memory: the largest process, before the container reaches its limit. The document fails if it has more than half;
  otherwise its attempt is lost, and it is evaluated again apart from others;
- a document that was cancelled or deleted, or whose lease expired.

``reason_of`` returns the reason afterwards. So the document ends as failed in one attempt, and not as lost.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from typing import Final

import structlog

from decalogo import memory
from decalogo.errors import DocumentError, DocumentTooLargeError
from decalogo.settings import EvaluationSettings
from decalogo.worker import progress
from decalogo.worker.progress import Step

log = structlog.get_logger(__name__)

Running = tuple[str, int]
"""Celery task id and process id of a running task."""
_PAGE_STAGES: Final = frozenset({"extract", "recognise"})
_WAITING: Final = 10
"""How much longer than its CPU time a page may take: processes share cores, and wait for the disk."""
_INTERVAL: Final = 1.0
"""Most time that one observation adds: during a gap the parent was frozen, and its processes with it."""
_FULL: Final = 0.88
"""Share of the container's memory at which the largest process ends. It leaves room until the next observation."""

_reasons: dict[str, DocumentError] = {}


def reason_of(task_id: str) -> DocumentError | None:
    """Return why the guard ended the process of a task, once; ``None`` if it did not."""
    return _reasons.pop(task_id, None)


class Guard:
    """Ends processes over their limits.

    Args:
        settings: limits of pages and documents.
        container: the container's memory; ``None`` if it has no limit.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        settings: EvaluationSettings,
        container: memory.Container | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._container = container
        self._clock = clock
        self._observed_at = clock()
        self._waited: dict[str, tuple[Step, float]] = {}
        self._dying: set[int] = set()

    def check_limits(self, running: Iterable[Running]) -> None:
        """End the processes that are over a limit."""
        now = self._clock()
        gap, self._observed_at = min(now - self._observed_at, _INTERVAL), now
        waited: dict[str, tuple[Step, float]] = {}
        guarded = []
        for task_id, pid in running:
            step = _step(task_id, pid)
            if step is None:
                continue
            before, seconds = self._waited.get(task_id, (step, 0.0))
            waited[task_id] = step, seconds + gap if before == step else 0.0
            error = self._excess(step, pid, waited[task_id][1])
            if error and progress.step(pid) == step:  # it may have reached the next page meanwhile
                self._dying.add(pid)
                _end(step, pid, error)
            else:
                guarded.append((task_id, pid))
        self._waited = waited
        if self._container and guarded and self._container.used() > _FULL * self._container.limit:
            self._end_largest(guarded, self._container.limit)

    @staticmethod
    def drop_unowned(running: Iterable[Running], owning: Callable[[Iterable[str]], Container[str]]) -> None:
        """End the processes whose task no longer owns a document: it was cancelled, deleted, or given to another.

        Args:
            running: tasks and processes.
            owning: returns those of some tasks that own a document.
        """
        guarded = [one for one in running if _step(*one)]
        owners = owning(task_id for task_id, _ in guarded) if guarded else ()
        for task_id, pid in guarded:
            # The order matters: a process that finishes its document leaves the guard before the ledger changes.
            step = _step(task_id, pid)
            if step and task_id not in owners:
                _end(step, pid, None, "its document is no longer wanted")

    def _excess(self, step: Step, pid: int, waited: float) -> DocumentError | None:
        """Return the limit that a process exceeds. Where its CPU time is unknown, the time of its page alone counts.

        Args:
            step: what it does.
            pid: the process.
            waited: time since its step began, seconds.
        """
        used = memory.cpu_seconds(pid)
        limit = self._settings.page_cpu_seconds
        if limit and step.stage in _PAGE_STAGES:
            if used is not None and used - step.since > limit:
                return DocumentTooLargeError(
                    f"Reading page {step.page} took more than {limit:g} s of processor time. "
                    "Export the document again, or upload it without this page.",
                    page=step.page,
                )
            if waited > limit * _WAITING:
                return DocumentTooLargeError(
                    f"Reading page {step.page} took more than {limit * _WAITING:g} s. "
                    "Export the document again, or upload it without this page.",
                    page=step.page,
                )
        whole = memory.whole_cpu_seconds(pid, running=waited > _INTERVAL) if step.allowed else None
        if whole is not None and whole - step.began > step.allowed:
            return DocumentTooLargeError(
                f"The document took more than {step.allowed:.0f} s of processor time, the limit for its size; "
                f"it ended {_where(step)}. Split it, or export it again without repeated content.",
                **_page(step),
            )
        return None

    def _end_largest(self, running: Iterable[Running], limit: int) -> None:
        """End the largest process. It alone is to blame only if it has more than half of the memory."""
        self._dying = {pid for pid in self._dying if memory.is_alive(pid)}
        if self._dying:
            return  # what they had is not free yet
        largest = max(((memory.resident(pid), task_id, pid) for task_id, pid in running), default=None)
        if largest is None:
            return
        size, task_id, pid = largest
        if step := _step(task_id, pid):
            self._dying.add(pid)
            blamed = 2 * size > limit
            _end(step, pid, memory_error(size, step.stage, step.page) if blamed else None, "memory is short")


def cpu_seconds_for(settings: EvaluationSettings, size: int) -> float:
    """Return the CPU time for a document of ``size`` bytes, seconds; 0 is no limit."""
    if not settings.cpu_seconds:
        return 0.0
    return settings.cpu_seconds + settings.cpu_seconds_per_mib * size / (1 << 20)


def memory_error(size: int, stage: str, page: int) -> DocumentTooLargeError:
    """Return the error of a document that needs more memory than a worker process may have.

    Args:
        size: memory that it had, bytes.
        stage: stage of the evaluation that needed it.
        page: page of that stage, or 0.
    """
    return DocumentTooLargeError(
        f"The document needs more than {size >> 20} MiB of memory, the share of a worker process; it ended "
        f"{_where_in(stage, page)}. Split it, or export it again without repeated content.",
        **({"page": page} if page else {}),
    )


def _step(task_id: str, pid: int) -> Step | None:
    """Return what a process does for a task; ``None`` unless it evaluates a document for it."""
    step = progress.step(pid) if pid else None
    return step if step and step.task_id == task_id else None


def _end(step: Step, pid: int, error: DocumentError | None, reason: str = "") -> None:
    """Kill a process with the programs it runs, and remember the error of its document, if it has one."""
    reason = error.detail if error else reason
    log.warning("process ended by its parent", task_id=step.task_id, stage=step.stage, page=step.page, reason=reason)
    if error:
        _reasons[step.task_id] = error
    for one in (pid, *memory.children(pid)):
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


def _where(step: Step) -> str:
    return _where_in(step.stage, step.page)


def _where_in(stage: str, page: int) -> str:
    return f"at page {page}" if page else f"in stage {stage}"


def _page(step: Step) -> dict[str, object]:
    return {"page": step.page} if step.page else {}
