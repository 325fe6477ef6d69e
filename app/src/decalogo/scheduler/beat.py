"""Celery beat as one of several: each scheduler runs it, one of them sends.

Who holds the lock in Redis sends what is due, and renews the lock at every tick. When it dies the lock ends by itself
and another one takes over where it left off: when each entry was last sent stands in Redis too.
"""

from __future__ import annotations

import os
import socket
import time
from datetime import UTC, datetime
from typing import Any, ClassVar, Final, cast

import structlog
from celery.beat import Scheduler
from redis.exceptions import RedisError

from decalogo.batches.scripts import Scripts
from decalogo.connections import connect
from decalogo.settings import get_settings

log = structlog.get_logger(__name__)

HOLD_SECONDS: Final = 5.0
_TICK_SECONDS = 1.0
_LOCK, _SENT = "beat", "beat:sent"


class LockedScheduler(Scheduler):  # type: ignore[misc]
    """The schedule of ``beat_schedule``; ``tick`` sends only while this process holds the lock."""

    sync_every: ClassVar[float] = 86_400.0  # there is no file to write

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        settings = get_settings()
        # Shorter than the lock lives: an answer that comes later than that is of no use.
        quick = settings.redis.model_copy(update={"socket_timeout_seconds": HOLD_SECONDS / 2})
        self._redis = connect(quick, quick.ledger_db, retries=0)
        self._scripts = Scripts(self._redis)
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{time.monotonic_ns()}"
        self._leads = False
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Read the entries from the configuration."""
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due if this process may; returns seconds until the next look."""
        try:
            leads = self._hold()
            if leads and not self._leads:
                self._take_over()
                log.info("periodic tasks are sent from here")
        except RedisError as error:
            # Sending needs the same Redis. Who leads now is settled when it is back.
            log.warning("periodic tasks wait for Redis", error=str(error))
            leads = False
        self._leads = leads
        return min(super().tick(*args, **kwargs), _TICK_SECONDS) if leads else _TICK_SECONDS

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:
        """Send one entry and note when; a process that slept since its tick may have lost the lock, then not."""
        if not self._hold():
            log.warning("periodic task left to the one that leads now", entry=entry.name)
            return None
        self._redis.hset(_SENT, entry.name, time.time())
        return super().apply_async(entry, producer=producer, advance=advance, **kwargs)

    def close(self) -> None:
        """Let another one lead at once."""
        try:
            self._scripts.run("let_go", _LOCK, self._owner)
        except RedisError as error:
            log.warning("the lock ends by itself", error=str(error))
        super().close()

    def _hold(self) -> bool:
        return bool(self._scripts.run("hold", _LOCK, self._owner, int(HOLD_SECONDS * 1000)))

    def _take_over(self) -> None:
        sent = cast("dict[str, str]", self._redis.hgetall(_SENT))
        for name, entry in self.schedule.items():
            if name in sent:
                entry.last_run_at = datetime.fromtimestamp(float(sent[name]), UTC)
        self._heap = None  # made anew from the entries at the next tick
