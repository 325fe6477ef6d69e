"""Any page of a document, to read around a quote or a hit of a search."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from decalogo.api.audit import audit_read
from decalogo.api.dependencies import ServicesDep
from decalogo.api.exports import read_result
from decalogo.console.found import DocumentDep
from decalogo.console.page_pane import page_pane
from decalogo.console.pages import page

router = APIRouter(include_in_schema=False)


@router.get("/documents/{document_id}/read/{number}")
def read_page(
    request: Request,
    document: DocumentDep,
    services: ServicesDep,
    number: Annotated[int, Path(ge=1, le=10_000_000)],
    start: int = 0,
    end: int = 0,
) -> Response:
    """Show a page, with the characters from ``start`` to ``end`` highlighted."""
    audit_read(request, "document.read", document=document.document_id)
    result = read_result(document, services)
    pages = result["document"]["pages"] if result else number
    pane = page_pane(document, services, number, max(0, start), max(0, end))
    return page(request, "read.html", document=document, pane=pane, pages=pages)
