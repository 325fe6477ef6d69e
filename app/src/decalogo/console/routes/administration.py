"""For operators: tokens, dead letters, queue, workers and disk."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query, Request, Response

from decalogo.access.tokens import Scope, Tier, Token
from decalogo.api.audit import audit
from decalogo.api.dependencies import ServicesDep
from decalogo.batches.states import DocumentState
from decalogo.console.pages import page, redirect
from decalogo.console.security import ChangingOperatorDep, OperatorDep
from decalogo.errors import NotFoundError, RequestError

router = APIRouter(prefix="/administration", include_in_schema=False)

_DEAD = 100
_RECORDS = 100
_MAX_NAME = 100


@router.get("")
def overview(request: Request, services: ServicesDep, session: OperatorDep) -> Response:
    """Show how the appliance is, its tokens and its dead letters."""
    return _overview(request, services)


@router.get("/audit")
def audit_page(
    request: Request,
    services: ServicesDep,
    session: OperatorDep,
    before: Annotated[int | None, Query(ge=1)] = None,
    verify: bool = False,
) -> Response:
    """Show the audit log, newest first, and verify it when asked."""
    records = services.audit_log.newest(_RECORDS, before=before)
    following = records[-1]["seq"] if len(records) == _RECORDS and records[-1]["seq"] > 1 else None
    verified = services.audit_log.verify() if verify else None
    return page(request, "audit.html", records=records, following=following, verified=verified)


@router.post("/tokens")
def create(
    request: Request,
    services: ServicesDep,
    session: ChangingOperatorDep,
    name: Annotated[str, Form(max_length=_MAX_NAME)],
    tenant: Annotated[str, Form(max_length=_MAX_NAME)] = "",
    tier: Annotated[Tier, Form()] = Tier.STANDARD,
    days: Annotated[int, Form(ge=1, le=3650)] = 365,
    scope: Annotated[list[Scope] | None, Form()] = None,
) -> Response:
    """Create a token and show it, this once."""
    if not name.strip():
        raise RequestError("A token needs a name.")
    scopes = frozenset(scope or (Scope.SUBMIT, Scope.READ))
    text = services.tokens.create(name.strip(), tier, days=days, tenant=tenant.strip(), scopes=scopes)
    audit(request, "token.create", name=name.strip(), tier=tier.value)
    return _overview(request, services, created=text)


@router.post("/tokens/{token_id}/rotate")
def rotate(request: Request, services: ServicesDep, session: ChangingOperatorDep, token_id: str) -> Response:
    """Give a token a new secret and show it, this once."""
    text = services.tokens.rotate(token_id)
    audit(request, "token.rotate", of=token_id)
    return _overview(request, services, created=text)


@router.post("/tokens/{token_id}/revoke")
def revoke(request: Request, services: ServicesDep, session: ChangingOperatorDep, token_id: str) -> Response:
    """Revoke a token and end its sessions."""
    services.tokens.revoke(token_id)
    services.sessions.end_all(token_id)
    audit(request, "token.revoke", of=token_id)
    return redirect("/administration")


@router.post("/dead/{document_id}/{action}")
def dead_letter(
    request: Request, services: ServicesDep, session: ChangingOperatorDep, document_id: str, action: str
) -> Response:
    """Replay a dead letter, or drop it."""
    document = services.ledger.document(document_id)
    if document is None or document.state is not DocumentState.DEAD or action not in ("replay", "drop"):
        raise NotFoundError("There is no such dead letter.")
    audit(request, "dead.retry" if action == "replay" else "dead.drop", document=document_id)
    if action == "replay":
        services.ledger.retry([document_id])
    else:
        services.ledger.cancel([document_id])
    return redirect("/administration")


def _overview(request: Request, services: ServicesDep, created: str = "") -> Response:
    tokens = sorted(services.tokens.list(), key=_token_order)
    return page(
        request,
        "administration.html",
        tokens=tokens,
        tiers=list(Tier),
        scopes=list(Scope),
        created=created,
        dead=services.ledger.dead(limit=_DEAD),
        facts=_facts(services),
    )


def _token_order(token: Token) -> tuple[bool, float]:
    return bool(token.revoked), -token.created


def _facts(services: ServicesDep) -> dict[str, Any]:
    settings = services.settings
    return {
        "queued": services.ledger.depth(),
        "running": services.ledger.running(),
        "workers": services.ledger.live_workers(),
        "per_hour": round(3600 * services.ledger.finished_per_second(300.0)),
        "free": services.store.free_bytes(),
        "retention_days": settings.storage.retention_days,
        "max_depth": settings.queue.max_depth,
    }
