"""The ledger: the one truth about batches and documents, in Redis, moved only by the scripts in ``lua/``.

Celery's messages are hints that a document may be waiting; what is queued, running or finished is decided here.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal, cast

import redis

from decalogo.batches.claims import Claim, Waiting
from decalogo.batches.idempotency import KEEP_SECONDS
from decalogo.batches.queries import LedgerQueries
from decalogo.batches.queues import NAMES, group_of
from decalogo.batches.rejection import refuse
from decalogo.batches.scripts import Scripts
from decalogo.batches.states import PLAIN, DocumentState, Handling, NewDocument, Options
from decalogo.connections import connect
from decalogo.settings import QueueSettings, Settings

_PAGE = 1000
_NOTHING: Mapping[str, Any] = {}

Ending = Literal["lost", "returned"]
"""How an attempt ends without an answer: ``lost`` counts towards ``queue.max_attempts``, ``returned`` does not."""


class Ledger(LedgerQueries):
    """All reads and moves of batches and documents.

    Args:
        client: a connection to the ledger's database that decodes answers.
        settings: lease, attempts and depth limits.

    Every method raises ``redis.exceptions.RedisError`` while Redis cannot be reached.
    """

    def __init__(self, client: redis.Redis, settings: QueueSettings) -> None:
        super().__init__(client, settings)
        self._run = Scripts(client).run

    # -- a submitter's moves -------------------------------------------------------------------------------------

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
        names = {"document_id": "id"}
        rows = [{names.get(name, name): value for name, value in asdict(d).items()} for d in documents]
        batch = (job_id, options.to_json(), options.priority, json.dumps(rows))
        asked = (handling.webhook, handling.idempotency, handling.fingerprint, KEEP_SECONDS)
        refuse(self._run("admit", tenant, *self._limits(tenant_limit), *batch, *asked))

    def _limits(self, tenant_limit: int) -> tuple[float, ...]:
        return self._settings.max_depth, self._settings.max_memory_share, tenant_limit

    # -- a worker's moves -------------------------------------------------------------------------------------------

    def claim(
        self, document_id: str | None, owner: str, lane: str = "normal", lanes: Sequence[str] = ()
    ) -> Claim | None:
        """Start an attempt for Celery task ``owner``.

        Args:
            document_id: this document, or None: the one whose turn it is.
            owner: the task; while it holds a document it gets no other one.
            lane: the lane its message came by.
            lanes: where to take a document from, by rank; when not given, the lanes that messages of ``lane`` are for.

        Returns:
            The claim, or None when nothing waits there (any more).
        """
        # Redis' client repeats a call whose answer it lost; the id makes that one claim, not a refusal of our own.
        asked = (document_id or "", owner, self._settings.lease_seconds, secrets.token_hex(8))
        answer = self._run("claim", *asked, self._settings.large_share, *(lanes or group_of(lane)))
        if answer[0] != "claimed":
            return None
        _, name, waited_in, attempt, job_id, options, waited, part_of, work, *numbers = answer
        return Claim(
            name, job_id, int(attempt), Options.from_json(options), waited_in, float(waited), part_of, work,
            *map(int, numbers),
        )  # fmt: skip

    def held_by(self, owner: str) -> str | None:
        """Return the document (or part) that a Celery task runs."""
        return cast("str | None", self._redis.hget("owners", owner))

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
        self,
        worker: str,
        owners: Iterable[str],
        notes: Mapping[str, Mapping[str, object]] = _NOTHING,
        *,
        slots: int = 0,
    ) -> list[str]:
        """Extend the leases of what these tasks run, note by task where it is, and the worker's heartbeat.

        Args:
            worker: its name.
            owners: its active tasks.
            notes: what is known of some of them.
            slots: documents the worker judges at once, if it takes large ones; their share is counted from it.

        Returns:
            The tasks that hold nothing (any more).
        """
        flat = [value for owner in owners for value in (owner, _json(notes.get(owner)))]
        return cast("list[str]", self._run("renew", worker, self._settings.lease_seconds, slots, *flat))

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

    def forget_worker(self, name: str) -> None:
        """Drop one that takes its leave: it is not missed."""
        self._forget_workers([name])

    # -- the janitor's moves ----------------------------------------------------------------------------------------

    def expire(self) -> dict[str, str]:
        """Take back documents whose lease ended; returns document id to new state."""
        flat = cast("list[str]", self._run("expire", self._settings.max_attempts, _PAGE, self._settings.lease_seconds))
        return dict(zip(flat[::2], flat[1::2], strict=True))

    def forget_workers(self, silent_seconds: float) -> None:
        """Drop workers not heard of for so long."""
        before = self._time() - silent_seconds
        self._forget_workers(cast("list[str]", self._redis.zrangebyscore("workers", "-inf", before)))

    def _forget_workers(self, names: Sequence[str]) -> None:
        if names:
            self._redis.zrem("workers", *names)
            self._redis.hdel("slots", *names)

    def survey(self) -> dict[str, int]:
        """Return how many documents wait in each lane; indexes that do not hold what is queued are made anew."""
        return dict(zip(NAMES, self._run("survey", *NAMES), strict=True))

    def stale(self, grace_seconds: float, limit: int, lanes: Sequence[str] = NAMES) -> list[Waiting]:
        """Return queued documents of these lanes whose message is older than the grace time."""
        flat = cast("list[str]", self._run("stale", grace_seconds, limit, *lanes))
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

    def revive(self, document_ids: Sequence[str], *, tenant: str = "", tenant_limit: int = 0) -> list[str]:
        """Queue again what failed, died, was cancelled or is partial.

        Args:
            document_ids: those that ended otherwise, have not ended or are unknown are left alone.
            tenant: who asks: there must be room as for an upload, in the same step. Empty, an operator: none is needed.
            tenant_limit: most documents the tenant may have unfinished, these included; 0 is no limit.

        Returns:
            Which were queued.

        Raises:
            UnavailableError: no room for all of them; nothing was queued.
            QuotaError: the tenant's limit would be passed; nothing was queued.
        """
        revived: list[str] = []
        for part in [document_ids] if tenant else _parts(document_ids):
            said, *rest = self._run("revive", tenant, *self._limits(tenant_limit), *part)
            if said == "refused":
                refuse(rest)
            revived += rest
        return revived

    def forget(self, job_id: str, *, finished_for: float | None = None) -> list[tuple[str, str, str]]:
        """Remove a batch for good.

        Args:
            job_id: the batch.
            finished_for: only if it has been finished for so many seconds, judged in the same step; None: at any time.

        Returns:
            Document id, result key and pages key of each artifact set left behind.
        """
        flat = cast("list[str]", self._run("forget", job_id, "" if finished_for is None else finished_for))
        return list(zip(flat[::3], flat[1::3], flat[2::3], strict=True))

    def drop(self, document_ids: Sequence[str]) -> int:
        """Take documents off the list of dead letters; they stay dead in their batches. Returns how many were on it."""
        return self._redis.zrem("dead", *document_ids) if document_ids else 0


def open_ledger(settings: Settings) -> Ledger:
    """Return the ledger of this configuration; connects on first use."""
    return Ledger(connect(settings.redis, settings.redis.ledger_db), settings.queue)


def _json(value: Mapping[str, object] | None) -> str:
    return json.dumps(value) if value else ""


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[i : i + _PAGE] for i in range(0, len(ids), _PAGE))
