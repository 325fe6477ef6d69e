"""The ledger: the one truth about batches and documents, in Redis, moved only by the scripts in ``lua/``.

Celery's messages are hints that a document may be waiting; what is queued, running or finished is decided here.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, cast

import redis
from redis.exceptions import RedisError

from decalogo.batches.claims import Claim, Waiting
from decalogo.batches.once import KEEP_SECONDS
from decalogo.batches.refusal import refuse
from decalogo.batches.scripts import Scripts
from decalogo.batches.states import PLAIN, Batch, Document, DocumentState, Handling, NewDocument, Options
from decalogo.connections import connect
from decalogo.errors import UnavailableError
from decalogo.settings import QueueSettings, Settings

_PAGE = 1000
_NOTHING: Mapping[str, Any] = {}

Ending = Literal["lost", "returned"]
"""How an attempt ends without an answer: ``lost`` counts towards ``queue.max_attempts``, ``returned`` does not."""


class Ledger:
    """All reads and moves of batches and documents.

    Args:
        client: a connection to the ledger's database that decodes answers.
        settings: lease, attempts and depth limits.

    Every method raises ``redis.exceptions.RedisError`` while Redis cannot be reached.
    """

    def __init__(self, client: redis.Redis, settings: QueueSettings) -> None:
        self._redis = client
        self._settings = settings
        self._run = Scripts(client).run

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

    # -- submitting and reading -------------------------------------------------------------------------------------

    def room(self, tenant: str, *, tenant_limit: int = 0) -> None:
        """Raise what :meth:`admit` would raise for a batch of one document; for use before an upload is read."""
        refuse(self._run("room", tenant, *self._limits(tenant_limit)))

    def admit(
        self,
        job_id: str,
        tenant: str,
        options: Options,
        documents: Sequence[NewDocument],
        *,
        tenant_limit: int = 0,
        handling: Handling = PLAIN,
    ) -> None:
        """Record a batch; when this returns it is on disk (``appendfsync always``).

        Args:
            job_id: the batch's new id; repeating the call with it changes nothing.
            tenant: whose batch it is.
            options: the same for all documents.
            documents: at least one.
            tenant_limit: most documents the tenant may have unfinished, these included; 0 is no limit.
            handling: webhook and idempotency record, noted in the same step.

        Raises:
            KeyUsedError: an upload with this idempotency key has been accepted meanwhile; nothing was recorded.
            UnavailableError: no room (``queue.max_depth`` or ``queue.max_memory_share``); nothing was recorded.
            QuotaError: the tenant's limit would be passed; nothing was recorded.
        """
        rows = [
            {"id": d.document_id, "filename": d.filename, "custom_id": d.custom_id, "sha256": d.sha256, "size": d.size}
            for d in documents
        ]
        batch = (job_id, options.to_json(), options.priority, json.dumps(rows))
        asked = (handling.webhook, handling.idempotency, handling.fingerprint, KEEP_SECONDS)
        refuse(self._run("admit", tenant, *self._limits(tenant_limit), *batch, *asked))

    def _limits(self, tenant_limit: int) -> tuple[float, ...]:
        return self._settings.max_depth, self._settings.max_memory_share, tenant_limit

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

    def forget_worker(self, name: str) -> None:
        """Drop one that takes its leave: it is not missed."""
        self._redis.zrem("workers", name)

    def forget_workers(self, silent_seconds: float) -> None:
        """Drop workers not heard of for so long."""
        self._redis.zremrangebyscore("workers", "-inf", self._time() - silent_seconds)

    def _time(self) -> float:
        seconds, micros = self._redis.time()
        return seconds + micros / 1e6

    # -- a worker's moves -------------------------------------------------------------------------------------------

    def claim(self, document_id: str, owner: str, lane: str = "normal") -> Claim | None:
        """Start an attempt for Celery task ``owner``; None when the document is not waiting (any more) in this lane."""
        # Redis' client repeats a call whose answer it lost; the id makes that one claim, not a refusal of our own.
        answer = self._run("claim", document_id, owner, self._settings.lease_seconds, lane, secrets.token_hex(8))
        if answer[0] != "claimed":
            return None
        options = Options.from_json(answer[3])
        return Claim(
            document_id, answer[2], int(answer[1]), options, float(answer[4]), *answer[5:7], *map(int, answer[7:])
        )

    def split(self, claim: Claim, parts: Sequence[str], *, heavy: bool) -> list[tuple[str, str]]:
        """End an attempt by cutting its document into parts, each of which is claimed as a document is.

        When the last part is done the document is queued again, for whoever puts it together.

        Args:
            claim: the attempt.
            parts: what each is to read.
            heavy: whether they take the lane of scans (unless the priority is high).

        Returns:
            Part id and lane of each, to be published; empty when the attempt had been taken away.
        """
        answer = cast("list[str]", self._run("split", claim.document_id, claim.attempt, int(heavy), *parts))
        return [(name, answer[0]) for name in answer[1:]]

    def part_done(self, claim: Claim) -> tuple[bool, str]:
        """End an attempt at a part; returns whether it counted, and the document's lane if this was the last part."""
        counted, lane = self._run("part_done", claim.document_id, claim.attempt)
        return bool(counted), lane

    def renew(
        self, worker: str, held: Iterable[tuple[str, str]], notes: Mapping[str, Mapping[str, object]] = _NOTHING
    ) -> list[str]:
        """Extend the leases of ``held`` (document id, owner), note by owner where it is, and the worker's heartbeat.

        Returns the documents that are no longer this worker's.
        """
        flat = [value for name, owner in held for value in (name, owner, _json(notes.get(owner)))]
        return cast("list[str]", self._run("renew", worker, self._settings.lease_seconds, *flat))

    def finish(
        self,
        claim: Claim,
        state: DocumentState,
        *,
        result_key: str = "",
        pages_key: str = "",
        problem: Mapping[str, object] | None = None,
    ) -> bool:
        """End an attempt with an answer; False when the attempt had been taken away (its answer does not count).

        The first ``partial`` answer is kept while the document is queued again for the slow lane.
        """
        return bool(self._run("finish", claim.document_id, claim.attempt, state, result_key, pages_key, _json(problem)))

    def release(
        self, document_id: str, owner: str, kind: Ending, reason: str, facts: Mapping[str, object] = _NOTHING
    ) -> str:
        """End an attempt without an answer; ``facts`` are kept of a lost one.

        Returns the document's new state, or an empty string when ``owner`` no longer owns it.
        """
        most = self._settings.max_attempts
        return cast("str", self._run("release", document_id, owner, kind, reason, most, _json(facts)))

    # -- the janitor's moves ----------------------------------------------------------------------------------------

    def expire(self) -> dict[str, str]:
        """Take back documents whose lease ended; returns document id to new state."""
        flat = cast("list[str]", self._run("expire", self._settings.max_attempts, _PAGE, self._settings.lease_seconds))
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def stale(self, grace_seconds: float, limit: int) -> list[Waiting]:
        """Return queued documents whose message is older than the grace time."""
        flat = cast("list[str]", self._run("stale", grace_seconds, limit))
        return [Waiting(*flat[i : i + 3]) for i in range(0, len(flat), 3)]

    def touch(self, waiting: Iterable[Waiting]) -> set[str]:
        """Win the right to publish these again; returns the ids won."""
        flat = [value for w in waiting for value in (w.document_id, w.published_at)]
        won: set[str] = set()
        for i in range(0, len(flat), 2 * _PAGE):
            won.update(self._run("touch", *flat[i : i + 2 * _PAGE]))
        return won

    # -- an operator's or submitter's moves ---------------------------------------------------------------------------

    def cancel(self, document_ids: Sequence[str]) -> int:
        """Cancel what is not finished (a running attempt's answer will not count); returns how many were."""
        return sum(self._run("cancel", *part) for part in _parts(document_ids))

    def revive(self, document_ids: Sequence[str]) -> list[str]:
        """Queue again what failed, died, was cancelled or is partial; returns which were."""
        return [name for part in _parts(document_ids) for name in self._run("revive", *part)]

    def forget(self, job_id: str) -> list[tuple[str, str, str]]:
        """Remove a batch for good; returns document id, result key and pages key of each artifact set left behind."""
        flat = cast("list[str]", self._run("forget", job_id))
        return list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))

    def dead(self, *, offset: int = 0, limit: int = 100) -> list[Document]:
        """Return dead letters, newest first."""
        ids = cast("list[str]", self._redis.zrevrange("dead", offset, offset + limit - 1))
        return [
            Document.from_row(name, row) for name, row in zip(ids, self._hashes("document", ids), strict=True) if row
        ]

    def drop(self, document_ids: Sequence[str]) -> int:
        """Take documents off the list of dead letters; they stay dead in their batches. Returns how many were on it."""
        return self._redis.zrem("dead", *document_ids) if document_ids else 0

    def finished_before(self, age_seconds: float, limit: int = 100) -> list[str]:
        """Return batches that finished longer ago than ``age_seconds``, oldest first."""
        before = self._time() - age_seconds
        return cast("list[str]", self._redis.zrangebyscore("finished", "-inf", before, start=0, num=limit))


def open_ledger(settings: Settings) -> Ledger:
    """Return the ledger of this configuration; connects on first use."""
    return Ledger(connect(settings.redis, settings.redis.ledger_db), settings.queue)


def _json(value: Mapping[str, object] | None) -> str:
    return json.dumps(value) if value else ""


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[i : i + _PAGE] for i in range(0, len(ids), _PAGE))
