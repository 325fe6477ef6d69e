"""Queries of the ledger; they change nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, cast

import redis
from redis.exceptions import RedisError

from decalogo.batches.queues import QUEUES
from decalogo.batches.states import Batch, Document
from decalogo.errors import UnavailableError
from decalogo.settings import QueueSettings

_PAGE: Final = 1000


class LedgerQueries:
    """Queries of :class:`decalogo.batches.ledger.Ledger`.

    Args:
        client: connection to the ledger's database that decodes replies.
        settings: the lease; a worker counts as silent after three leases without a heartbeat.

    Every method raises ``redis.exceptions.RedisError`` while Redis is unreachable.
    """

    def __init__(self, client: redis.Redis, settings: QueueSettings) -> None:
        self._redis = client
        self._settings = settings

    @property
    def client(self) -> redis.Redis:
        """The connection to the ledger's database."""
        return self._redis

    def ping(self) -> None:
        """Raise :class:`UnavailableError` unless the ledger replies."""
        try:
            self._redis.ping()
        except RedisError as error:
            raise UnavailableError("the ledger (Redis) does not reply", retry_after=5) from error

    def durability(self) -> list[str]:
        """Return warnings about the persistence of this Redis server; empty when it is durable.

        Raises:
            UnavailableError: the server evicts keys when its memory is full, which would delete queued work.
        """
        memory, persistence = self._redis.info("memory"), self._redis.info("persistence")
        policy = memory.get("maxmemory_policy", "noeviction")
        if policy != "noeviction":
            raise UnavailableError(f"Redis has maxmemory-policy {policy}, which deletes queued work; set noeviction")
        if not persistence.get("aof_enabled"):
            return ["Redis keeps no append-only file; a restart loses documents accepted since the last snapshot"]
        return []

    def batch(self, job_id: str) -> Batch | None:
        """Return a batch with its counters, or None."""
        row = cast("dict[str, str]", self._redis.hgetall(f"batch:{job_id}"))
        return Batch.from_row(job_id, row) if row else None

    def batches(self, tenant: str, *, offset: int = 0, limit: int = 50) -> list[Batch]:
        """Return a tenant's batches, newest first."""
        ids = cast("list[str]", self._redis.zrevrange(f"tenant:{tenant}:batches", offset, offset + limit - 1))
        return [Batch.from_row(job_id, row) for job_id, row in zip(ids, self._hashes("batch", ids), strict=True) if row]

    def own_batch(self, tenant: str, job_id: str) -> Batch | None:
        """Return a batch of this tenant, or None.

        The index decides: workers can write the entry of a batch, but not the index.
        """
        if self._redis.zscore(f"tenant:{tenant}:batches", job_id) is None:
            return None
        batch = self.batch(job_id)
        return batch if batch is not None and batch.tenant == tenant else None

    def own_document(self, tenant: str, document_id: str) -> Document | None:
        """Return a document of this tenant, or None; as for :meth:`own_batch`, the index decides."""
        if self._redis.zscore(f"tenant:{tenant}:documents", document_id) is None:
            return None
        document = self.document(document_id)
        return document if document is not None and document.tenant == tenant else None

    def document(self, document_id: str) -> Document | None:
        """Return a document, or None."""
        row = cast("dict[str, str]", self._redis.hgetall(f"document:{document_id}"))
        return Document.from_row(document_id, row) if row else None

    def documents(self, job_id: str, *, offset: int = 0, limit: int = 100) -> list[Document]:
        """Return documents of a batch in submission order, as far as the index of its tenant names them."""
        tenant = cast("str | None", self._redis.hget(f"batch:{job_id}", "tenant"))
        ids = cast("list[str]", self._redis.lrange(f"batch:{job_id}:documents", offset, offset + limit - 1))
        if not tenant or not ids:
            return []
        own = self._redis.zmscore(f"tenant:{tenant}:documents", ids)
        ids = [document_id for document_id, size in zip(ids, own, strict=True) if size is not None]
        rows = self._hashes("document", ids)
        return [Document.from_row(document_id, row) for document_id, row in zip(ids, rows, strict=True) if row]

    def iterate(self, job_id: str) -> Iterator[Document]:
        """Yield all documents of a batch, read in pages."""
        for offset in range(0, self._redis.llen(f"batch:{job_id}:documents"), _PAGE):
            yield from self.documents(job_id, offset=offset, limit=_PAGE)

    def _hashes(self, kind: str, ids: Iterable[str]) -> list[dict[str, str]]:
        with self._redis.pipeline(transaction=False) as pipe:
            for name in ids:
                pipe.hgetall(f"{kind}:{name}")
            return cast("list[dict[str, str]]", pipe.execute())

    def depth(self) -> int:
        """Return the number of queued documents and parts."""
        return self._redis.zcard("queued")

    def queue_depths(self) -> dict[str, int]:
        """Return the number of queued documents and parts by queue."""
        with self._redis.pipeline(transaction=False) as pipe:
            for queue in QUEUES:
                pipe.zcard(f"queue:{queue}")
            return dict(zip(QUEUES, pipe.execute(), strict=True))

    def running(self) -> int:
        """Return the number of documents and parts with a lease."""
        return self._redis.zcard("running")

    def finished_per_second(self, seconds: float) -> float:
        """Return the documents completed per second, over the full buckets of ten seconds within ``seconds``."""
        last = int(self._time() // 10)
        buckets = max(1, int(seconds // 10))
        counts = self._redis.mget([f"completed:{number}" for number in range(last - buckets, last)])
        return sum(int(count) for count in counts if count) / (10 * buckets)

    def live_workers(self) -> list[str]:
        """Return the workers with a heartbeat within three leases."""
        oldest = self._time() - 3 * self._settings.lease_seconds
        return cast("list[str]", self._redis.zrangebyscore("workers", oldest, "+inf"))

    def dead(self, *, offset: int = 0, limit: int = 100) -> list[Document]:
        """Return dead letters, newest first."""
        ids = cast("list[str]", self._redis.zrevrange("dead", offset, offset + limit - 1))
        return [
            Document.from_row(name, row) for name, row in zip(ids, self._hashes("document", ids), strict=True) if row
        ]

    def finished_before(self, age_seconds: float, *, offset: int = 0, limit: int = 100) -> list[str]:
        """Return ids of batches that finished more than ``age_seconds`` ago, oldest first."""
        before = self._time() - age_seconds
        return cast("list[str]", self._redis.zrangebyscore("finished", "-inf", before, start=offset, num=limit))

    def _time(self) -> float:
        seconds, micros = self._redis.time()
        return seconds + micros / 1e6
