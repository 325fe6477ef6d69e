"""Scheduler service: the recovery loop, with Celery beat, webhook delivery and retention in threads."""

from __future__ import annotations

import threading

import redis
import structlog
from celery.beat import EmbeddedService
from redis.exceptions import RedisError

from decalogo.batches.format import check_format
from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.connections import connect
from decalogo.health import beat
from decalogo.metrics import scheduler as metrics
from decalogo.queue.app import get_celery
from decalogo.queue.publish import publish
from decalogo.recovery import Recovery, run
from decalogo.retention import Retention
from decalogo.scheduler.beat import LockedScheduler
from decalogo.scheduler.hourly import Hourly
from decalogo.settings import Settings
from decalogo.signals import stop_on_signals
from decalogo.storage.artifacts import ArtifactStore
from decalogo.webhooks.deliver import Deliverer

log = structlog.get_logger(__name__)


def _check_redis(client: redis.Redis, ledger: Ledger, stop: threading.Event) -> None:
    """Wait for Redis; then check its eviction policy, its persistence and the data format of the ledger.

    Raises:
        UnavailableError: the server would delete queued work when its memory is full.
        LedgerFormatError: another version of decalogo wrote the ledger.
    """
    while not stop.is_set():
        try:
            for problem in ledger.durability():
                log.warning("Redis is not durable", problem=problem)
            check_format(client)
        except RedisError as error:
            log.warning("waiting for Redis", error=str(error))
            stop.wait(1)
        else:
            return


def run_scheduler(settings: Settings) -> None:
    """Run the scheduler until SIGTERM or SIGINT."""
    stop = stop_on_signals()

    metrics.start(settings)
    ledger, client = open_ledger(settings), connect(settings.redis, settings.redis.ledger_db)
    _check_redis(client, ledger, stop)
    app = get_celery()
    beat_service = EmbeddedService(app, thread=True, scheduler_cls=LockedScheduler)
    beat_service.daemon = True
    beat_service.start()
    hooks = Deliverer(client, settings.webhooks)
    threading.Thread(target=hooks.run, args=(stop,), daemon=True, name="webhooks").start()
    retention = Retention(ledger, ArtifactStore(settings.storage.path), settings.storage)
    hourly = Hourly("retention", client, retention.run)
    threading.Thread(target=hourly.run, args=(stop,), daemon=True, name="retention").start()
    recovery = Recovery(ledger, connect(settings.redis, settings.redis.broker_db), publish, settings.queue)
    run(recovery, settings.queue.recovery_interval_seconds, lambda: beat("scheduler"), stop.wait)
    beat_service.stop()
