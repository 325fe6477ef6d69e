"""Work that one scheduler does once an hour, with its own rights.

Retention deletes the data of every tenant. It runs here and not in a worker, because workers parse hostile documents
and have no right to delete documents.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
import time
from collections.abc import Callable
from typing import Final, cast

import redis
import structlog
from redis.exceptions import RedisError

from decalogo.batches.scripts import Scripts

log = structlog.get_logger(__name__)

INTERVAL_SECONDS: Final = 3600.0
_LOCK_SECONDS: Final = 3600.0
_POLL_SECONDS: Final = 30.0


class Hourly:
    """Runs work an hour after its last run by any scheduler.

    Args:
        name: of the keys ``<name>:lock`` and ``<name>:last`` in the ledger's database.
        client: connection to the ledger's database that decodes replies.
        work: what to do; an error is logged, and the next run tries again.
    """

    def __init__(self, name: str, client: redis.Redis, work: Callable[[], object]) -> None:
        self._name = name
        self._redis = client
        self._scripts = Scripts(client)
        self._work = work
        self._owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"

    def run(self, stop: threading.Event) -> None:
        """Run the work whenever it is due, until ``stop`` is set."""
        while not stop.wait(_POLL_SECONDS):
            try:
                self.run_if_due()
            except RedisError as error:
                log.warning("hourly work waits for Redis", work=self._name, error=str(error))
            except Exception:
                log.exception("hourly work failed", work=self._name)

    def run_if_due(self) -> bool:
        """Run the work if it is due and no other scheduler runs it; return whether it ran."""
        if time.time() - self._last() < INTERVAL_SECONDS:
            return False
        if not self._scripts.run("lock", self._name, self._owner, int(_LOCK_SECONDS * 1000)):
            return False
        try:
            if time.time() - self._last() < INTERVAL_SECONDS:
                return False
            # Recorded first: work that fails is not repeated every half minute.
            self._redis.set(f"{self._name}:last", time.time())
            self._work()
        finally:
            self._scripts.run("unlock", self._name, self._owner)
        return True

    def _last(self) -> float:
        return float(cast("str | None", self._redis.get(f"{self._name}:last")) or 0)
