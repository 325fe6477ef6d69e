"""Lease renewal by the worker's parent process, so that a child deep in native code keeps its document."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import structlog
from celery import bootsteps
from celery.worker import state
from redis.exceptions import RedisError

from decalogo.batches.ledger import Ledger
from decalogo.connections import connect
from decalogo.health import beat
from decalogo.metrics.worker import heartbeat
from decalogo.queue.order import LANES
from decalogo.queue.publish import TASK_NAME
from decalogo.settings import get_settings
from decalogo.worker import progress
from decalogo.worker.watchdog import Watchdog

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.25


class LeaseRenewal(bootsteps.StartStopStep):  # type: ignore[misc]
    """Consumer step: every quarter lease, one round trip renews all active documents and notes where they are.

    Between, processes that ended are replaced, and the memory of the others is sampled.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, consumer: Any, **options: Any) -> None:
        super().__init__(consumer, **options)
        self._timers: list[Any] = []
        settings = get_settings()
        # A short timeout and no retries: this runs in the worker's event loop, and the next beat is the retry.
        quick = settings.redis.model_copy(update={"socket_timeout_seconds": settings.queue.lease_seconds / 5})
        self._ledger = Ledger(connect(quick, quick.ledger_db, retries=0), settings.queue)
        self._interval = settings.queue.lease_seconds / 4
        broker = connect(quick, quick.broker_db, retries=0)
        self._watchdog = Watchdog(
            settings.queue.watchdog_seconds,
            self._interval,
            lambda queues: sum(int(broker.llen(name)) for name in queues),
        )

    def start(self, consumer: Any) -> None:
        """Begin to renew; called again after every reconnection."""
        self._renew(consumer)
        self._timers = [
            consumer.timer.call_repeatedly(self._interval, self._renew, (consumer,), priority=10),
            consumer.timer.call_repeatedly(_LOOK_SECONDS, self._look_after_processes, (consumer,)),
        ]

    def stop(self, consumer: Any) -> None:
        """Stop renewing, and take leave; a reconnection starts again."""
        while self._timers:
            self._timers.pop().cancel()
        with suppress(RedisError):
            self._ledger.forget_worker(consumer.hostname)

    def terminate(self, consumer: Any) -> None:
        """Stop as in a shutdown that waits."""
        self.stop(consumer)

    @staticmethod
    def _look_after_processes(consumer: Any) -> None:
        # Celery looks for a process that has ended when its pipe closes, which is a moment too early, and then every
        # five seconds: so long a full process is not replaced and a lost document is not given back.
        consumer.pool.maintain_pool()
        for request in tuple(state.active_requests):
            if request.worker_pid:
                progress.sample(request.worker_pid)

    @staticmethod
    def _queues(consumer: Any) -> list[str]:
        return [queue.name for queue in consumer.task_consumer.queues] if consumer.task_consumer else []

    def _renew(self, consumer: Any) -> None:
        owners = [r.id for r in tuple(state.active_requests) if r.name == TASK_NAME]
        queues = self._queues(consumer)
        slots = consumer.pool.limit if LANES["large"].queue in queues else 0
        try:
            notes = {owner: progress.known(owner) for owner in owners}
            gone = self._ledger.renew(consumer.hostname, owners, notes, slots=slots)
            self._watchdog.look(bool(state.reserved_requests), queues)
        except RedisError as error:
            self._watchdog.forget()
            log.warning("leases not renewed", error=str(error))
            return
        beat("worker")
        heartbeat.beat()
        for owner in gone:
            log.debug("task holds no document", task_id=owner)
