"""Change the metadata of a batch or document, and the points that do not apply to a document."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from decalogo.api.audit import audit
from decalogo.api.dependencies import BatchToChange, DocumentToChange, Language, ServicesDep, Submitter, limited
from decalogo.api.problem_types import declare
from decalogo.api.problems import body_error
from decalogo.api.schemas import BatchStatus, DocumentStatus
from decalogo.api.services import Services
from decalogo.api.status import batch_status
from decalogo.api.upload.bounded_json import StrictModel
from decalogo.api.upload.metadata import MAX_PAIRS, MetadataPatch, Points, merged
from decalogo.api.upload.options import resolve_points
from decalogo.batches.states import Batch, Document
from decalogo.errors import (
    BodyError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    QuotaError,
    RequestError,
    UnauthorizedError,
    UnavailableError,
)
from decalogo.logs import get_logger
from decalogo.reviews.model import ReviewState

router = APIRouter(dependencies=[limited("changes")])

_COMMON = (RequestError, UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError)
_log = get_logger(__name__)


class BatchChange(StrictModel):
    """Changes of a batch; absent members stay as they are."""

    metadata: MetadataPatch = Field(default_factory=dict)


class DocumentChange(StrictModel):
    """Changes of a document; absent members stay as they are."""

    metadata: MetadataPatch = Field(default_factory=dict)
    not_applicable: Annotated[
        Points | None, Field(description="Points that do not apply to this document; null: those of the batch apply.")
    ] = None


@router.patch("/batch/{job_id}", tags=["batches"], summary="Describe a batch", responses=declare(*_COMMON))
def describe_batch(request: Request, batch: BatchToChange, change: BatchChange, services: ServicesDep) -> BatchStatus:
    """Set or remove pairs of the batch's metadata."""
    metadata = _merged(batch.metadata, change.metadata)
    audit(request, "batch.describe", batch=batch.job_id)
    services.ledger.set_batch_metadata(batch.job_id, metadata)
    fresh = services.ledger.batch(batch.job_id)
    if fresh is None:
        raise NotFoundError("No batch has this id.")
    return batch_status(fresh, services)


@router.patch(
    "/documents/{document_id}",
    tags=["documents"],
    summary="Describe a document",
    responses={
        202: {"description": "Changed, and queued again.", "model": DocumentStatus},
        **declare(*_COMMON, ConflictError, QuotaError),
    },
)
def describe_document(
    request: Request,
    document: DocumentToChange,
    change: DocumentChange,
    response: Response,
    services: ServicesDep,
    token: Submitter,
    language: Language,
) -> DocumentStatus:
    """Set or remove pairs of the document's metadata, or change the points that do not apply to it.

    A document whose points change is evaluated again (202), unless it is still queued or ended without a result. Its
    old result is kept until the new one replaces it. A signed document must be reopened first.
    """
    metadata = _merged(document.metadata, change.metadata)
    audit(request, "document.describe", document=document.document_id, changed=sorted(change.model_fields_set))
    if "not_applicable" in change.model_fields_set and _change_points(document, change, services, token.tenant, token):
        response.status_code = 202
        response.headers["Retry-After"] = "1"
    if metadata != document.metadata:
        services.ledger.set_metadata(document.document_id, metadata)
    fresh = services.ledger.document(document.document_id)
    if fresh is None:
        raise NotFoundError("No document has this id.")
    return DocumentStatus.of(fresh, services.settings.api.public_url, language)


def _change_points(
    document: Document, change: DocumentChange, services: Services, tenant: str, token: Submitter
) -> bool:
    """Change the points that do not apply; return whether the document was queued again."""
    batch: Batch | None = services.ledger.own_batch(tenant, document.job_id)
    if batch is None:
        raise NotFoundError("No document has this id.")
    given = change.not_applicable
    points = None if given is None else resolve_points(given, batch.options.rubric, "not_applicable")
    if services.reviews.of(document.document_id).state is ReviewState.SIGNED:
        raise ConflictError("The document is signed. Reopen it before you change the points that do not apply.")
    queued = services.ledger.set_not_applicable(
        document.document_id, points, tenant=tenant, tenant_limit=services.limits(token).unfinished_documents
    )
    _log.info("points changed", batch_id=document.job_id, document_id=document.document_id, queued=queued)
    return queued


def _merged(old: object, patch: dict[str, str | None]) -> dict[str, str]:
    pairs = merged(dict(old), patch)  # type: ignore[call-overload]
    if len(pairs) > MAX_PAIRS:
        raise body_error([{"where": "metadata", "detail": f"{len(pairs)} pairs, more than the limit of {MAX_PAIRS}"}])
    return pairs
