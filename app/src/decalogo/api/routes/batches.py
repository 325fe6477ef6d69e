"""Batches: hand in, follow, list."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from decalogo.api.catalogue import declare
from decalogo.api.deps import Offset, OwnBatch, Reader, ServicesDep, Submitter
from decalogo.api.links import batch_links
from decalogo.api.schemas import (
    AcceptedBatch,
    AcceptedDocument,
    BatchList,
    BatchStatus,
    DocumentList,
    DocumentStatus,
)
from decalogo.api.upload.options import UploadOptions
from decalogo.api.upload.submit import submit
from decalogo.batches.states import BatchState
from decalogo.errors import (
    BodyError,
    ForbiddenError,
    MediaTypeError,
    NotFoundError,
    PayloadTooLargeError,
    QuotaError,
    RequestError,
    UnauthorizedError,
    UnavailableError,
)

router = APIRouter(prefix="/batch", tags=["batches"])

_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "options": UploadOptions.model_json_schema(ref_template="#/components/schemas/{model}"),
                    },
                },
                "encoding": {"options": {"contentType": "application/json"}},
            },
            "application/json": {
                "schema": {"$ref": "#/components/schemas/InlineUpload"},
                "example": {
                    "documents": [{"id": "florencia", "content": "La línea base de feminicidios es 3 casos en 2023…"}],
                    "options": {"rubric": "decalogo", "priority": "normal", "not_applicable": {"P9": "no hay cárcel"}},
                },
            },
        },
    }
}


@router.post(
    "/upload",
    status_code=202,
    response_model=AcceptedBatch,
    summary="Hand in a batch",
    openapi_extra=_UPLOAD,
    responses={
        202: {
            "description": "Accepted and on disk.",
            "headers": {
                "Location": {"description": "Address of the status.", "schema": {"type": "string"}},
                "Retry-After": {"description": "Seconds until the first look.", "schema": {"type": "integer"}},
            },
        },
        **declare(
            RequestError,
            UnauthorizedError,
            ForbiddenError,
            PayloadTooLargeError,
            MediaTypeError,
            BodyError,
            QuotaError,
            UnavailableError,
        ),
    },
)
async def upload(request: Request, response: Response, services: ServicesDep, token: Submitter) -> AcceptedBatch:
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
    summary="How far a batch is",
    responses=declare(UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError),
)
def status(batch: OwnBatch, response: Response, services: ServicesDep) -> BatchStatus:
    """Counts are kept as documents move, so this costs the same for a batch of any size."""
    if batch.state != BatchState.FINISHED:
        response.headers["Retry-After"] = "1"
    return BatchStatus.of(batch, services.settings.api.public_url)


@router.get(
    "/{job_id}/documents",
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
    "", summary="Your batches", responses=declare(UnauthorizedError, ForbiddenError, BodyError, UnavailableError)
)
def own_batches(
    token: Reader,
    services: ServicesDep,
    offset: Offset,
    limit: Annotated[int, Query(ge=1, le=200, description="Most batches on one page.")] = 50,
) -> BatchList:
    """Newest first. A batch handed in while you page moves the others one further, so one may show up twice."""
    found = services.ledger.batches(token.tenant, offset=offset, limit=limit + 1)
    base = services.settings.api.public_url
    return BatchList(
        batches=[BatchStatus.of(batch, base) for batch in found[:limit]],
        next_cursor=str(offset + limit) if len(found) > limit else None,
    )
