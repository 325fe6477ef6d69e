"""Cancel, retry and delete batches and documents."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from decalogo.api.audit import audit
from decalogo.api.dependencies import BatchToChange, DocumentToChange, ServicesDep, Submitter, limited
from decalogo.api.problem_types import declare
from decalogo.api.schemas import BatchStatus, DocumentStatus
from decalogo.api.services import Services
from decalogo.api.status import batch_status
from decalogo.batches.states import TERMINAL, Batch, Document
from decalogo.errors import (
    BodyError,
    ForbiddenError,
    NotFoundError,
    QuotaError,
    UnauthorizedError,
    UnavailableError,
)
from decalogo.logs import get_logger

router = APIRouter(dependencies=[limited("changes")])

_COMMON = (UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError)

_log = get_logger(__name__)


@router.post("/batch/{job_id}/cancel", tags=["batches"], summary="Cancel a batch", responses=declare(*_COMMON))
def cancel_batch(request: Request, batch: BatchToChange, services: ServicesDep) -> BatchStatus:
    """End queued and running documents as `cancelled`; finished ones keep their results. Idempotent.

    A running evaluation is not interrupted, but its result is discarded.
    """
    audit(request, "batch.cancel", batch=batch.job_id)
    count = services.operations.cancel(batch.job_id)
    _log.info("batch cancelled", batch_id=batch.job_id, documents=count)
    return _status(batch, services)


@router.post(
    "/batch/{job_id}/retry",
    tags=["batches"],
    status_code=202,
    summary="Retry the documents without a full result",
    responses=declare(*_COMMON, QuotaError),
)
def retry_batch(
    request: Request, batch: BatchToChange, response: Response, services: ServicesDep, token: Submitter
) -> BatchStatus:
    """Queue every document again that is `failed`, `dead`, `cancelled` or `partial`; there may be none.

    A partial result is kept until a better one replaces it. The queue must have capacity for all of them, as for an
    upload.
    """
    audit(request, "batch.retry", batch=batch.job_id)
    most = services.limits(token).unfinished_documents
    revived = services.operations.retry(batch.job_id, tenant=token.tenant, tenant_limit=most)
    _log.info("batch retried", batch_id=batch.job_id, documents=len(revived))
    response.headers["Retry-After"] = "1"
    return _status(batch, services)


@router.delete(
    "/batch/{job_id}", tags=["batches"], status_code=204, summary="Delete a batch", responses=declare(*_COMMON)
)
def delete_batch(request: Request, batch: BatchToChange, services: ServicesDep) -> None:
    """Delete documents, results and page texts immediately and permanently, even while the batch runs."""
    audit(request, "batch.delete", batch=batch.job_id, documents=batch.counts["total"])
    count = services.operations.delete(batch.job_id)
    _log.info("batch deleted", batch_id=batch.job_id, documents=count)


@router.post(
    "/documents/{document_id}/cancel", tags=["documents"], summary="Cancel a document", responses=declare(*_COMMON)
)
def cancel_document(request: Request, document: DocumentToChange, services: ServicesDep) -> DocumentStatus:
    """End the document as `cancelled` unless it has finished. Idempotent."""
    audit(request, "document.cancel", document=document.document_id)
    services.operations.cancel_documents([document])
    return _document_status(document, services)


@router.post(
    "/documents/{document_id}/retry",
    tags=["documents"],
    status_code=202,
    summary="Retry a document",
    responses=declare(*_COMMON, QuotaError),
)
def retry_document(
    request: Request, document: DocumentToChange, response: Response, services: ServicesDep, token: Submitter
) -> DocumentStatus:
    """Queue the document again if it ended without a full result."""
    audit(request, "document.retry", document=document.document_id)
    if document.state in TERMINAL:
        most = services.limits(token).unfinished_documents
        services.ledger.retry([document.document_id], tenant=token.tenant, tenant_limit=most)
    response.headers["Retry-After"] = "1"
    return _document_status(document, services)


def _status(batch: Batch, services: Services) -> BatchStatus:
    fresh = services.ledger.batch(batch.job_id)
    if fresh is None:  # deleted meanwhile
        raise NotFoundError("No batch has this id.")
    return batch_status(fresh, services)


def _document_status(document: Document, services: Services) -> DocumentStatus:
    fresh = services.ledger.document(document.document_id)
    if fresh is None:
        raise NotFoundError("No document has this id.")
    return DocumentStatus.of(fresh, services.settings.api.public_url)
