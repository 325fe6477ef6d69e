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

import redis

from decalogo.batches.claims import Claim
from decalogo.batches.idempotency import RECORD_SECONDS
from decalogo.batches.queries import LedgerQueries
from decalogo.batches.queues import QUEUES
from decalogo.batches.rejection import raise_rejection
from decalogo.batches.scripts import Scripts
from decalogo.batches.states import PLAIN, DocumentState, Handling, NewDocument, Options, dump_pairs, load_pairs
from decalogo.connections import connect
from decalogo.settings import QueueSettings, Settings

_PAGE: Final = 1000
_NOTHING: Final[Mapping[str, Any]] = {}
_NO_PAIRS: Final[Mapping[str, str]] = {}

Ending = Literal["lost", "returned"]
"""How an attempt ends without a result: ``lost`` counts towards ``queue.max_attempts``, ``returned`` does not."""


class Ledger(LedgerQueries):
    """Queries and transitions of batches and documents.

    Args:
        client: connection to the ledger's database that decodes replies.
        settings: lease, attempts and limits.

    Every method raises ``redis.exceptions.RedisError`` while Redis is unreachable.
    """

    def __init__(self, client: redis.Redis, settings: QueueSettings) -> None:
        super().__init__(client, settings)
        self._run = Scripts(client).run

    # -- submission ----------------------------------------------------------------------------------------------------

    def check_admission(self, tenant: str, *, tenant_limit: int = 0) -> None:
        """Raise the error that :meth:`admit` would raise for a batch of one document."""
        raise_rejection(self._run("check_admission", tenant, *self._limits(tenant_limit)))

    def admit(
        self,
        job_id: str,
        tenant: str,
        options: Options,
        documents: Sequence[NewDocument],
        *,
        tenant_limit: int = 0,
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
            handling: webhook and idempotency record, written in the same step.
            metadata: the submitter's pairs about the batch.

        Raises:
            KeyUsedError: another upload with this idempotency key was accepted meanwhile; nothing was recorded.
            UnavailableError: ``queue.max_depth`` or ``queue.max_memory_share`` is exceeded; nothing was recorded.
            QuotaError: ``tenant_limit`` is exceeded; nothing was recorded.
        """
        rows = json.dumps([document.to_row() for document in documents])
        batch = (job_id, options.to_json(), options.priority, rows)
        record = (handling.idempotency, handling.fingerprint, RECORD_SECONDS)
        extra = (handling.webhook, *record, dump_pairs(metadata or None))
        raise_rejection(self._run("admit", tenant, *self._limits(tenant_limit), *batch, *extra))

    def _limits(self, tenant_limit: int) -> tuple[float, ...]:
        return self._settings.max_depth, self._settings.max_memory_share, tenant_limit

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
        reply = self._run(
            "claim", owner, self._settings.lease_seconds, secrets.token_hex(8), self._settings.large_share, *queues
        )
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

    def expire_leases(self) -> dict[str, str]:
        """Recover documents whose lease expired; return their new states by id."""
        settings = self._settings
        flat = cast("list[str]", self._run("expire_leases", settings.max_attempts, _PAGE, settings.lease_seconds))
        return dict(zip(flat[::2], flat[1::2], strict=True))

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

    # -- changes by clients and operators ------------------------------------------------------------------------------

    def cancel(self, document_ids: Sequence[str]) -> int:
        """Cancel unfinished documents; return how many there were. Running attempts are fenced when they finish."""
        return sum(self._run("cancel", *page) for page in _pages(document_ids))

    def retry(self, document_ids: Sequence[str], *, tenant: str = "", tenant_limit: int = 0) -> list[str]:
        """Queue documents again that are failed, dead, cancelled or partial.

        Args:
            document_ids: others among them are skipped.
            tenant: tenant whose limits apply, as for an upload; empty for an operator, to whom no limit applies.
            tenant_limit: maximum number of unfinished documents of the tenant, these included; 0 disables.

        Returns:
            The ids of the queued documents.

        Raises:
            UnavailableError: ``queue.max_depth`` or ``queue.max_memory_share`` is exceeded; nothing was queued.
            QuotaError: ``tenant_limit`` is exceeded; nothing was queued.
        """
        queued: list[str] = []
        for page in [document_ids] if tenant else _pages(document_ids):
            outcome, *rest = self._run("retry", tenant, *self._limits(tenant_limit), *page)
            if outcome == "rejected":
                raise_rejection(rest)
            queued += rest
        return queued

    def set_batch_metadata(self, job_id: str, metadata: Mapping[str, str]) -> None:
        """Replace the metadata of a batch, if it exists."""
        self._run("describe", f"batch:{job_id}", dump_pairs(metadata))

    def set_metadata(self, document_id: str, metadata: Mapping[str, str]) -> None:
        """Replace the metadata of a document, if it exists."""
        self._run("describe", f"document:{document_id}", dump_pairs(metadata))

    def set_not_applicable(
        self, document_id: str, points: Mapping[str, str] | None, *, tenant: str, tenant_limit: int = 0
    ) -> bool:
        """Replace the points that do not apply to a document; None: those of the batch apply.

        A document that has a result, or whose evaluation runs, is queued again.

        Args:
            document_id: the document.
            points: id of each point, with the reason.
            tenant: tenant whose limits apply, as for a retry.
            tenant_limit: maximum number of unfinished documents of the tenant; 0 disables.

        Returns:
            Whether the document was queued again.

        Raises:
            UnavailableError: ``queue.max_depth`` or ``queue.max_memory_share`` is exceeded; nothing was changed.
            QuotaError: ``tenant_limit`` is exceeded; nothing was changed.
        """
        reply = self._run("set_not_applicable", tenant, *self._limits(tenant_limit), document_id, dump_pairs(points))
        outcome, *rest = reply
        if outcome == "rejected":
            raise_rejection(rest)
        return bool(outcome == "queued")

    def delete(self, job_id: str, *, finished_for: float | None = None) -> list[tuple[str, str, str]]:
        """Delete the entries of a batch.

        Args:
            job_id: the batch.
            finished_for: delete it only if it finished at least this many seconds ago; None deletes it always.

        Returns:
            Document id, result key and pages key of the artifacts that remain to be deleted.
        """
        flat = cast("list[str]", self._run("delete", job_id, "" if finished_for is None else finished_for))
        return list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))

    def drop_dead_letters(self, document_ids: Sequence[str]) -> int:
        """Remove documents from the list of dead letters; return how many were on it. Their state stays ``dead``."""
        return self._redis.zrem("dead", *document_ids) if document_ids else 0


def open_ledger(settings: Settings) -> Ledger:
    """Return the ledger of this configuration; it connects on first use."""
    return Ledger(connect(settings.redis, settings.redis.ledger_db), settings.queue)


def _json(value: Mapping[str, object] | None) -> str:
    return json.dumps(value) if value else ""


def _pages(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[i : i + _PAGE] for i in range(0, len(ids), _PAGE))
