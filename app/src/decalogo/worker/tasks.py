"""The Celery tasks, thin: the work is in :mod:`decalogo.worker.attempt`."""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any

import structlog
from celery import Task
from celery.exceptions import TimeLimitExceeded, WorkerLostError
from celery.signals import task_failure, worker_before_create_process, worker_init, worker_process_init
from redis.exceptions import RedisError

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.connections import connect
from decalogo.errors import RubricError
from decalogo.evaluation.matching.engine import warm
from decalogo.evaluation.rubric import load_rubric
from decalogo.forking import keep_shared
from decalogo.queue.app import get_celery
from decalogo.queue.order import lanes_for
from decalogo.queue.publish import TASK_NAME
from decalogo.retention import Retention
from decalogo.settings import get_settings
from decalogo.storage.artifacts import ArtifactStore
from decalogo.storage.remote import open_work_store
from decalogo.storage.working import WorkStore
from decalogo.worker import progress
from decalogo.worker.attempt import run_document

log = structlog.get_logger(__name__)
app = get_celery()


@lru_cache(maxsize=1)
def ledger() -> Ledger:
    """Return this process's ledger."""
    return open_ledger(get_settings())


@lru_cache(maxsize=1)
def work_store() -> WorkStore:
    """Return this process's view of the artifact store."""
    return open_work_store(get_settings())


class MemoryLimitError(Exception):
    """An evaluation needed more memory than its process may have."""


class DocumentTask(Task):  # type: ignore[misc]
    """A task that judges one document: log context, and the document handed back on a cold shutdown."""

    Request = "decalogo.worker.request:DocumentRequest"

    def before_start(self, task_id: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Bind the ids that every log line of the attempt carries."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(task_id=task_id)
        progress.begin(task_id)

    def hand_back(self, task_id: str) -> None:
        """Give the document back without counting it as lost; called in the worker's parent process."""
        _release(task_id, "returned", "its worker was stopped")


@app.task(bind=True, base=DocumentTask, name=TASK_NAME)  # type: ignore[untyped-decorator]
def process_document(self: Task, document_id: str, lane: str) -> None:
    """Evaluate one document (guide: ``process_document``; content by reference, never in the message).

    ``document_id`` is the one the message was sent for; which one is evaluated, the ledger says.
    """
    settings = get_settings()
    lanes = lanes_for(lane, app.amqp.queues.consume_from)
    try:
        run_document(self.request.id, lanes, ledger(), work_store(), settings)
    except MemoryError as error:
        # Celery ends the whole worker on a MemoryError; here it is one document over its process's own bound.
        raise MemoryLimitError(f"over {settings.queue.child_address_space_bytes >> 20} MiB of address space") from error


@app.task(name="decalogo.health_check")  # type: ignore[untyped-decorator]
def health_check() -> None:
    """Note that a message sent by the scheduler was executed by a worker (guide: every five minutes)."""
    settings = get_settings()
    connect(settings.redis, settings.redis.ledger_db).set("health_check:last", time.time())


@app.task(name="decalogo.apply_retention")  # type: ignore[untyped-decorator]
def apply_retention() -> None:
    """Delete old batches and orphaned files."""
    settings = get_settings()
    Retention(ledger(), ArtifactStore(settings.storage.path), settings.storage).run()


def explain(exception: BaseException) -> tuple[str, dict[str, object]]:
    """Return why an attempt ended without an answer, as a sentence without a subject and as facts."""
    if isinstance(exception, TimeLimitExceeded):
        # Celery's exception carries the limit of this very message: the slow lane has another.
        return f"it did not stop within {exception.args[0]} s", {"cause": "time-limit"}
    if isinstance(exception, MemoryLimitError):
        return f"it needed {exception}", {"cause": "memory"}
    if not isinstance(exception, WorkerLostError):
        return f"unexpected {type(exception).__name__}: {exception}", {"cause": "error"}
    text = str(exception)  # of billiard: "Worker exited prematurely: signal 9 (SIGKILL) Job: 7."
    if found := re.search(r"signal (\d+)(?: \((\w+)\))?", text):
        name = found.group(2) or found.group(1)
        return f"its process died of {name}", {"cause": "signal", "signal": name}
    if found := re.search(r"exitcode (-?\d+)", text):
        return f"its process died: it exited with status {found.group(1)}", {
            "cause": "exit", "exit_status": int(found.group(1)),
        }  # fmt: skip
    return f"its process died ({text})", {"cause": "exit"}


@task_failure.connect(weak=False)  # type: ignore[untyped-decorator]
def _attempt_lost(sender: Task, task_id: str, exception: BaseException, **_: object) -> None:
    """Give up an attempt that ended without an answer; fires in the parent for a lost child, else in the child."""
    if not isinstance(sender, DocumentTask):
        return
    reason, facts = explain(exception)
    _release(task_id, "lost", reason, progress.known(task_id) | facts)


def _release(task_id: str, kind: Any, reason: str, facts: Mapping[str, object] | None = None) -> None:
    try:
        document_id = ledger().held_by(task_id)
        state = ledger().release(document_id, task_id, kind, reason, facts or {}) if document_id else ""
    except RedisError as error:
        log.warning("release failed, the lease will end by itself", task_id=task_id, error=str(error))
    else:
        if state:
            log.warning("attempt ended without an answer", document_id=document_id, reason=reason, state=state)


@worker_init.connect(weak=False)  # type: ignore[untyped-decorator]
def _read_rubric(**_: object) -> None:
    """Read the default rubric and compile its patterns before the processes fork, which takes 0.3 s in each of them."""
    with suppress(RubricError):  # documents that use the rubric report the error
        warm(load_rubric(get_settings().evaluation.rubric))


@worker_before_create_process.connect(weak=False)  # type: ignore[untyped-decorator]
def _share_memory(**_: object) -> None:
    """Keep what a new process shares with this one."""
    keep_shared()


@worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
def _bound_memory(**_: object) -> None:
    """Bound a worker process's address space, so that one document cannot take the host."""
    limit = get_settings().queue.child_address_space_bytes
    if limit:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
