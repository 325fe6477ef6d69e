"""Page pictures for the console's own pages: as the API's, outside its request limits."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from decalogo.api.audit import audit_read
from decalogo.api.dependencies import ServicesDep
from decalogo.api.routes.pictures import picture_response
from decalogo.console.found import DocumentDep
from decalogo.rendering.pictures import MAX_WIDTH, MIN_WIDTH

router = APIRouter(include_in_schema=False)


@router.get("/documents/{document_id}/pages/{number}.webp")
def picture(
    request: Request,
    document: DocumentDep,
    services: ServicesDep,
    number: Annotated[int, Path(ge=1, le=10_000_000)],
    width: Annotated[int, Query(ge=MIN_WIDTH, le=MAX_WIDTH)] = 900,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Answer a page as WebP."""
    audit_read(request, "document.read", document=document.document_id)
    return picture_response(services.pictures.picture(document.document_id, number, width), if_none_match)
