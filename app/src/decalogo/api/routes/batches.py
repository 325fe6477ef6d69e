"""Submit, follow and list batches."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from decalogo.api.dependencies import Language, Moment, Offset, OwnBatch, Reader, ServicesDep, Submitter, limited
from decalogo.api.links import batch_links
from decalogo.api.problem_types import declare
from decalogo.api.rate_limits import polling_seconds
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
    summary="Submit a batch",
    openapi_extra=UPLOAD_BODY,
    responses={
        202: {
            "description": "Accepted and on disk.",
            "headers": {
                "Location": {"description": "URL of the status.", "schema": {"type": "string"}},
                "Retry-After": {
                    "description": "Seconds until the first status request.",
                    "schema": {"type": "integer"},
                },
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
            description="Makes retries safe for 24 hours: the same upload with this key answers with the first batch.",
            examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
        ),
    ] = None,
) -> AcceptedBatch:
    """Send files as `multipart/form-data`, or inline texts as JSON.

    An upload is accepted as a whole or rejected as a whole. An unreadable file does not affect the others: it ends as a
    failed document with a reason. File names are for display only, and need not be unique.
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
                document_id=document.document_id,
                custom_id=document.custom_id or None,
                filename=document.filename,
                metadata=dict(document.metadata),
            )
            for document in accepted.documents
        ],
        links=links,
    )


@router.get(
    "/status/{job_id}",
    dependencies=[limited("status")],
    summary="Status of a batch",
    responses=declare(UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError),
)
async def status(request: Request, batch: OwnBatch, response: Response, services: ServicesDep) -> BatchStatus:
    """Counts by state. The cost does not depend on the size of the batch."""
    if batch.state != BatchState.FINISHED:
        response.headers["Retry-After"] = str(polling_seconds(request))
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
    language: Language,
    limit: Annotated[int, Query(ge=1, le=1000, description="Documents per page.")] = 100,
) -> DocumentList:
    """Documents in the order of submission, with state, attempts and problem."""
    found = services.ledger.documents(batch.job_id, offset=offset, limit=limit)
    base = services.settings.api.public_url
    return DocumentList(
        documents=[DocumentStatus.of(document, base, language) for document in found],
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
        str | None, Query(pattern=CURSOR, description="`next_cursor` of the previous page; opaque.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="Batches per page.")] = 50,
) -> BatchList:
    """Newest first. New and deleted batches do not shift the pages that follow a cursor.

    If few batches match the filter, a page may be short or empty and still have a `next_cursor`.
    """
    wanted = Filter(state, _seconds(created_after), _seconds(created_before))
    found, following = services.listing.page(token.tenant, wanted, limit, cursor)
    return BatchList(batches=[batch_status(batch, services) for batch in found], next_cursor=following)


def _seconds(moment: datetime | None) -> float:
    return max(moment.timestamp(), 0.000001) if moment else 0.0
