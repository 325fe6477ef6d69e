"""One document: its matrix, and the answers of one point."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from decalogo.access.tokens import Scope
from decalogo.api.audit import audit_read
from decalogo.api.dependencies import ServicesDep
from decalogo.api.exports import read_result
from decalogo.batches.states import TERMINAL
from decalogo.console.found import DocumentDep
from decalogo.console.pages import page
from decalogo.console.security import VisitorDep
from decalogo.errors import NotFoundError
from decalogo.reports.labels import labels_for
from decalogo.reports.view import View

router = APIRouter(include_in_schema=False)


@router.get("/documents/{document_id}")
def document_page(request: Request, document: DocumentDep, services: ServicesDep, session: VisitorDep) -> Response:
    """Show how a document did, or why it has no result."""
    result = read_result(document, services)
    audit_read(request, "document.read", document=document.document_id)
    view = View(result, labels_for(result), document.name) if result else None
    return page(
        request,
        "document.html",
        document=document,
        view=view,
        ended=document.state in TERMINAL,
        signed=services.reviews.of(document.document_id).signature is not None,
        may_change=Scope.SUBMIT in session.token.scopes,
    )


@router.get("/documents/{document_id}/points/{point_id}")
def point_page(request: Request, document: DocumentDep, services: ServicesDep, point_id: str) -> Response:
    """Show the questions of one point, dimension by dimension."""
    result = read_result(document, services)
    audit_read(request, "document.read", document=document.document_id)
    point = next((p for p in result["points"] if p["id"] == point_id), None) if result else None
    if result is None or point is None:
        raise NotFoundError("There is no such point in this document's result.")
    view = View(result, labels_for(result), document.name)
    return page(request, "point.html", document=document, view=view, point=point)
