"""Ledger: the single source of truth about batches and documents, in Redis.

Celery messages only report that a document may be waiting. The ledger decides which document is queued, running or
finished, and which result counts. Every transition is one Lua script in ``lua/``; the files in ``lua/lib/`` explain
the keys, the queues with their round robin, the transitions with fencing and dead letters, and admission control.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal, cast

from decalogo.access.hosts import USER_PREFIX
from decalogo.batches.changes import LedgerChanges
from decalogo.batches.claims import Claim
from decalogo.batches.idempotency import RECORD_SECONDS
from decalogo.batches.queues import LARGE, QUEUES
from decalogo.batches.rejection import NO_STORED_LIMITS, StoredLimits, raise_rejection
from decalogo.batches.states import PLAIN, DocumentState, Handling, NewDocument, Options, dump_pairs, load_pairs
from decalogo.connections import connect
from decalogo.settings import Settings

_PAGE: Final = 1000
_NOTHING: Final[Mapping[str, Any]] = {}
_NO_PAIRS: Final[Mapping[str, str]] = {}

Ending = Literal["lost", "returned"]
"""How an attempt ends without a result: ``lost`` counts towards ``queue.max_attempts``, ``returned`` does not."""


class Ledger(LedgerChanges):
    """Queries and transitions of batches and documents.

    Args:
        client: connection to the ledger's database that decodes replies.
        settings: lease, attempts and limits.

    Every method raises ``redis.exceptions.RedisError`` while Redis is unreachable.
    """

    # -- submission ----------------------------------------------------------------------------------------------------

    def check_admission(self, tenant: str, *, tenant_limit: int = 0, stored: StoredLimits = NO_STORED_LIMITS) -> None:
        """Raise the error that :meth:`admit` would raise for a batch of one document of one byte."""
        raise_rejection(self._run("check_admission", tenant, *self._limits(tenant_limit), *stored))

    def admit(
        self,
        job_id: str,
        tenant: str,
        options: Options,
        documents: Sequence[NewDocument],
        *,
        tenant_limit: int = 0,
        stored: StoredLimits = NO_STORED_LIMITS,
        handling: Handling = PLAIN,
        metadata: Mapping[str, str] = _NO_PAIRS,
    ) -> None:
        """Record a batch. When this returns, the batch is on disk (Redis runs ``appendfsync always``).

        Args:
            job_id: id of the new batch. Repeating the call with the same id changes nothing.
            tenant: owner of the batch.
            options: options of all its documents.
            documents: one or more.
            tenant_limit: maximum number of unfinished documents of the tenant, these included; 0 disables.
            stored: maximum of what the tenant stores, these documents included.
            handling: webhook, idempotency record and audit record, written in the same step.
            metadata: the submitter's pairs about the batch.

        Raises:
            KeyUsedError: another upload with this idempotency key was accepted meanwhile; nothing was recorded.
            UnavailableError: ``queue.max_depth`` or ``queue.max_memory_share`` is exceeded; nothing was recorded.
            QuotaError: ``tenant_limit`` or ``stored`` is exceeded; nothing was recorded.
        """
        rows = json.dumps([document.to_row() for document in documents])
        batch = (job_id, options.to_json(), options.priority, rows)
        record = (handling.idempotency, handling.fingerprint, RECORD_SECONDS)
        extra = (handling.webhook, *record, dump_pairs(metadata or None), *stored, handling.audit)
        raise_rejection(self._run("admit", tenant, *self._limits(tenant_limit), *batch, *extra))

    def append(
        self,
        job_id: str,
        tenant: str,
        documents: Sequence[NewDocument],
        *,
        most: int,
        tenant_limit: int = 0,
        stored: StoredLimits = NO_STORED_LIMITS,
        handling: Handling = PLAIN,
    ) -> None:
        """Add documents to a batch, on disk when this returns; a finished batch is unfinished again.

        Args:
            job_id: id of the batch.
            tenant: its owner.
            documents: one or more. Repeating the call with the same documents changes nothing.
            most: greatest number of documents of the batch.
            tenant_limit: as for :meth:`admit`.
            stored: as for :meth:`admit`.
            handling: idempotency record and audit record, written in the same step.

        Raises:
            ForbiddenError: the batch would have more than ``most`` documents.
            BodyError: the tenant has no such batch, or another document of the batch has the same custom id.
            DecalogoError: as :meth:`admit`. Nothing was recorded in any of these cases.
        """
        rows = json.dumps([document.to_row() for document in documents])
        batch = (job_id, most, rows)
        extra = (handling.idempotency, handling.fingerprint, RECORD_SECONDS, *stored, handling.audit)
        raise_rejection(self._run("append", tenant, *self._limits(tenant_limit), *batch, *extra))

    # -- attempts ------------------------------------------------------------------------------------------------------

    def claim(self, owner: str, queues: Sequence[str]) -> Claim | None:
        """Start an attempt at the next document of these queues.

        Args:
            owner: Celery task id. While it owns a document it gets no other one.
            queues: queues to claim from, by rank.

        Returns:
            The claim, or None when no document waits there.
        """
        # The Redis client repeats a call whose reply was lost. The unique id makes the repetition return the same
        # claim.
        settings = self._settings
        shares = settings.large_share, settings.tenant_share if LARGE in queues else 1
        reply = self._run("claim", owner, settings.lease_seconds, secrets.token_hex(8), *shares, *queues)
        if not reply:
            return None
        name, queue, attempt, job_id, options, own, waited, part_of, work, *numbers = reply
        asked = Options.from_json(options)
        if own:
            asked = replace(asked, not_applicable=load_pairs(own) or {})
        return Claim(
            name, job_id, int(attempt), asked, queue, float(waited), part_of, work, *map(int, numbers)
        )  # fmt: skip

    def owned_by(self, owner: str) -> str | None:
        """Return the document (or part) that a Celery task runs."""
        return cast("str | None", self._redis.hget("owners", owner))

    def owning(self, owners: Iterable[str]) -> frozenset[str]:
        """Return those of these Celery tasks that own a document (or part)."""
        names = list(owners)
        documents = cast("list[str | None]", self._redis.hmget("owners", names)) if names else []
        return frozenset(name for name, document in zip(names, documents, strict=True) if document)

    def renew(
        self,
        worker: str,
        owners: Iterable[str],
        progress: Mapping[str, Mapping[str, object]] = _NOTHING,
        *,
        large_processes: int = 0,
    ) -> list[str]:
        """Renew the leases of a worker and record its heartbeat.

        Args:
            worker: its name.
            owners: its active Celery tasks.
            progress: stage, page and memory of some of these tasks.
            large_processes: number of its processes that take large documents; ``queue.large_share`` applies to it.

        Returns:
            The tasks that own no document (any more).
        """
        flat = [value for owner in owners for value in (owner, _json(progress.get(owner)))]
        return cast("list[str]", self._run("renew", worker, self._settings.lease_seconds, large_processes, *flat))

    def finish(
        self,
        claim: Claim,
        state: DocumentState,
        *,
        result_key: str = "",
        pages_key: str = "",
        problem: Mapping[str, object] | None = None,
    ) -> bool:
        """End an attempt with a result; return False when the attempt was fenced and its result does not count.

        The first ``partial`` result is kept while the document is queued again in the queue `slow`.
        """
        return bool(self._run("finish", claim.document_id, claim.attempt, state, result_key, pages_key, _json(problem)))

    def release(
        self, document_id: str, owner: str, kind: Ending, reason: str, facts: Mapping[str, object] = _NOTHING
    ) -> str:
        """End an attempt without a result.

        Args:
            document_id: the document or part.
            owner: Celery task of the attempt.
            kind: whether the attempt counts as lost.
            reason: clause for people, such as "its process died of SIGKILL".
            facts: known facts about a lost attempt.

        Returns:
            The new state of the document, or an empty string when ``owner`` does not own it.
        """
        max_attempts = self._settings.max_attempts
        return cast("str", self._run("release", document_id, owner, kind, reason, max_attempts, _json(facts)))

    def refuse(self, document_id: str, owner: str, problem: Mapping[str, object]) -> str:
        """End an attempt because its document, or the document of its part, exceeded a limit: it is not retried.

        Args:
            document_id: the document or part.
            owner: Celery task of the attempt.
            problem: why, as RFC 9457 members.

        Returns:
            The new state of the document: ``failed``, or ``partial`` if an earlier attempt had a partial result. Empty
            when ``owner`` does not own it.
        """
        return cast("str", self._run("refuse", document_id, owner, _json(problem)))

    def split(self, claim: Claim, parts: Sequence[str], *, heavy: bool) -> list[tuple[str, str]]:
        """End an attempt by splitting its document into parts, which are claimed like documents.

        When the last part is done, the document is queued again for the attempt that joins the parts.

        Args:
            claim: the attempt.
            parts: pages of each part, in the form the evaluator gave them.
            heavy: whether the parts go to the queue `scans`, unless the priority is high.

        Returns:
            Id and queue of each part, to be published; empty when the attempt was fenced.
        """
        reply = cast("list[str]", self._run("split", claim.document_id, claim.attempt, int(heavy), *parts))
        return [(part, reply[0]) for part in reply[1:]]

    def finish_part(self, claim: Claim) -> tuple[bool, str]:
        """End an attempt at a part; return whether it counts, and after the last part the queue of the document."""
        counted, queue = self._run("finish_part", claim.document_id, claim.attempt)
        return bool(counted), queue

    # -- recovery ------------------------------------------------------------------------------------------------------

    def expire_leases(self, *, joined: bool = True) -> dict[str, str]:
        """Recover documents whose lease expired; return their new states by id.

        Args:
            joined: include the leases of joined hosts.
        """
        settings = self._settings
        spared = "" if joined else USER_PREFIX
        flat = cast(
            "list[str]", self._run("expire_leases", settings.max_attempts, _PAGE, settings.lease_seconds, spared)
        )
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def report_gateway(self) -> None:
        """Record that the API answers joined hosts, for half a lease."""
        self._redis.set("gateway", 1, px=int(self._settings.lease_seconds * 500))

    def gateway_answers(self) -> bool:
        """Return whether an API process has reported within half a lease."""
        return bool(self._redis.exists("gateway"))

    def take_unpublished(
        self, grace_seconds: float, limit: int, queues: Sequence[str] = QUEUES
    ) -> list[tuple[str, str]]:
        """Return id and queue of queued documents that have had no message for the grace time, oldest first.

        They count as published from now on. No other scheduler gets the same ones.
        """
        flat = cast("list[str]", self._run("take_unpublished", grace_seconds, limit, *queues))
        return list(zip(flat[::2], flat[1::2], strict=True))

    def remove_workers(self, names: Sequence[str]) -> None:
        """Remove workers that stopped, so that they do not count as silent."""
        if names:
            self._redis.zrem("workers", *names)
            self._redis.hdel("worker-processes", *names)

    def remove_silent_workers(self, seconds: float) -> None:
        """Remove workers without a heartbeat for ``seconds``."""
        before = self._time() - seconds
        self.remove_workers(cast("list[str]", self._redis.zrangebyscore("workers", "-inf", before)))


def open_ledger(settings: Settings) -> Ledger:
    """Return the ledger of this configuration; it connects on first use."""
    return Ledger(connect(settings.redis, settings.redis.ledger_db), settings.queue)


def _json(value: Mapping[str, object] | None) -> str:
    return json.dumps(value) if value else ""
