"""The watchdog: a worker that is idle while its own queues hold work has lost its consumer, and is restarted.

Celery on Redis can come back from an outage connected and yet consuming nothing. The worker then ends itself, and its
supervisor (the container's restart policy, or supervisord) starts a fresh one.

Only what was seen counts. While Redis is frozen nobody can take anything from it, and a worker that happened to be idle
at the last look before is not stuck because the next one comes half a minute later: Celery sends its own heartbeat in
the event loop, with retries, so that meanwhile nobody looks at all.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Sequence

import structlog

log = structlog.get_logger(__name__)


def end_this_worker() -> None:
    """Ask this process to stop as an operator would."""
    os.kill(os.getpid(), signal.SIGTERM)


class Watchdog:
    """Judges whether a worker is stuck.

    Args:
        patience_seconds: how long a worker may be idle while work waits for it.
        interval_seconds: the usual time between two looks, and the most that one look adds to how long it was idle.
        waiting: returns how many messages wait in the given queues.
        stop: what to do with a stuck worker.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        patience_seconds: float,
        interval_seconds: float,
        waiting: Callable[[Sequence[str]], int],
        stop: Callable[[], None] = end_this_worker,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patience = patience_seconds
        self._interval = interval_seconds
        self._waiting = waiting
        self._stop = stop
        self._clock = clock
        self._looked_at: float | None = None
        self._idle = 0.0

    def look(self, busy: bool, queues: Sequence[str]) -> None:
        """Note what the worker is doing now; stops it when it was stuck for the whole patience."""
        if busy or not queues or not self._waiting(queues):
            self.forget()
            return
        now = self._clock()
        if self._looked_at is not None:
            self._idle += min(now - self._looked_at, self._interval)
        self._looked_at = now
        if self._idle > self._patience:
            log.critical("idle while work waits: stopping for a restart", seconds=round(self._idle))
            self.forget()
            self._stop()

    def forget(self) -> None:
        """Begin anew: the worker does something, or Redis did not answer and nothing could be seen."""
        self._looked_at, self._idle = None, 0.0
