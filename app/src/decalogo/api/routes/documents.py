"""Documents: state, result, page text."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse

from decalogo.api.catalogue import declare
from decalogo.api.deps import OwnDocument, ServicesDep
from decalogo.api.pages import page_texts
from decalogo.api.problems import problem_response
from decalogo.api.schemas import DocumentStatus, PageText
from decalogo.batches.states import TERMINAL, Document
from decalogo.errors import (
    BodyError,
    ForbiddenError,
    NoResultError,
    NotFoundError,
    NotReadyError,
    UnauthorizedError,
    UnavailableError,
)

router = APIRouter(prefix="/documents", tags=["documents"])

_COMMON = (UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError)


class TextFormat(StrEnum):
    """Forms of a page's text."""

    JSON = "json"
    TEXT = "text"


@router.get("/{document_id}", summary="How far a document is", responses=declare(*_COMMON))
def document(document: OwnDocument, services: ServicesDep) -> DocumentStatus:
    """State, attempts, and the problem if there is one."""
    return DocumentStatus.of(document, services.settings.api.public_url)


@router.get(
    "/{document_id}/result",
    summary="A document's result",
    responses={
        200: {
            "description": "The result, exactly as it was written.",
            "content": {"application/json": {"schema": {"type": "object"}}},
            "headers": {"ETag": {"description": "SHA-256 of the body.", "schema": {"type": "string"}}},
        },
        304: {"description": "It is the one you have (`If-None-Match`)."},
        **declare(*_COMMON, NotReadyError, NoResultError),
    },
)
def result(
    request: Request,
    document: OwnDocument,
    services: ServicesDep,
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """409 with `Retry-After` while it is not there yet; a document without result answers 422 with its own problem."""
    if document.state not in TERMINAL or not document.result_key:
        return _no_result(request, document)  # also while a partial result waits for its second, longer attempt
    try:
        body = services.store.read(document.result_key)
    except FileNotFoundError as error:
        raise NotFoundError("The result is no longer kept.") from error
    etag = f'"{hashlib.sha256(body).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match and etag in {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@router.get(
    "/{document_id}/pages/{page}",
    summary="Text of a page",
    response_model=PageText,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        **declare(*_COMMON, NotReadyError, NoResultError),
    },
)
def page(
    request: Request,
    document: OwnDocument,
    services: ServicesDep,
    page: Annotated[int, Path(ge=1, le=10_000_000, description="From 1.")],
    format: Annotated[TextFormat, Query(description="`text` answers the bare text.")] = TextFormat.JSON,
) -> Response | PageText:
    """The text that the offsets of evidence count in: `text[start:end]` is the quote."""
    if document.state not in TERMINAL or not document.pages_key:
        return _no_result(request, document)
    try:
        texts = page_texts(services.store, document.pages_key)
    except FileNotFoundError as error:
        raise NotFoundError("The page texts are no longer kept.") from error
    if page > len(texts):
        raise NotFoundError(f"The document has {len(texts)} pages.", pages=len(texts))
    text = texts[page - 1]
    if format is TextFormat.TEXT:
        return PlainTextResponse(text, headers={"X-Content-Type-Options": "nosniff"})
    return PageText(page=page, text=text)


def _no_result(request: Request, document: Document) -> Response:
    if document.state not in TERMINAL:
        raise NotReadyError(f"The document is {document.state}.", state=document.state, retry_after=1)
    error = NoResultError(f"The document ended as {document.state}.")
    # The document's problem keeps its type, but the status is this answer's: asking was no mistake of its own.
    problem = {**error.problem(), **(document.problem or {}), "status": error.status, "state": document.state}
    return problem_response(request, problem)
