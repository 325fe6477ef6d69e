"""The watchdog: a worker that is idle while its own queues hold work has lost its consumer, and is restarted.

Celery on Redis can come back from an outage connected and yet consuming nothing. The worker then ends itself, and its
supervisor (the container's restart policy, or supervisord) starts a fresh one.
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
        waiting: returns how many messages wait in the given queues.
        stop: what to do with a stuck worker.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        patience_seconds: float,
        waiting: Callable[[Sequence[str]], int],
        stop: Callable[[], None] = end_this_worker,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patience = patience_seconds
        self._waiting = waiting
        self._stop = stop
        self._clock = clock
        self._idle_since: float | None = None

    def look(self, busy: bool, queues: Sequence[str]) -> None:
        """Note what the worker is doing now; stops it when it was stuck for the whole patience."""
        if busy or not queues or not self._waiting(queues):
            self._idle_since = None
            return
        now = self._clock()
        if self._idle_since is None:
            self._idle_since = now
        elif now - self._idle_since > self._patience:
            log.critical("idle while work waits: stopping for a restart", seconds=round(now - self._idle_since))
            self._idle_since = None
            self._stop()
