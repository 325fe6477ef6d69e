"""Audit records of requests: who, from where, what."""

from __future__ import annotations

from typing import cast

from fastapi import Request

from decalogo.access.tokens import Token
from decalogo.api.services import Services


def audit(request: Request, action: str, **facts: object) -> None:
    """Add a record about a request to the audit log; blocking, on disk when it returns.

    Args:
        request: the request; its token and client address are recorded.
        action: what happened, for example ``review.sign``.
        **facts: ids and hashes, never a document's content.

    Raises:
        UnavailableError: the log cannot be written; the request then ends in 503, although what it did stays.
    """
    services = cast(Services, request.app.state.services)
    token: Token | None = getattr(request.state, "token", None)
    services.audit_log.write(
        action,
        who=token.name if token else None,
        token=token.token_id if token else None,
        tenant=token.tenant if token else None,
        address=request.client.host if request.client else None,
        request=getattr(request.state, "request_id", None),
        **facts,
    )
