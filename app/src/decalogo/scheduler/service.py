"""The scheduler service: the janitor's loop, with Celery beat and the webhooks beside it in threads."""

from __future__ import annotations

import threading

import structlog
from celery.beat import EmbeddedService
from redis.exceptions import RedisError

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.connections import connect
from decalogo.health import beat
from decalogo.metrics import scheduler as metrics
from decalogo.queue.app import get_celery
from decalogo.queue.publish import publish
from decalogo.recovery import Recovery, run
from decalogo.scheduler.beat import LockedScheduler
from decalogo.settings import Settings
from decalogo.signals import stop_on_signals
from decalogo.webhooks.deliver import Deliverer

log = structlog.get_logger(__name__)


def _check_redis(ledger: Ledger, stop: threading.Event) -> None:
    """Wait for Redis, then refuse one that evicts and say what one without a durable log gives up."""
    while not stop.is_set():
        try:
            for loss in ledger.durability():
                log.warning("not durable", loss=loss)
        except RedisError as error:
            log.warning("waiting for Redis", error=str(error))
            stop.wait(1)
        else:
            return


def run_scheduler(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT."""
    stop = stop_on_signals()

    metrics.start(settings)
    ledger = open_ledger(settings)
    _check_redis(ledger, stop)
    app = get_celery()
    beat_service = EmbeddedService(app, thread=True, scheduler_cls=LockedScheduler)
    beat_service.daemon = True
    beat_service.start()
    hooks = Deliverer(connect(settings.redis, settings.redis.ledger_db), settings.webhooks)
    threading.Thread(target=hooks.run, args=(stop,), daemon=True, name="webhooks").start()
    janitor = Recovery(ledger, connect(settings.redis, settings.redis.broker_db), publish, settings.queue)
    run(janitor, settings.queue.recovery_interval_seconds, lambda: beat("scheduler"), stop.wait)
    beat_service.stop()
