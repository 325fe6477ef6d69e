"""Lease renewal by the parent process of a worker.

Each running document has a lease of ``queue.lease_seconds``. The parent process renews the leases of all its processes
every quarter of a lease, in its event loop. Worker processes do not take part: one that spends minutes in native code
keeps its document, and one that dies is reported by Celery (``worker/base.py``). If the parent itself dies, freezes or
loses Redis, its leases expire and recovery queues the documents again.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any, Final

import structlog
from celery import bootsteps
from celery.worker import state
from redis.exceptions import RedisError

from decalogo.batches.queues import LARGE
from decalogo.connections import connect
from decalogo.health import beat
from decalogo.memory import find_container
from decalogo.metrics.worker import heartbeat
from decalogo.queue.publish import TASK_NAME
from decalogo.settings import get_settings
from decalogo.worker import progress
from decalogo.worker.guard import Guard, Running
from decalogo.worker.remote_ledger import open_work_ledger
from decalogo.worker.watchdog import Watchdog, stop_this_process

log = structlog.get_logger(__name__)

_POOL_SECONDS: Final = 0.25
_GUARD_SECONDS: Final = 0.1
_OWNERS_SECONDS: Final = 1.0
"""A cancelled document frees its process within this time and that of a query."""


class LeaseRenewal(bootsteps.StartStopStep):  # type: ignore[misc]
    """Consumer step that renews leases, replaces ended processes and guards the others (``worker/guard.py``)."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._timers: list[Any] = []
        settings = get_settings()
        # A short timeout without retries, because a call blocks the event loop. The next renewal is the retry.
        quick = settings.redis.model_copy(update={"socket_timeout_seconds": settings.queue.lease_seconds / 5})
        self._ledger = open_work_ledger(settings, settings.queue.lease_seconds / 5)
        self._interval = settings.queue.lease_seconds / 4
        self._guard = Guard(settings.evaluation, find_container())
        broker = connect(quick, quick.broker_db, retries=0)
        self._watchdog = Watchdog(
            settings.queue.watchdog_seconds,
            self._interval,
            lambda queues: sum(int(broker.llen(name)) for name in queues),
            partial(_stop_worker, consumer),
        )

    def start(self, consumer: Any) -> None:
        """Start the timers; Celery calls this again after every reconnection."""
        self._renew(consumer)
        self._timers = [
            consumer.timer.call_repeatedly(self._interval, self._renew, (consumer,), priority=10),
            consumer.timer.call_repeatedly(_POOL_SECONDS, self._check_pool, (consumer,)),
            consumer.timer.call_repeatedly(_GUARD_SECONDS, lambda: self._guard.check_limits(_running())),
            consumer.timer.call_repeatedly(_OWNERS_SECONDS, self._drop_unowned),
        ]

    def stop(self, consumer: Any) -> None:
        """Stop the timers and remove the worker from the ledger; a reconnection adds it again."""
        while self._timers:
            self._timers.pop().cancel()
        with suppress(RedisError):
            self._ledger.remove_workers([consumer.hostname])

    def terminate(self, consumer: Any) -> None:
        """Stop as in a warm shutdown."""
        self.stop(consumer)

    @staticmethod
    def _check_pool(consumer: Any) -> None:
        # Celery detects an ended process when its pipe closes, which is too early to succeed, and then only every five
        # seconds. Until then the process is not replaced and its document not released.
        consumer.pool.maintain_pool()
        for _, pid in _running():
            progress.sample(pid)

    def _drop_unowned(self) -> None:
        try:
            self._guard.drop_unowned(_running(), self._ledger.owning)
        except RedisError as error:
            log.warning("owners of documents unknown", error=str(error))

    @staticmethod
    def _queues(consumer: Any) -> list[str]:
        return [queue.name for queue in consumer.task_consumer.queues] if consumer.task_consumer else []

    def _renew(self, consumer: Any) -> None:
        owners = [r.id for r in tuple(state.active_requests) if r.name == TASK_NAME]
        queues = self._queues(consumer)
        large_processes = consumer.pool.limit if LARGE in queues else 0
        try:
            known = {owner: progress.known(owner) for owner in owners}
            without = self._ledger.renew(consumer.hostname, owners, known, large_processes=large_processes)
            self._watchdog.observe(bool(state.reserved_requests), queues)
        except RedisError as error:
            self._watchdog.reset()
            log.warning("leases not renewed", error=str(error))
            return
        beat("worker")
        heartbeat.beat()
        for owner in without:
            log.debug("task owns no document", task_id=owner)


def _running() -> list[Running]:
    return [(request.id, request.worker_pid) for request in tuple(state.active_requests) if request.worker_pid]


def _stop_worker(consumer: Any) -> None:
    # A shutdown that starts inside the event loop terminates the pool, and then Celery asks the pool for its size once
    # more (celery/worker/consumer/tasks.py). The recorded size prevents an error with a traceback.
    consumer.controller.max_concurrency = consumer.pool.num_processes
    stop_this_process()
