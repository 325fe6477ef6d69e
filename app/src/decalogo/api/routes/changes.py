"""Cancel, retry and delete batches and documents."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from decalogo.access.tokens import Scope, Token
from decalogo.api.audit import audit
from decalogo.api.dependencies import BatchToChange, DocumentToChange, ServicesDep, Submitter, limited
from decalogo.api.problem_types import declare
from decalogo.api.schemas import BatchStatus, DocumentStatus
from decalogo.api.services import Services
from decalogo.api.status import batch_status
from decalogo.batches.states import TERMINAL, Batch, Document, DocumentState
from decalogo.errors import (
    BodyError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    QuotaError,
    UnauthorizedError,
    UnavailableError,
)
from decalogo.logs import get_logger
from decalogo.reviews.model import ReviewState

router = APIRouter(dependencies=[limited("changes")])

_UNREAD: dict[int | str, dict[str, Any]] = {204: {"description": "Done; the token lacks the scope `read`."}}
_COMMON = (UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError)

Evaluated = Annotated[
    bool, Query(description="Also documents with a full result, for example after a change of the rubric.")
]
_log = get_logger(__name__)


@router.post(
    "/batch/{job_id}/cancel",
    tags=["batches"],
    summary="Cancel a batch",
    response_model=BatchStatus,
    responses=_UNREAD | declare(*_COMMON),
)
def cancel_batch(
    request: Request, batch: BatchToChange, services: ServicesDep, token: Submitter
) -> BatchStatus | Response:
    """End queued and running documents as `cancelled`; finished ones keep their results. Idempotent.

    The process of a running evaluation is ended within about two seconds.
    """
    audit(request, "batch.cancel", batch=batch.job_id)
    count = services.operations.cancel(batch.job_id)
    _log.info("batch cancelled", batch_id=batch.job_id, documents=count)
    return _status(batch, services, token)


@router.post(
    "/batch/{job_id}/retry",
    tags=["batches"],
    status_code=202,
    summary="Retry the documents without a full result",
    response_model=BatchStatus,
    responses=_UNREAD | declare(*_COMMON, QuotaError),
)
def retry_batch(
    request: Request,
    batch: BatchToChange,
    response: Response,
    services: ServicesDep,
    token: Submitter,
    evaluated: Evaluated = False,
) -> BatchStatus | Response:
    """Queue every document again that is `failed`, `dead`, `cancelled` or `partial`; there may be none.

    A partial result is kept until a better one replaces it. With `evaluated`, documents with a full result are queued
    too, except signed ones. The queue must have capacity for all of them, as for an
    upload.
    """
    audit(request, "batch.retry", batch=batch.job_id)
    most = services.limits(token).unfinished_documents
    wanted = partial(_unsigned, services) if evaluated else None
    revived = services.operations.retry(batch.job_id, tenant=token.tenant, tenant_limit=most, evaluated=wanted)
    _log.info("batch retried", batch_id=batch.job_id, documents=len(revived))
    response.headers["Retry-After"] = "1"
    return _status(batch, services, token)


@router.delete(
    "/batch/{job_id}", tags=["batches"], status_code=204, summary="Delete a batch", responses=declare(*_COMMON)
)
def delete_batch(request: Request, batch: BatchToChange, services: ServicesDep) -> None:
    """Delete documents, results and page texts immediately and permanently, even while the batch runs."""
    audit(request, "batch.delete", batch=batch.job_id, documents=batch.counts["total"])
    count = services.operations.delete(batch.job_id)
    _log.info("batch deleted", batch_id=batch.job_id, documents=count)


@router.post(
    "/documents/{document_id}/cancel",
    tags=["documents"],
    summary="Cancel a document",
    response_model=DocumentStatus,
    responses=_UNREAD | declare(*_COMMON),
)
def cancel_document(
    request: Request, document: DocumentToChange, services: ServicesDep, token: Submitter
) -> DocumentStatus | Response:
    """End the document as `cancelled` unless it has finished. Idempotent."""
    audit(request, "document.cancel", document=document.document_id)
    services.operations.cancel_documents([document])
    return _document_status(document, services, token)


@router.post(
    "/documents/{document_id}/retry",
    tags=["documents"],
    status_code=202,
    summary="Retry a document",
    response_model=DocumentStatus,
    responses=_UNREAD | declare(*_COMMON, ConflictError, QuotaError),
)
def retry_document(
    request: Request,
    document: DocumentToChange,
    response: Response,
    services: ServicesDep,
    token: Submitter,
    evaluated: Evaluated = False,
) -> DocumentStatus | Response:
    """Queue the document again if it ended without a full result; with `evaluated`, also if it has one.

    A result is kept until the new one replaces it. Reviews of answers that did not change stay, the others wait for a
    second look. A signed document must be reopened first.
    """
    audit(request, "document.retry", document=document.document_id)
    if document.state in TERMINAL:
        most = services.limits(token).unfinished_documents
        retry_again(document, services, tenant=token.tenant, tenant_limit=most, evaluated=evaluated)
    response.headers["Retry-After"] = "1"
    return _document_status(document, services, token)


def retry_again(document: Document, services: Services, *, tenant: str, tenant_limit: int, evaluated: bool) -> None:
    """Queue a document again that has ended; raise :class:`ConflictError` for a signed one that has a full result."""
    if evaluated and document.state is DocumentState.SUCCEEDED and not _unsigned(services, document):
        raise ConflictError("The document is signed. Reopen it before it is evaluated again.")
    services.ledger.retry([document.document_id], tenant=tenant, tenant_limit=tenant_limit, evaluated=evaluated)


def _unsigned(services: Services, document: Document) -> bool:
    return services.reviews.of(document.document_id).state is not ReviewState.SIGNED


def _status(batch: Batch, services: Services, token: Token) -> BatchStatus | Response:
    """Return the status, or no content for a token that may not read it."""
    if Scope.READ not in token.scopes:
        return Response(status_code=204)
    fresh = services.ledger.batch(batch.job_id)
    if fresh is None:  # deleted meanwhile
        raise NotFoundError("No batch has this id.")
    return batch_status(fresh, services)


def _document_status(document: Document, services: Services, token: Token) -> DocumentStatus | Response:
    if Scope.READ not in token.scopes:
        return Response(status_code=204)
    fresh = services.ledger.document(document.document_id)
    if fresh is None:
        raise NotFoundError("No document has this id.")
    return DocumentStatus.of(fresh, services.settings.api.public_url)
