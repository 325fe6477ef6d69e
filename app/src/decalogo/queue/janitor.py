"""The janitor: brings ledger and broker back together. Any number of copies may run.

Every pass takes back documents whose lease ended. A queued document whose message has gone (popped by a worker that
died, never published, lists deleted) is published again.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from typing import cast

import redis
import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from decalogo.batches.ledger import Ledger
from decalogo.metrics.record import observe
from decalogo.queue.lanes import QUEUES
from decalogo.settings import QueueSettings

log = structlog.get_logger(__name__)

_STALE_LIMIT = 20_000
_SLICE = 1000
_FORGET_WORKERS_SECONDS = 3600.0
_COMPARE_SECONDS = 1.0
_COMPARE_LATEST_SECONDS = 5.0


class Janitor:
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
        self._compare_from = 0.0

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
        self._republish(started)
        self._ledger.forget_workers(_FORGET_WORKERS_SECONDS)
        self._last_pass = time.monotonic()

    def _republish(self, started: float) -> None:
        if started < self._compare_from:
            return
        stale = self._ledger.stale(self._settings.republish_grace_seconds, _STALE_LIMIT)
        if not stale:
            return
        present = self._messages()
        missing = [w for w in stale if (w.document_id, w.lane) not in present]
        # Reading a deep queue costs time: spend a twentieth of it at most, but never let one slow answer (a Redis that
        # was frozen meanwhile) put the next look off for long.
        spent = time.monotonic() - started
        self._compare_from = started + min(max(_COMPARE_SECONDS, 20 * spent), _COMPARE_LATEST_SECONDS)
        won = self._ledger.touch(missing)
        if won:
            self._publish([(w.document_id, w.lane) for w in missing if w.document_id in won])
            log.warning("published again", documents=len(won))

    def _messages(self) -> set[tuple[str, str]]:
        # A message moves only out of the lists (to a worker), so a document seen in none of them has none.
        present: set[tuple[str, str]] = set()
        for name in QUEUES:
            # From the head, where messages are pushed: a push meanwhile shows us some twice and hides none.
            offset = 0
            while messages := cast("list[str]", self._broker.lrange(name, offset, offset + _SLICE - 1)):
                for message in messages:
                    document_id, lane = json.loads(message)["headers"].get("document", ("", ""))
                    present.add((document_id, lane))
                offset += _SLICE
        return present


def run(janitor: Janitor, interval_seconds: float, beat: Callable[[], None], stopped: Callable[[float], bool]) -> None:
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
