"""The janitor: brings ledger and broker back together. Any number of copies may run.

Every pass takes back documents whose lease ended. Where fewer messages lie in the broker than documents wait (popped by
a worker that died, never published, lists deleted), what is missing is published again. Only lengths are read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import redis
import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from decalogo.batches.ledger import Ledger
from decalogo.batches.queues import GROUPS, NAMES
from decalogo.metrics.record import observe
from decalogo.queue.order import LANES
from decalogo.settings import QueueSettings

log = structlog.get_logger(__name__)

_FORGET_WORKERS_SECONDS = 3600.0


class Recovery:
    """One recovery loop.

    Args:
        ledger: the truth.
        broker: the broker's database, decoding answers.
        publish: sends messages for pairs of document id and lane.
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
        self._judge_leases_from = time.monotonic() + settings.lease_seconds

    def run_pass(self) -> None:
        """Do one pass; raises ``RedisError`` or ``OperationalError`` while Redis is away."""
        started = time.monotonic()
        if self._last_pass and started - self._last_pass > self._settings.lease_seconds / 2:
            # Redis was away (or this process slept): owners could not renew either, so let them do so first.
            self._judge_leases_from = started + self._settings.lease_seconds
        self._ledger.ping()
        if started >= self._judge_leases_from:
            for document_id, state in self._ledger.expire().items():
                log.warning("lease ended", document_id=document_id, state=state)
        self._republish()
        self._ledger.forget_workers(_FORGET_WORKERS_SECONDS)
        self._last_pass = time.monotonic()

    def _republish(self) -> None:
        waiting = self._ledger.survey()
        with self._broker.pipeline(transaction=False) as pipe:
            for lane in NAMES:
                pipe.llen(LANES[lane].queue)
            messages = dict(zip(NAMES, pipe.execute(), strict=True))
        for group in GROUPS:
            # Any message of a group starts any of its documents, so it is enough that there are as many. Those just
            # taken from the list are missed too: publishing them anew is harmless, and happens once.
            missing = sum(waiting[lane] - messages[lane] for lane in group)
            if missing <= 0:
                continue
            stale = self._ledger.stale(self._settings.republish_grace_seconds, missing, group)
            won = self._ledger.touch(stale)
            if won:
                self._publish([(w.document_id, w.lane) for w in stale if w.document_id in won])
                log.warning("published again", documents=len(won))


def run(janitor: Recovery, interval_seconds: float, beat: Callable[[], None], stopped: Callable[[float], bool]) -> None:
    """Run passes until ``stopped(interval)`` says so; an unreachable Redis is waited for."""
    while True:
        started = time.monotonic()
        try:
            janitor.run_pass()
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
