"""Batches: hand in, follow, list."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from decalogo.api.dependencies import Moment, Offset, OwnBatch, Reader, ServicesDep, Submitter, limited
from decalogo.api.links import batch_links
from decalogo.api.problem_types import declare
from decalogo.api.schemas import (
    AcceptedBatch,
    AcceptedDocument,
    BatchList,
    BatchStatus,
    DocumentList,
    DocumentStatus,
)
from decalogo.api.status import batch_status
from decalogo.api.upload.idempotency import MAX_KEY
from decalogo.api.upload.request_body import UPLOAD_BODY, UPLOAD_LINKS
from decalogo.api.upload.submit import submit
from decalogo.batches.listing import CURSOR, Filter
from decalogo.batches.states import BatchState
from decalogo.errors import (
    BodyError,
    ForbiddenError,
    KeyReusedError,
    KeyUsedError,
    MediaTypeError,
    NotFoundError,
    PayloadTooLargeError,
    QuotaError,
    RequestError,
    SlowBodyError,
    UnauthorizedError,
    UnavailableError,
)

router = APIRouter(prefix="/batch", tags=["batches"])


@router.post(
    "/upload",
    dependencies=[limited("uploads")],
    status_code=202,
    response_model=AcceptedBatch,
    summary="Hand in a batch",
    openapi_extra=UPLOAD_BODY,
    responses={
        202: {
            "description": "Accepted and on disk.",
            "headers": {
                "Location": {"description": "Address of the status.", "schema": {"type": "string"}},
                "Retry-After": {"description": "Seconds until the first look.", "schema": {"type": "integer"}},
            },
            "links": UPLOAD_LINKS,
        },
        **declare(
            RequestError,
            UnauthorizedError,
            ForbiddenError,
            SlowBodyError,
            PayloadTooLargeError,
            MediaTypeError,
            BodyError,
            KeyUsedError,
            KeyReusedError,
            QuotaError,
            UnavailableError,
        ),
    },
)
async def upload(
    request: Request,
    response: Response,
    services: ServicesDep,
    token: Submitter,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=MAX_KEY,
            description="Makes sending the same upload again harmless, for 24 hours: it answers with the first batch.",
            examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
        ),
    ] = None,
) -> AcceptedBatch:
    """Send files as `multipart/form-data`, or texts inline as JSON.

    All of it is accepted or nothing. A file that cannot be read does not cost the others: it ends as a failed document
    with its reason. Names are only shown, never used; two files may have one name.
    """
    accepted = await submit(request, services, token)
    links = batch_links(accepted.job_id, services.settings.api.public_url)
    response.headers["Location"] = links["status"]
    response.headers["Retry-After"] = "1"
    return AcceptedBatch(
        job_id=accepted.job_id,
        state=BatchState.QUEUED,
        documents=[
            AcceptedDocument(
                document_id=document.document_id, custom_id=document.custom_id or None, filename=document.filename
            )
            for document in accepted.documents
        ],
        links=links,
    )


@router.get(
    "/status/{job_id}",
    dependencies=[limited("status")],
    summary="How far a batch is",
    responses=declare(UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError),
)
async def status(batch: OwnBatch, response: Response, services: ServicesDep) -> BatchStatus:
    """Counts are kept as documents move, so this costs the same for a batch of any size."""
    if batch.state != BatchState.FINISHED:
        response.headers["Retry-After"] = "1"
    return batch_status(batch, services)


@router.get(
    "/{job_id}/documents",
    dependencies=[limited("reads")],
    summary="Documents of a batch",
    responses=declare(UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError),
)
def documents(
    batch: OwnBatch,
    services: ServicesDep,
    offset: Offset,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most documents on one page.")] = 100,
) -> DocumentList:
    """In the order of submission, each with its state, attempts and problem."""
    found = services.ledger.documents(batch.job_id, offset=offset, limit=limit)
    base = services.settings.api.public_url
    return DocumentList(
        documents=[DocumentStatus.of(document, base) for document in found],
        next_cursor=str(offset + limit) if offset + limit < batch.counts["total"] else None,
    )


@router.get(
    "",
    dependencies=[limited("reads")],
    summary="Your batches",
    responses=declare(UnauthorizedError, ForbiddenError, BodyError, UnavailableError),
)
def own_batches(
    token: Reader,
    services: ServicesDep,
    state: Annotated[BatchState | None, Query(description="Only batches in this state.")] = None,
    created_after: Annotated[Moment | None, Query(description="RFC 3339; exclusive.")] = None,
    created_before: Annotated[Moment | None, Query(description="RFC 3339; exclusive.")] = None,
    cursor: Annotated[
        str | None, Query(pattern=CURSOR, description="`next_cursor` of the page before; opaque.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Most batches on one page.")] = 50,
) -> BatchList:
    """Newest first. A cursor names a place, so batches that come or go while you page neither repeat nor hide others.

    With a filter that few batches pass, a page may be short, even empty, and still have a `next_cursor`.
    """
    wanted = Filter(state, _seconds(created_after), _seconds(created_before))
    found, following = services.listing.page(token.tenant, wanted, limit, cursor)
    return BatchList(batches=[batch_status(batch, services) for batch in found], next_cursor=following)


def _seconds(moment: datetime | None) -> float:
    return max(moment.timestamp(), 0.000001) if moment else 0.0
