"""Audit records of requests: who, from where, what."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from typing import Any, Final, cast

from fastapi import Request

from decalogo.access.tokens import Token
from decalogo.api.kept import Kept
from decalogo.api.services import Services
from decalogo.batches.states import NewDocument
from decalogo.evaluation.scoring.result import canonical_json

_REMEMBERED: Final = 100_000
_LISTED: Final = 50
"""Documents of an upload that its record lists; a larger one has the SHA-256 of the list."""
_reads: Kept[tuple[str, ...], float] = Kept(_REMEMBERED)


def audit(request: Request, action: str, **facts: object) -> None:
    """Add a record about a request to the audit log; blocking, on disk when it returns.

    Args:
        request: the request; its token and client address are recorded.
        action: what happened, for example ``review.sign``.
        **facts: ids and hashes, never a document's content.

    Raises:
        UnavailableError: the log cannot be written; the request then ends in 503. Callers record reads, uploads and
            deletions before they happen, so that none happens without a record.
    """
    services = cast(Services, request.app.state.services)
    services.audit_log.write(action, **_origin(request), **facts)


def audit_read(request: Request, action: str, **target: str) -> None:
    """Record that somebody reads something, at most once per ``audit.read_interval_seconds`` and process.

    Args:
        request: as for :func:`audit`.
        action: for example ``report.read``.
        **target: what is read, by ids, for example ``document`` and ``format``.
    """
    services = cast(Services, request.app.state.services)
    token: Token | None = getattr(request.state, "token", None)
    interval = services.settings.audit.read_interval_seconds
    key = (str(services.settings.audit.path), token.token_id if token else "", action, *target.values())
    now = time.monotonic()
    known = _reads.get(key)
    if interval and known is not None and now - known < interval:
        return
    audit(request, action, **target)
    _reads.put(key, now)


def upload_record(request: Request, job_id: str, documents: Sequence[NewDocument]) -> str:
    """Return the record of an upload as JSON: batch, and id and SHA-256 of each document.

    The ledger stores it in the step that accepts the batch, so that it costs no further write to disk.
    """
    hashes = {document.document_id: document.sha256 for document in documents}
    listed: dict[str, Any] = {"sha256": hashes} if len(hashes) <= _LISTED else {"list_sha256": _digest(hashes)}
    facts = {"time": round(time.time(), 3), **_origin(request), "batch": job_id, "documents": len(hashes), **listed}
    return canonical_json({"action": "batch.upload", **facts}).decode()


def _origin(request: Request) -> dict[str, Any]:
    token: Token | None = getattr(request.state, "token", None)
    return {
        "who": token.name if token else None,
        "token": token.token_id if token else None,
        "tenant": token.tenant if token else None,
        "address": request.client.host if request.client else None,
        "request": getattr(request.state, "request_id", None),
    }


def _digest(hashes: dict[str, str]) -> str:
    return hashlib.sha256(canonical_json(hashes)).hexdigest()
