"""Two pages about one document, for somebody who has two minutes, with the files to print and sign."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from decalogo.api.audit import audit_read
from decalogo.api.dependencies import ServicesDep
from decalogo.api.exports import needed_result
from decalogo.api.summaries import summary_of
from decalogo.console.found import DocumentDep
from decalogo.console.pages import page
from decalogo.console.security import VisitorDep

router = APIRouter(include_in_schema=False)


@router.get("/documents/{document_id}/summary")
def summary(request: Request, document: DocumentDep, services: ServicesDep, session: VisitorDep) -> Response:
    """Show result, matrix, first recommendations and signature; the browser prints it on two pages."""
    audit_read(request, "document.read", document=document.document_id)
    content = summary_of(document, needed_result(document, services), services, session.token)
    return page(request, "summary.html", document=document, summary=content)
