"""The ledger as workers of a joined host reach it: over HTTPS through the remote-worker gateway.

The gateway (``api/routes/remote_ledger.py``) acts for the attempts of this host only. An outage of the first host
raises the same errors as an outage of Redis, so the callers wait and repeat in the same way.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import httpx
from redis.exceptions import ConnectionError

from decalogo.batches.claims import Claim
from decalogo.batches.ledger import Ending, Ledger, open_ledger
from decalogo.batches.states import Document, DocumentState, Options
from decalogo.connections import connect
from decalogo.errors import ClaimLostError
from decalogo.settings import Settings
from decalogo.storage.remote import open_client

_NOTHING: Mapping[str, Any] = {}


class RemoteLedger(Ledger):
    """What a worker needs of the ledger; every other method fails.

    Args:
        settings: address of the gateway and the join token.
        timeout: of one call, seconds; None: that of the store's client.
    """

    def __init__(self, settings: Settings, timeout: float | None = None) -> None:
        self.settings = settings
        self._timeout = timeout
        self._client: tuple[int, httpx.Client] | None = None
        self._owner = ""

    def close(self) -> None:
        """Close all connections."""
        if self._client is not None and self._client[0] == os.getpid():
            self._client[1].close()
            self._client = None

    def claim(self, owner: str, queues: Sequence[str]) -> Claim | None:
        """Start an attempt at the next document of these queues."""
        row = self._call("claim", owner=owner, queues=list(queues))
        self._owner = owner
        return Claim(**{**row, "options": Options.from_json(row["options"])}) if row else None

    def document(self, document_id: str) -> Document | None:
        """Return None: a joined host sees no documents of the ledger."""
        return None

    def owned_by(self, owner: str) -> str | None:
        """Return the document (or part) that a Celery task runs."""
        return cast("str | None", self._call("owned_by", owner=owner))

    def owning(self, owners: Iterable[str]) -> frozenset[str]:
        """Return those of these Celery tasks that own a document (or part)."""
        names = list(owners)
        return frozenset(self._call("owning", owners=names)) if names else frozenset()

    def renew(
        self,
        worker: str,
        owners: Iterable[str],
        progress: Mapping[str, Mapping[str, object]] = _NOTHING,
        *,
        large_processes: int = 0,
    ) -> list[str]:
        """Renew the leases of a worker; return its tasks that own no document."""
        known = {owner: dict(facts) for owner, facts in progress.items()}
        names = list(owners)
        return cast(
            "list[str]",
            self._call("renew", worker=worker, owners=names, progress=known, large_processes=large_processes),
        )

    def finish(
        self,
        claim: Claim,
        state: DocumentState,
        *,
        result_key: str = "",
        pages_key: str = "",
        problem: Mapping[str, object] | None = None,
    ) -> bool:
        """End an attempt with a result; return False when it was fenced."""
        told = {"state": state.value, "problem": dict(problem) if problem else None}
        return bool(self._call("finish", **self._of(claim), **told, result_key=result_key, pages_key=pages_key))

    def release(
        self, document_id: str, owner: str, kind: Ending, reason: str, facts: Mapping[str, object] = _NOTHING
    ) -> str:
        """End an attempt without a result; return the new state of the document."""
        told = {"kind": kind, "reason": reason[:1000], "facts": dict(facts)}
        return cast("str", self._call("release", document_id=document_id, owner=owner, **told))

    def refuse(self, document_id: str, owner: str, problem: Mapping[str, object]) -> str:
        """End an attempt because its document exceeded a limit; return the new state of the document."""
        return cast("str", self._call("refuse", document_id=document_id, owner=owner, problem=dict(problem)))

    def split(self, claim: Claim, parts: Sequence[str], *, heavy: bool) -> list[tuple[str, str]]:
        """End an attempt by splitting its document; return id and queue of each part, none when it was fenced."""
        try:
            rows = self._call("split", **self._of(claim), parts=list(parts), heavy=heavy)
        except ClaimLostError:
            return []
        return [(part, queue) for part, queue in rows]

    def finish_part(self, claim: Claim) -> tuple[bool, str]:
        """End an attempt at a part; return whether it counts, and after the last part the queue of the document."""
        counted, queue = self._call("finish_part", **self._of(claim))
        return bool(counted), queue

    def remove_workers(self, names: Sequence[str]) -> None:
        """Remove workers that stopped."""
        if names:
            self._call("remove_workers", workers=list(names))

    def _of(self, claim: Claim) -> dict[str, Any]:
        return {"document_id": claim.document_id, "attempt": claim.attempt, "owner": self._owner}

    def _call(self, method: str, **arguments: Any) -> Any:
        # A connection must not be shared with a process that forked.
        if self._client is None or self._client[0] != os.getpid():
            self._client = (os.getpid(), open_client(self.settings.storage))
        timeout = httpx.USE_CLIENT_DEFAULT if self._timeout is None else httpx.Timeout(self._timeout)
        try:
            answer = self._client[1].post(f"/ledger/{method}", json=arguments, timeout=timeout)
            reply = answer.json()
        except (httpx.TransportError, ValueError) as error:
            raise ConnectionError(f"the first host cannot be reached ({error or type(error).__name__})") from error
        if answer.status_code == httpx.codes.CONFLICT:
            raise ClaimLostError(str(reply.get("detail")))
        if not answer.is_success:
            raise ConnectionError(f"the first host cannot {method}: {reply.get('detail', answer.status_code)}")
        return reply["result"]


def open_work_ledger(settings: Settings, timeout: float | None = None) -> Ledger:
    """Return the ledger of this worker, on the first host or on a joined one; ``timeout`` of one call, seconds."""
    if settings.storage.url:
        return RemoteLedger(settings, timeout)
    if timeout is None:
        return open_ledger(settings)
    quick = settings.redis.model_copy(update={"socket_timeout_seconds": timeout})
    return Ledger(connect(quick, quick.ledger_db, retries=0), settings.queue)
