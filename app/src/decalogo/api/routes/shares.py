"""Links to one report that need no token."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from decalogo.access.shares import Kind, Share
from decalogo.access.tokens import Token
from decalogo.api.audit import audit
from decalogo.api.dependencies import OwnBatch, OwnDocument, Reader, ServicesDep, limited
from decalogo.api.exports import POLICY, comparison, document_report, needed_result
from decalogo.api.problem_types import declare
from decalogo.api.services import Services
from decalogo.errors import (
    BodyError,
    ForbiddenError,
    NoResultError,
    NotFoundError,
    NotReadyError,
    UnauthorizedError,
    UnavailableError,
)

router = APIRouter(tags=["shares"])
public = APIRouter(include_in_schema=False)

_COMMON = (UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError)


class NewShare(BaseModel):
    """How long a link works."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(30, ge=1, le=365, description="Days until it expires.")


class ShareStatus(BaseModel):
    """A link, without the code that makes it work."""

    id: str
    kind: Kind
    target: str = Field(description="Id of the document or batch.")
    by: str = Field(description="Name of the token that made it.")
    created_at: datetime
    expires_at: datetime
    uses: int

    @classmethod
    def of(cls, share: Share) -> ShareStatus:
        """Return what the API reports of a link."""
        return cls(
            id=share.share_id,
            kind=share.kind,
            target=share.target,
            by=share.by,
            created_at=datetime.fromtimestamp(share.created, UTC),
            expires_at=datetime.fromtimestamp(share.expires, UTC),
            uses=share.uses,
        )


class CreatedShare(ShareStatus):
    """A link with its address, which is shown only now."""

    url: str


@router.post(
    "/documents/{document_id}/shares",
    dependencies=[limited("changes")],
    status_code=201,
    summary="Share a report",
    responses=declare(*_COMMON, NotReadyError, NoResultError),
)
def share_document(
    request: Request, document: OwnDocument, services: ServicesDep, token: Reader, body: NewShare
) -> CreatedShare:
    """Makes a link to the HTML report of a document. It works without a token until it expires or is revoked."""
    needed_result(document, services)
    return _create(request, services, token, "document", document.document_id, body.days)


@router.post(
    "/batch/{job_id}/shares",
    dependencies=[limited("changes")],
    status_code=201,
    summary="Share a comparison",
    responses=declare(*_COMMON),
)
def share_batch(
    request: Request, batch: OwnBatch, services: ServicesDep, token: Reader, body: NewShare
) -> CreatedShare:
    """Makes a link to the HTML comparison of a batch."""
    return _create(request, services, token, "batch", batch.job_id, body.days)


@router.get(
    "/documents/{document_id}/shares",
    dependencies=[limited("reads")],
    summary="Links to a report",
    responses=declare(*_COMMON),
)
def shares_of_document(document: OwnDocument, services: ServicesDep) -> list[ShareStatus]:
    """The links that work, with the number of their uses."""
    return [ShareStatus.of(share) for share in services.shares.of(document.document_id)]


@router.get(
    "/batch/{job_id}/shares",
    dependencies=[limited("reads")],
    summary="Links to a comparison",
    responses=declare(*_COMMON),
)
def shares_of_batch(batch: OwnBatch, services: ServicesDep) -> list[ShareStatus]:
    """The links that work, with the number of their uses."""
    return [ShareStatus.of(share) for share in services.shares.of(batch.job_id)]


@router.delete(
    "/shares/{share_id}",
    dependencies=[limited("changes")],
    status_code=204,
    summary="Revoke a link",
    responses=declare(*_COMMON),
)
def revoke(
    request: Request,
    services: ServicesDep,
    token: Reader,
    share_id: Annotated[str, Path(max_length=100, description="Id of the link.")],
) -> None:
    """The link stops working immediately."""
    share = services.shares.revoke(share_id, token.tenant)
    audit(request, "share.revoke", share=share.share_id[:16], target=share.target)


@public.get("/shared/{code}")
def shared(request: Request, services: ServicesDep, code: str) -> Response:
    """Show what a link leads to."""
    if not services.settings.api.share_links:
        raise NotFoundError("Links without a token are switched off.")
    share = services.shares.use(code)
    if share.kind == "document":
        document = services.ledger.own_document(share.tenant, share.target)
        if document is None:
            raise NotFoundError("What the link led to was deleted.")
        body, kind, _ = document_report("html", document, needed_result(document, services), services, None)
    else:
        batch = services.ledger.own_batch(share.tenant, share.target)
        if batch is None:
            raise NotFoundError("What the link led to was deleted.")
        body, kind, _ = comparison("html", batch, services, None)
    audit(request, "share.read", share=share.share_id[:16], target=share.target)
    headers = {
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-store",
        "X-Robots-Tag": "noindex",
        "Referrer-Policy": "no-referrer",
    }
    return Response(body, headers={**headers, "Content-Type": kind})


def _create(request: Request, services: Services, token: Token, kind: Kind, target: str, days: int) -> CreatedShare:
    if not services.settings.api.share_links:
        raise ForbiddenError("Links without a token are switched off here (api.share_links).")
    code, share = services.shares.create(token.tenant, kind, target, token.name, days)
    audit(request, "share.create", share=share.share_id[:16], target=target, days=days)
    url = f"{services.settings.api.public_url.rstrip('/')}/shared/{code}"
    return CreatedShare(url=url, **ShareStatus.of(share).model_dump())
