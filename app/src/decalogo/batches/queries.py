"""What the ledger says, without moving anything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import redis
from redis.exceptions import RedisError

from decalogo.batches.states import Batch, Document
from decalogo.errors import UnavailableError
from decalogo.settings import QueueSettings

_PAGE = 1000


class LedgerQueries:
    """The reading half of :class:`decalogo.batches.ledger.Ledger`.

    Args:
        client: a connection to the ledger's database that decodes answers.
        settings: the lease, after three of which a worker counts as silent.

    Every method raises ``redis.exceptions.RedisError`` while Redis cannot be reached.
    """

    def __init__(self, client: redis.Redis, settings: QueueSettings) -> None:
        self._redis = client
        self._settings = settings

    def ping(self) -> None:
        """Raise :class:`UnavailableError` unless the ledger answers."""
        try:
            self._redis.ping()
        except RedisError as error:
            raise UnavailableError("the ledger (Redis) does not answer", retry_after=5) from error

    def durability(self) -> list[str]:
        """Return what this Redis gives up that a broker must not (empty when nothing).

        Raises:
            UnavailableError: it evicts keys under memory pressure, which would delete queues silently.
        """
        memory, persistence = self._redis.info("memory"), self._redis.info("persistence")
        policy = memory.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            raise UnavailableError(f"Redis has maxmemory-policy {policy}; set noeviction, or it deletes queued work")
        if not persistence.get("aof_enabled"):
            return ["Redis keeps no append-only file: a restart loses what was accepted since the last snapshot"]
        return []

    def batch(self, job_id: str) -> Batch | None:
        """Return one batch with its counters, or None."""
        row = cast("dict[str, str]", self._redis.hgetall(f"batch:{job_id}"))
        return Batch.from_row(job_id, row) if row else None

    def batches(self, tenant: str, *, offset: int = 0, limit: int = 50) -> list[Batch]:
        """Return a tenant's batches, newest first."""
        ids = cast("list[str]", self._redis.zrevrange(f"tenant:{tenant}:batches", offset, offset + limit - 1))
        return [Batch.from_row(job_id, row) for job_id, row in zip(ids, self._hashes("batch", ids), strict=True) if row]

    def document(self, document_id: str) -> Document | None:
        """Return one document, or None."""
        row = cast("dict[str, str]", self._redis.hgetall(f"document:{document_id}"))
        return Document.from_row(document_id, row) if row else None

    def documents(self, job_id: str, *, offset: int = 0, limit: int = 100) -> list[Document]:
        """Return documents of a batch in submission order."""
        ids = cast("list[str]", self._redis.lrange(f"batch:{job_id}:documents", offset, offset + limit - 1))
        rows = self._hashes("document", ids)
        return [Document.from_row(document_id, row) for document_id, row in zip(ids, rows, strict=True) if row]

    def iterate(self, job_id: str) -> Iterator[Document]:
        """Yield all documents of a batch, read page by page."""
        offset = 0
        while page := self.documents(job_id, offset=offset, limit=_PAGE):
            yield from page
            offset += len(page)

    def _hashes(self, kind: str, ids: Iterable[str]) -> list[dict[str, str]]:
        with self._redis.pipeline(transaction=False) as pipe:
            for name in ids:
                pipe.hgetall(f"{kind}:{name}")
            return cast("list[dict[str, str]]", pipe.execute())

    def depth(self) -> int:
        """Return how many documents are queued."""
        return self._redis.zcard("queued")

    def running(self) -> int:
        """Return how many documents are in work."""
        return self._redis.zcard("running")

    def finished_per_second(self, seconds: float) -> float:
        """Return the documents that ended a second, over the whole tens of seconds that the last ``seconds`` hold."""
        last = int(self._time() // 10)
        buckets = max(1, int(seconds // 10))
        counts = self._redis.mget([f"drained:{number}" for number in range(last - buckets, last)])
        return sum(int(count) for count in counts if count) / (10 * buckets)

    def live_workers(self) -> list[str]:
        """Return the workers heard of within three leases."""
        oldest = self._time() - 3 * self._settings.lease_seconds
        return cast("list[str]", self._redis.zrangebyscore("workers", oldest, "+inf"))

    def dead(self, *, offset: int = 0, limit: int = 100) -> list[Document]:
        """Return dead letters, newest first."""
        ids = cast("list[str]", self._redis.zrevrange("dead", offset, offset + limit - 1))
        return [
            Document.from_row(name, row) for name, row in zip(ids, self._hashes("document", ids), strict=True) if row
        ]

    def finished_before(self, age_seconds: float, *, offset: int = 0, limit: int = 100) -> list[str]:
        """Return batches that finished longer ago than ``age_seconds``, oldest first."""
        before = self._time() - age_seconds
        return cast("list[str]", self._redis.zrangebyscore("finished", "-inf", before, start=offset, num=limit))

    def _time(self) -> float:
        seconds, micros = self._redis.time()
        return seconds + micros / 1e6
