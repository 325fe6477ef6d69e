"""Pictures of a document's pages, and where a quote is on them."""

from __future__ import annotations

import hashlib
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response

from decalogo.api.audit import audit_read
from decalogo.api.dependencies import OwnDocument, ServicesDep, limited
from decalogo.api.downloads import names
from decalogo.api.page_schemas import QuoteBoxes
from decalogo.api.problem_types import declare
from decalogo.batches.own_files import read_page
from decalogo.errors import (
    BodyError,
    ForbiddenError,
    NoPicturesError,
    NotFoundError,
    PageUnreadableError,
    UnauthorizedError,
    UnavailableError,
)
from decalogo.rendering.pictures import MAX_WIDTH, MEDIA_TYPE, MIN_WIDTH

router = APIRouter(prefix="/documents", tags=["documents"], dependencies=[limited("reads")])

_COMMON = (
    UnauthorizedError,
    ForbiddenError,
    NotFoundError,
    BodyError,
    NoPicturesError,
    PageUnreadableError,
    UnavailableError,
)
PageNumber = Annotated[int, Path(ge=1, le=10_000_000, description="From 1.")]


@router.get(
    "/{document_id}/pages/{page}/image",
    summary="Picture of a page",
    response_class=Response,
    responses={
        200: {
            "description": "The page of the original, drawn.",
            "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
            "headers": {"ETag": {"description": "SHA-256 of the picture.", "schema": {"type": "string"}}},
        },
        304: {"description": "It is the one you have (`If-None-Match`)."},
        **declare(*_COMMON),
    },
)
def image(
    request: Request,
    document: OwnDocument,
    services: ServicesDep,
    page: PageNumber,
    width: Annotated[
        int, Query(ge=MIN_WIDTH, le=MAX_WIDTH, description="Pixels, rounded up to the next hundred.")
    ] = 900,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """PDF documents and images (JPEG, PNG, TIFF) have page pictures; of others, read the page's text."""
    picture = services.pictures.picture(document.document_id, page, width)
    audit_read(request, "document.read", document=document.document_id)
    return picture_response(picture, if_none_match)


@router.get(
    "/{document_id}/pages/{page}/boxes",
    summary="Where a quote is on its page",
    responses=declare(*_COMMON),
)
def boxes(
    document: OwnDocument,
    services: ServicesDep,
    page: PageNumber,
    start: Annotated[int, Query(ge=0, le=40_000_000, description="First character of the quote in the page's text.")],
    end: Annotated[int, Query(ge=0, le=40_000_000, description="The character after its last.")],
) -> QuoteBoxes:
    """Rectangles as shares of the page, and the characters they hold; empty for text read by OCR."""
    if not document.pages_key:
        raise NotFoundError("The document has no page texts.")
    try:
        text = read_page(services.store, document, page)
    except FileNotFoundError as error:
        raise NotFoundError("The page texts are no longer kept.") from error
    return QuoteBoxes(page=page, **services.pictures.boxes(document.document_id, page, text, start, end))


def picture_response(picture: bytes, if_none_match: str | None) -> Response:
    """Answer with a picture, or with 304 when the client has it."""
    etag = f'"{hashlib.sha256(picture).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, max-age=3600", "X-Content-Type-Options": "nosniff"}
    if names(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    return Response(picture, media_type=MEDIA_TYPE, headers=headers)
