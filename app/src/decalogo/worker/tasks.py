"""Celery tasks, and the preparation of worker processes. The work itself is in :mod:`decalogo.worker.attempt`."""

from __future__ import annotations

import time
from contextlib import suppress
from functools import lru_cache

from celery.signals import worker_before_create_process, worker_init, worker_process_init

from decalogo.batches.queues import claimable
from decalogo.connections import connect
from decalogo.errors import DecalogoError
from decalogo.evaluation.pipeline import warm
from decalogo.evaluation.rubric import load_rubric
from decalogo.forking import keep_shared
from decalogo.memory import limit_this_process
from decalogo.queue.app import get_celery
from decalogo.queue.publish import TASK_NAME
from decalogo.settings import get_settings
from decalogo.storage.remote import open_work_store
from decalogo.storage.working import WorkStore
from decalogo.worker.attempt import run_attempt
from decalogo.worker.base import DecalogoTask, MemoryLimitError, ledger

app = get_celery()


@lru_cache(maxsize=1)
def work_store() -> WorkStore:
    """Return the artifact store as this process reaches it."""
    return open_work_store(get_settings())


@app.task(bind=True, base=DecalogoTask, name=TASK_NAME)  # type: ignore[untyped-decorator]
def process_document(self: DecalogoTask, document_id: str, queue: str) -> None:
    """Evaluate the next document of the message's group of queues.

    The message was sent for ``document_id``. The ledger decides which document is next.
    """
    settings = get_settings()
    queues = claimable(queue, app.amqp.queues.consume_from)
    try:
        run_attempt(self.request.id, queues, ledger(), work_store(), settings)
    except MemoryError as error:
        # Celery stops the whole worker on MemoryError. Here only one process reached its own limit.
        raise MemoryLimitError from error


@app.task(base=DecalogoTask, name="decalogo.health_check")  # type: ignore[untyped-decorator]
def health_check() -> None:
    """Record that a worker executed a message of the scheduler."""
    settings = get_settings()
    connect(settings.redis, settings.redis.ledger_db).set("health_check:last", time.time())


@worker_init.connect(weak=False)  # type: ignore[untyped-decorator]
def _read_rubric(**_: object) -> None:
    """Load the default rubric and its model before the processes fork, which takes 0.8 s in each of them."""
    with suppress(DecalogoError):  # documents that use the rubric report the error
        warm(load_rubric(get_settings().evaluation.rubric))


@worker_before_create_process.connect(weak=False)  # type: ignore[untyped-decorator]
def _share_memory(**_: object) -> None:
    """Keep the memory that a new process shares with this one."""
    keep_shared()


@worker_process_init.connect(weak=False)  # type: ignore[untyped-decorator]
def _limit_memory(**_: object) -> None:
    """Limit the address space of a worker process, so that one document cannot exhaust the container."""
    limit_this_process()
