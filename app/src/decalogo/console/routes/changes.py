"""Cancel, retry and delete, from forms; the same operations as the API's routes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from decalogo.api.audit import audit
from decalogo.api.dependencies import ServicesDep
from decalogo.api.routes.changes import retry_again
from decalogo.batches.states import TERMINAL
from decalogo.console.found import BatchDep, BatchToChangeDep, DocumentToChangeDep
from decalogo.console.pages import page, redirect
from decalogo.console.security import ChangingDep
from decalogo.logs import get_logger

router = APIRouter(include_in_schema=False)

_log = get_logger(__name__)


@router.post("/batches/{job_id}/cancel")
def cancel(request: Request, batch: BatchToChangeDep, services: ServicesDep) -> Response:
    """Cancel what is not finished."""
    audit(request, "batch.cancel", batch=batch.job_id)
    count = services.operations.cancel(batch.job_id)
    _log.info("batch cancelled", batch_id=batch.job_id, documents=count)
    return redirect(f"/batches/{batch.job_id}")


@router.post("/batches/{job_id}/retry")
def retry(request: Request, batch: BatchToChangeDep, services: ServicesDep, session: ChangingDep) -> Response:
    """Queue again what has no full result."""
    audit(request, "batch.retry", batch=batch.job_id)
    limit = services.limits(session.token).unfinished_documents
    services.operations.retry(batch.job_id, tenant=session.token.tenant, tenant_limit=limit)
    return redirect(f"/batches/{batch.job_id}")


@router.get("/batches/{job_id}/delete")
def confirm_delete(request: Request, batch: BatchDep) -> Response:
    """Ask before deleting."""
    return page(request, "delete.html", batch=batch)


@router.post("/batches/{job_id}/delete")
def delete(request: Request, batch: BatchToChangeDep, services: ServicesDep) -> Response:
    """Delete a batch with everything about it."""
    audit(request, "batch.delete", batch=batch.job_id, documents=batch.counts["total"])
    count = services.operations.delete(batch.job_id)
    _log.info("batch deleted", batch_id=batch.job_id, documents=count)
    return redirect("/batches")


@router.post("/documents/{document_id}/cancel")
def cancel_document(request: Request, document: DocumentToChangeDep, services: ServicesDep) -> Response:
    """Cancel one document."""
    audit(request, "document.cancel", document=document.document_id)
    services.operations.cancel_documents([document])
    return redirect(f"/documents/{document.document_id}")


@router.post("/documents/{document_id}/retry")
def retry_document(
    request: Request,
    document: DocumentToChangeDep,
    services: ServicesDep,
    session: ChangingDep,
    evaluated: Annotated[str, Form(max_length=1)] = "",
) -> Response:
    """Queue one document again."""
    audit(request, "document.retry", document=document.document_id)
    if document.state in TERMINAL:
        limit = services.limits(session.token).unfinished_documents
        retry_again(document, services, tenant=session.token.tenant, tenant_limit=limit, evaluated=bool(evaluated))
    return redirect(f"/documents/{document.document_id}")
