"""Watchdog: restart a worker that is idle while its queues hold messages.

After an outage of Redis, Celery can be connected again and yet consume nothing. Such a worker stops itself, and its
supervisor (the restart policy of the container, or supervisord) starts a new one.

A worker counts as stuck only after it was observed idle, with messages waiting, for the whole time limit. Gaps between
observations count at most one interval: while Redis is frozen, the event loop of Celery is blocked and observes
nothing, and a worker that was idle before the gap need not have been idle during it.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence

import structlog

log = structlog.get_logger(__name__)


def stop_this_process() -> None:
    """Send SIGTERM to this process."""
    os.kill(os.getpid(), signal.SIGTERM)


class Watchdog:
    """Detector of a stuck worker.

    Args:
        limit_seconds: idle time with messages waiting after which the worker is stuck.
        interval_seconds: interval between two observations, and the maximum idle time that one of them adds.
        waiting: returns the number of messages in the given queues.
        stop: stops the worker.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        limit_seconds: float,
        interval_seconds: float,
        waiting: Callable[[Sequence[str]], int],
        stop: Callable[[], None] = stop_this_process,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit_seconds
        self._interval = interval_seconds
        self._waiting = waiting
        self._stop = stop
        self._clock = clock
        self._observed_at: float | None = None
        self._idle = 0.0

    def observe(self, busy: bool, queues: Sequence[str]) -> None:
        """Record whether the worker is busy, and stop it once it was idle for the whole limit."""
        if busy or not queues or not self._waiting(queues):
            self.reset()
            return
        now = self._clock()
        if self._observed_at is not None:
            self._idle += min(now - self._observed_at, self._interval)
        self._observed_at = now
        if self._idle > self._limit:
            log.critical("worker is idle while messages wait; stopping it for a restart", seconds=round(self._idle))
            self.reset()
            self._stop()

    def reset(self) -> None:
        """Start again from zero: the worker is busy, or Redis did not reply."""
        self._observed_at, self._idle = None, 0.0
