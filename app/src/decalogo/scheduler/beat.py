"""Celery beat in every scheduler, of which one sends the periodic tasks.

The process that holds the lock in Redis sends the tasks that are due, and renews the lock with every tick. When it
dies, the lock expires and another process takes over. The time of the last message per task is in Redis, so the new
process continues the same schedule.
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

LOCK_SECONDS: Final = 5.0
_TICK_SECONDS = 1.0
_LOCK, _SENT = "beat", "beat:sent"


class LockedScheduler(Scheduler):  # type: ignore[misc]
    """Scheduler of ``beat_schedule`` that sends only while this process holds the lock."""

    sync_every: ClassVar[float] = 86_400.0  # nothing is stored in a file

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        settings = get_settings()
        # Shorter than the lock: a reply after its expiry is useless.
        quick = settings.redis.model_copy(update={"socket_timeout_seconds": LOCK_SECONDS / 2})
        self._redis = connect(quick, quick.ledger_db, retries=0)
        self._scripts = Scripts(self._redis)
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{time.monotonic_ns()}"
        self._holds_lock = False
        super().__init__(*args, **kwargs)

    def setup_schedule(self) -> None:
        """Read the schedule from the configuration."""
        self.merge_inplace(self.app.conf.beat_schedule)

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send the tasks that are due if this process holds the lock; return seconds until the next tick."""
        try:
            locked = self._acquire()
            if locked and not self._holds_lock:
                self._take_over()
                log.info("this process sends the periodic tasks")
        except RedisError as error:
            # Sending needs the same Redis. After the outage the processes compete for the lock again.
            log.warning("periodic tasks wait for Redis", error=str(error))
            locked = False
        self._holds_lock = locked
        return min(super().tick(*args, **kwargs), _TICK_SECONDS) if locked else _TICK_SECONDS

    def apply_async(self, entry: Any, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:
        """Send one task and record the time, unless this process was frozen and has lost the lock since its tick."""
        if not self._acquire():
            log.warning("periodic task left to the holder of the lock", task=entry.name)
            return None
        self._redis.hset(_SENT, entry.name, time.time())
        return super().apply_async(entry, producer=producer, advance=advance, **kwargs)

    def close(self) -> None:
        """Release the lock, so that another process takes over immediately."""
        try:
            self._scripts.run("unlock", _LOCK, self._owner)
        except RedisError as error:
            log.warning("lock not released; it expires", error=str(error))
        super().close()

    def _acquire(self) -> bool:
        return bool(self._scripts.run("lock", _LOCK, self._owner, int(LOCK_SECONDS * 1000)))

    def _take_over(self) -> None:
        sent = cast("dict[str, str]", self._redis.hgetall(_SENT))
        for name, entry in self.schedule.items():
            if name in sent:
                entry.last_run_at = datetime.fromtimestamp(float(sent[name]), UTC)
        self._heap = None  # rebuilt from the entries at the next tick
