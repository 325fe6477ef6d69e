"""The autoscaler: looks at the queue, decides, and has the gate add workers or remove those that are drained."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import httpx
import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from decalogo.autoscale.policy import Memory, Seen, decide
from decalogo.autoscale.settings import AutoscaleSettings
from decalogo.batches.ledger import Ledger

log = structlog.get_logger(__name__)

_RATE_SECONDS = 60.0


class Control(Protocol):
    """What is asked of Celery's remote control."""

    def stop_taking(self, node: str) -> None:
        """Tell a worker to take nothing more; what it runs goes on."""

    def take_again(self, *nodes: str) -> None:
        """Take that back, if they were told."""

    def busy(self, node: str) -> bool | None:
        """Tell whether the worker still runs something; ``None`` when it does not answer."""


class Autoscaler:
    """One look at a time.

    Args:
        ledger: the queue and the rate at which it drains.
        gate: HTTP client of the gate.
        control: remote control of the workers.
        settings: rule, bounds, intervals.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        ledger: Ledger,
        gate: httpx.Client,
        control: Control,
        settings: AutoscaleSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._gate = gate
        self._control = control
        self._settings = settings
        self._clock = clock
        self._memory = Memory()
        self._leaving: dict[str, float] = {}
        """Workers that drain: container id to the time until which they may."""
        self._first_look = True

    def look(self) -> int:
        """Look once, change what must change, and return how many workers there should be.

        Raises:
            RedisError: the ledger does not answer.
            OperationalError: the broker does not answer.
            httpx.HTTPError: the gate does not answer, or refused.
        """
        workers, room = self._workers()
        if self._first_look:
            # An autoscaler before this one may have told some to drain, and nobody knows which.
            self._control.take_again(*(worker["node"] for worker in workers))
            self._first_look = False
        staying = [worker for worker in workers if worker["id"] not in self._leaving]
        seen = Seen(
            at=self._clock(),
            depth=self._ledger.depth(),
            running=self._ledger.running(),
            workers=len(staying),
            rate=self._ledger.finished_per_second(_RATE_SECONDS),
            room=room,
        )
        target, self._memory = decide(seen, self._memory, self._settings)
        if target != seen.workers:
            log.info("scaling", workers=seen.workers, target=target, queued=seen.depth, rate=round(seen.rate, 3))
        self._grow(target - seen.workers, [worker for worker in workers if worker["id"] in self._leaving])
        for worker in staying[target:]:
            # Noted first: one that was told half of it goes all the same.
            self._leaving[worker["id"]] = seen.at + self._settings.drain_seconds
            self._control.stop_taking(worker["node"])
        self._let_go(workers)
        return target

    def run(self, beat: Callable[[], None], stopped: Callable[[float], bool]) -> None:
        """Look until ``stopped(interval)`` says so; what cannot be reached is waited for."""
        while True:
            try:
                self.look()
                beat()
            except (RedisError, httpx.HTTPError, OperationalError) as error:
                log.warning("cannot look at queue or engine", error=str(error))
            if stopped(self._settings.interval_seconds):
                return

    def _workers(self) -> tuple[list[dict[str, Any]], int]:
        answer = self._gate.get("/workers").raise_for_status().json()
        return [worker for worker in answer["workers"] if worker["running"]], answer["room"]

    def _grow(self, number: int, leaving: list[dict[str, Any]]) -> None:
        """Have ``number`` workers more: first those back that were about to go, then new ones."""
        for worker in leaving[: max(0, number)]:
            self._control.take_again(worker["node"])
            del self._leaving[worker["id"]]
        for _ in range(number - len(leaving)):
            self._gate.post("/workers").raise_for_status()

    def _let_go(self, workers: list[dict[str, Any]]) -> None:
        """Have those removed that are drained, or had their time; the stop hands back what they still hold."""
        self._leaving = {
            worker["id"]: self._leaving[worker["id"]] for worker in workers if worker["id"] in self._leaving
        }
        for worker in [worker for worker in workers if worker["id"] in self._leaving]:
            if self._control.busy(worker["node"]) and self._clock() < self._leaving[worker["id"]]:
                continue
            self._gate.delete(f"/workers/{worker['id']}").raise_for_status()
            del self._leaving[worker["id"]]
            log.info("worker removed", worker=worker["name"])
