"""Recovery: requeue documents of dead workers, and publish messages that are missing. Any number of copies may run.

Two things can go wrong between the ledger and its surroundings, and each recovery pass corrects both:

- A worker dies, freezes or loses Redis. It then stops renewing its leases. A document whose lease has expired is queued
  again, or becomes a dead letter after its last attempt (``lua/expire_leases.lua``). Leases of joined hosts do not
  expire while the API is away, through which these hosts renew.
- A message is missing: a worker died with it, it was never published, or the broker's lists were deleted. Messages of
  one group of queues are interchangeable, because a message only reports that some document waits. So it is sufficient
  that the broker holds as many messages as documents wait. A pass compares these two numbers and publishes the
  difference. It never needs to read the messages.

A surplus message does no harm: it finds nothing to claim.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

import redis
import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from decalogo.batches.ledger import Ledger
from decalogo.batches.queues import GROUPS, QUEUES
from decalogo.metrics.record import observe
from decalogo.settings import QueueSettings

log = structlog.get_logger(__name__)

_REMOVE_WORKERS_SECONDS: Final = 3600.0
_SPARE_JOINED_SECONDS: Final = 3600.0
"""After an outage of this length, leases of joined hosts expire although the API is away."""


def _now() -> float:
    """Return seconds of a clock that goes on while the machine is suspended, as the leases do."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


class Recovery:
    """Recovery passes.

    Args:
        ledger: source of truth.
        broker: connection to the broker's database that decodes replies.
        publish: sends messages for pairs of document id and queue.
        settings: leases and grace times.
    """

    def __init__(
        self,
        ledger: Ledger,
        broker: redis.Redis,
        publish: Callable[[Iterable[tuple[str, str]]], None],
        settings: QueueSettings,
    ) -> None:
        self._ledger = ledger
        self._broker = broker
        self._publish = publish
        self._settings = settings
        self._last_pass = 0.0
        self._expire_from = _now() + settings.lease_seconds
        self._expire_joined_from = self._expire_from
        self._gateway_answered = _now()

    def run_pass(self) -> None:
        """Run one pass; raise ``RedisError`` or ``OperationalError`` while Redis is unreachable."""
        started = _now()
        if self._last_pass and started - self._last_pass > self._settings.lease_seconds / 2:
            # Redis was unreachable, or this process stood still. Workers could not renew either, so they get
            # one lease to do so before any lease counts as expired.
            self._expire_from = started + self._settings.lease_seconds
        self._ledger.ping()
        if self._ledger.gateway_answers():
            self._gateway_answered = started
        elif started - self._gateway_answered < _SPARE_JOINED_SECONDS:
            # Joined hosts renew through the API. After its outage they get one lease to do so.
            self._expire_joined_from = started + self._settings.lease_seconds
        if started >= self._expire_from:
            expired = self._ledger.expire_leases(joined=started >= self._expire_joined_from)
            for document_id, state in expired.items():
                log.warning("lease expired", document_id=document_id, state=state)
        self._publish_missing()
        self._ledger.remove_silent_workers(_REMOVE_WORKERS_SECONDS)
        self._last_pass = _now()

    def _publish_missing(self) -> None:
        depths = self._ledger.queue_depths()
        with self._broker.pipeline(transaction=False) as pipe:
            for queue in QUEUES:
                pipe.llen(queue)
            messages = dict(zip(QUEUES, pipe.execute(), strict=True))
        for group in GROUPS:
            # Messages that a worker has just taken are counted as missing too. Publishing them again is harmless, and
            # the grace time limits it to once.
            missing = sum(depths[queue] - messages[queue] for queue in group)
            if missing <= 0:
                continue
            unpublished = self._ledger.take_unpublished(self._settings.republish_grace_seconds, missing, group)
            if unpublished:
                self._publish(unpublished)
                log.warning("messages published again", documents=len(unpublished))


def run(
    recovery: Recovery, interval_seconds: float, beat: Callable[[], None], stopped: Callable[[float], bool]
) -> None:
    """Run passes until ``stopped(interval)`` returns true. A failed pass is logged and the next one retries."""
    while True:
        started = time.monotonic()
        try:
            recovery.run_pass()
            beat()
            observe(("passes", 1, "ok"), ("last_pass", time.time()), ("pass_seconds", time.monotonic() - started))
        except (RedisError, OperationalError) as error:
            observe(("passes", 1, "failed"))
            log.warning("recovery pass failed", error=str(error))
        except Exception:
            observe(("passes", 1, "failed"))
            log.exception("recovery pass failed")
        if stopped(interval_seconds):
            return
