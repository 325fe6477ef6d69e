"""Base class of all Celery tasks, and what happens to a document whose attempt ends without a result.

An attempt that its document ended, by exceeding a limit, makes the document ``failed``: a retry would end the same way.
Any other attempt without a result is lost, and the document is retried (``lua/lib/transitions.lua``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import structlog
from celery import Task
from celery.exceptions import TimeLimitExceeded, WorkerLostError
from celery.signals import task_failure
from celery.worker.request import Request
from redis.exceptions import RedisError

from decalogo import memory
from decalogo.batches.ledger import Ending, Ledger
from decalogo.errors import DocumentError, TimeLimitError
from decalogo.metrics.record import observe
from decalogo.settings import get_settings
from decalogo.worker import progress
from decalogo.worker.guard import memory_error, reason_of
from decalogo.worker.remote_ledger import open_work_ledger

log = structlog.get_logger(__name__)


@lru_cache(maxsize=1)
def ledger() -> Ledger:
    """Return the ledger of this process."""
    return open_work_ledger(get_settings())


_ABORTS: Final = frozenset({"SIGABRT", "SIGILL", "SIGTRAP"})
"""Signals by which native libraries end a process that gets no more memory."""
_FAULTS: Final = frozenset({"SIGSEGV", "SIGBUS"})
"""The same, if the process had much memory."""


class MemoryLimitError(Exception):
    """An evaluation exceeded the memory limit of its process."""


class DecalogoRequest(Request):  # type: ignore[misc]
    """Message in execution, as the parent process of a worker sees it."""

    def cancel(self, pool: Any, signal: Any = None, emit_retry: bool = True) -> None:
        """End the attempt because the worker stops, and return its document to the queue immediately."""
        super().cancel(pool, signal, emit_retry)
        _release(self.id, "returned", "its worker was stopped")


class DecalogoTask(Task):  # type: ignore[misc]
    """Base of all tasks: log context, progress, and the return of the document when the worker stops."""

    Request = f"{__name__}:DecalogoRequest"

    def before_start(self, task_id: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Bind the task id to every log line, and start to record progress."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(task_id=task_id)
        progress.begin(task_id)


@task_failure.connect(weak=False)  # type: ignore[untyped-decorator]
def _attempt_lost(sender: Task, task_id: str, exception: BaseException, **_: object) -> None:
    """Release the document of a failed task. For a lost process Celery calls this in the parent."""
    if isinstance(sender, DecalogoTask):
        known = progress.known(task_id)
        if error := reason_of(task_id) or refusal(exception, known, was_guarded=progress.was_guarded(task_id)):
            _fail(task_id, error)
            return
        reason, facts = explain(exception)
        _release(task_id, "lost", reason, known | facts)


def refusal(exception: BaseException, known: Mapping[str, Any], *, was_guarded: bool) -> DocumentError | None:
    """Return the error of a document that ended its attempt by exceeding a limit; ``None`` for a lost attempt.

    Args:
        exception: what ended the attempt.
        known: its progress (``progress.known``).
        was_guarded: whether the process was evaluating its document, and not storing its result.
    """
    limit, page = memory.bound(), int(known.get("page", 0))
    needs_memory = memory_error(limit, str(known.get("stage", "start")), page)
    if isinstance(exception, MemoryLimitError):
        return needs_memory
    if not was_guarded:
        return None
    if isinstance(exception, TimeLimitExceeded):
        at = {"page": page} if page else {}
        return TimeLimitError(f"it did not stop within {exception.args[0]} s; split the document", **at)
    name = explain(exception)[1].get("signal")
    if name in _ABORTS or (name in _FAULTS and limit and 2 * known.get("peak_memory_bytes", 0) > limit):
        return needs_memory
    return None


def explain(exception: BaseException) -> tuple[str, dict[str, object]]:
    """Return why an attempt ended without a result, as a clause and as facts (``cause`` and its details)."""
    if isinstance(exception, TimeLimitExceeded):
        # The exception carries the limit of this message; the queue `slow` has another one than the rest.
        return f"it did not stop within {exception.args[0]} s", {"cause": "time-limit"}
    if not isinstance(exception, WorkerLostError):
        return f"unexpected {type(exception).__name__}: {exception}", {"cause": "error"}
    text = str(exception)  # from billiard: "Worker exited prematurely: signal 9 (SIGKILL) Job: 7."
    if found := re.search(r"signal (\d+)(?: \((\w+)\))?", text):
        name = found.group(2) or found.group(1)
        return f"its process died of {name}", {"cause": "signal", "signal": name}
    if found := re.search(r"exitcode (-?\d+)", text):
        return f"its process died: it exited with status {found.group(1)}", {
            "cause": "exit", "exit_status": int(found.group(1)),
        }  # fmt: skip
    return f"its process died ({text})", {"cause": "exit"}


def _fail(task_id: str, error: DocumentError) -> None:
    """Record the document that a task owns as failed."""
    try:
        document_id = ledger().owned_by(task_id)
        state = ledger().refuse(document_id, task_id, error.problem()) if document_id else ""
    except RedisError as failure:
        log.warning("document not recorded as failed; its lease expires", task_id=task_id, error=str(failure))
        return
    if state:
        observe(("documents", 1, state, get_settings().evaluation.evaluator), ("failures", 1, error.slug))
        log.warning("document exceeded a limit", document_id=document_id, detail=error.detail, state=state)


def _release(task_id: str, kind: Ending, reason: str, facts: Mapping[str, object] | None = None) -> None:
    """Release the document that a task owns, if any."""
    try:
        document_id = ledger().owned_by(task_id)
        state = ledger().release(document_id, task_id, kind, reason, facts or {}) if document_id else ""
    except RedisError as error:
        log.warning("document not released; its lease expires", task_id=task_id, error=str(error))
    else:
        if state:
            log.warning("attempt ended without a result", document_id=document_id, reason=reason, state=state)
