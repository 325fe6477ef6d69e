"""Autoscaler loop: observe the queue, decide, add workers or drain and remove them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import httpx
import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from decalogo.autoscale.policy import Observation, PolicyState, decide
from decalogo.batches.ledger import Ledger
from decalogo.settings import AutoscaleSettings

log = structlog.get_logger(__name__)

_RATE_SECONDS = 60.0


class Control(Protocol):
    """Remote control of workers: Celery's in production, a recorder in tests."""

    def stop_consuming(self, node: str) -> None:
        """Make a worker take no more messages. Its running documents continue."""

    def resume_consuming(self, *nodes: str) -> None:
        """Make workers take messages again."""

    def busy(self, node: str) -> bool | None:
        """Return whether the worker runs a document; ``None`` when it does not reply."""


class Autoscaler:
    """Apply the scaling policy.

    Args:
        ledger: source of queue depth and completion rate.
        proxy: HTTP client of the Docker socket proxy.
        control: remote control of the workers.
        settings: rule, bounds and intervals.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        ledger: Ledger,
        proxy: httpx.Client,
        control: Control,
        settings: AutoscaleSettings,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._ledger = ledger
        self._proxy = proxy
        self._control = control
        self._settings = settings
        self._clock = clock
        self._state = PolicyState()
        self._draining: dict[str, float] = {}
        """Container id of each draining worker, with the monotonic time at which it is removed even if busy."""
        self._first_step = True

    def step(self) -> int:
        """Observe once, apply the decision, and return the target number of workers.

        Raises:
            RedisError: the ledger does not reply.
            OperationalError: the broker does not reply.
            httpx.HTTPError: the Docker socket proxy does not reply or rejects the request.
        """
        workers, capacity = self._workers()
        if self._first_step:
            # A previous autoscaler process may have drained some workers; which ones is not recorded.
            self._control.resume_consuming(*(worker["node"] for worker in workers))
            self._first_step = False
        staying = [worker for worker in workers if worker["id"] not in self._draining]
        seen = Observation(
            at=self._clock(),
            depth=self._ledger.depth(),
            running=self._ledger.running(),
            workers=len(staying),
            rate=self._ledger.finished_per_second(_RATE_SECONDS),
            capacity=capacity,
        )
        target, self._state = decide(seen, self._state, self._settings)
        if target != seen.workers:
            log.info("scaling", workers=seen.workers, target=target, queued=seen.depth, rate=round(seen.rate, 3))
        self._scale_up(target - seen.workers, [worker for worker in workers if worker["id"] in self._draining])
        for worker in staying[target:]:
            # Recorded before the broadcast: if that fails for one queue, the worker still counts as draining.
            self._draining[worker["id"]] = seen.at + self._settings.change_seconds
            self._control.stop_consuming(worker["node"])
        self._remove_drained(workers)
        return target

    def run(self, beat: Callable[[], None], stopped: Callable[[float], bool]) -> None:
        """Step until ``stopped(interval)`` returns true. Failures are logged and the next step retries."""
        while True:
            try:
                self.step()
                beat()
            except (RedisError, httpx.HTTPError, OperationalError) as error:
                log.warning("scaling step failed", error=str(error))
            if stopped(self._settings.interval_seconds):
                return

    def _workers(self) -> tuple[list[dict[str, Any]], int]:
        answer = self._proxy.get("/workers").raise_for_status().json()
        return [worker for worker in answer["workers"] if worker["running"]], answer["capacity"]

    def _scale_up(self, number: int, draining: list[dict[str, Any]]) -> None:
        """Add ``number`` workers: draining ones resume first, then new ones start."""
        for worker in draining[: max(0, number)]:
            self._control.resume_consuming(worker["node"])
            del self._draining[worker["id"]]
        for _ in range(number - len(draining)):
            self._proxy.post("/workers").raise_for_status()

    def _remove_drained(self, workers: list[dict[str, Any]]) -> None:
        """Remove workers that are idle or past their drain time; the shutdown requeues their running documents."""
        self._draining = {
            worker["id"]: self._draining[worker["id"]] for worker in workers if worker["id"] in self._draining
        }
        for worker in [worker for worker in workers if worker["id"] in self._draining]:
            if self._control.busy(worker["node"]) and self._clock() < self._draining[worker["id"]]:
                continue
            self._proxy.delete(f"/workers/{worker['id']}").raise_for_status()
            del self._draining[worker["id"]]
            log.info("worker removed", worker=worker["name"])
