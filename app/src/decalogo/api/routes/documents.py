"""Status, result and page texts of a document."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from decalogo.access.tokens import Token
from decalogo.api.audit import audit_read
from decalogo.api.dependencies import Language, OwnDocument, Reader, ServicesDep, limited
from decalogo.api.downloads import cacheable, disposition, document_file_name
from decalogo.api.exports import POLICY, document_report, not_ready, read_result
from decalogo.api.page_schemas import PageText
from decalogo.api.problem_types import declare
from decalogo.api.problems import problem_response
from decalogo.api.schemas import DocumentStatus
from decalogo.api.services import Services
from decalogo.batches.own_files import read_layout, read_page, stored_result
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
from decalogo.reports import CSV, HTML, XLSX

router = APIRouter(prefix="/documents", tags=["documents"])

_COMMON = (UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError)


class TextFormat(StrEnum):
    """Formats of a page text."""

    JSON = "json"
    TEXT = "text"


class ReportFormat(StrEnum):
    """Formats of a result."""

    JSON = "json"
    HTML = "html"
    XLSX = "xlsx"
    CSV = "csv"
    CSV_EXCEL = "csv-excel"


@router.get(
    "/{document_id}", dependencies=[limited("status")], summary="Status of a document", responses=declare(*_COMMON)
)
async def document(document: OwnDocument, services: ServicesDep, language: Language) -> DocumentStatus:
    """State, attempts, metadata, and the problem if it has one, in the language of `Accept-Language` (`en`, `es`)."""
    return DocumentStatus.of(document, services.settings.api.public_url, language)


@router.get(
    "/{document_id}/result",
    dependencies=[limited("reads")],
    summary="Result of a document",
    responses={
        200: {
            "description": "The result byte for byte as it was stored, here as the default evaluator makes it.",
            "content": {"application/json": {"schema": {"type": "object"}}},
            "headers": {"ETag": {"description": "SHA-256 of the body.", "schema": {"type": "string"}}},
        },
        304: {"description": "Unchanged since the `ETag` in `If-None-Match`."},
        **declare(*_COMMON, NotReadyError, NoResultError),
    },
)
def result(
    request: Request,
    document: OwnDocument,
    services: ServicesDep,
    token: Reader,
    format: Annotated[
        ReportFormat, Query(description="`json`, or a report.", include_in_schema=False)
    ] = ReportFormat.JSON,
) -> Response:
    """409 with `Retry-After` until the result exists; 422 with the document's problem if it ended without one.

    `json` is the machine's result. Reports show the reviewed scores next to the machine's, once there are reviews.
    """
    if document.state not in TERMINAL or not document.result_key:
        return _no_result(request, document)  # also while a partial result awaits its second, longer attempt
    try:
        body = stored_result(services.store, document)
    except FileNotFoundError as error:
        raise NotFoundError("The result has been deleted.") from error
    audit_read(request, "result.read", document=document.document_id, format=format.value)
    if format is not ReportFormat.JSON:
        return _report(request, document, services, token, format)
    name = {"Content-Disposition": disposition(document_file_name(document, "json"), inline=True)}
    return cacheable(request, body, "application/json", name)


@router.get(
    "/{document_id}/report",
    dependencies=[limited("reads")],
    summary="Report of a document",
    response_class=Response,
    responses={
        200: {
            "description": "A file in the requested format.",
            "content": {
                kind: {"schema": {"type": "string", "format": "binary"}}
                for kind in ("application/octet-stream", HTML, CSV, XLSX)
            }
            | {"application/json": {}},
        },
        **declare(*_COMMON, NotReadyError, NoResultError),
    },
)
def report(
    request: Request,
    document: OwnDocument,
    services: ServicesDep,
    token: Reader,
    format: Annotated[ReportFormat, Query(description="`csv-excel`: for spreadsheets in Spanish.")] = ReportFormat.HTML,
) -> Response:
    """The same as `result?format=`, as a file for clients that are made from this document."""
    return result(request, document, services, token, format)


def _report(request: Request, document: Document, services: Services, token: Token, format: ReportFormat) -> Response:
    found = read_result(document, services)
    if found is None:
        raise NoResultError(
            "No report can be rendered from this result: it was not made by the default evaluator.",
            state=document.state,
        )
    body, kind, extension = document_report(format.value, document, found, services, token)
    name = disposition(document_file_name(document, extension), inline=extension == "html")
    return cacheable(request, body, kind, {"Content-Disposition": name, "Content-Security-Policy": POLICY})


@router.get(
    "/{document_id}/pages/{page}",
    dependencies=[limited("reads")],
    summary="Text, blocks and tables of a page",
    response_model=PageText,
    responses={
        200: {
            "headers": {"ETag": {"description": "Version of the text.", "schema": {"type": "string"}}},
        },
        304: {"description": "Unchanged since the `ETag` in `If-None-Match`."},
        **declare(*_COMMON, NotReadyError, NoResultError),
    },
)
def page(
    request: Request,
    document: OwnDocument,
    services: ServicesDep,
    page: Annotated[int, Path(ge=1, le=10_000_000, description="Page number, from 1.")],
    format: Annotated[
        TextFormat, Query(description="`text`: the text alone.", include_in_schema=False)
    ] = TextFormat.JSON,
) -> Response:
    """The text that offsets of evidence refer to: `text[start:end]` is the quote. Its blocks, headings and tables."""
    if document.state not in TERMINAL or not document.pages_key:
        return _no_result(request, document)
    try:
        text = read_page(services.store, document, page)
        layout = read_layout(services.store, document, page) if format is TextFormat.JSON else None
    except FileNotFoundError as error:
        raise NotFoundError("The page texts have been deleted.") from error
    audit_read(request, "document.read", document=document.document_id)
    if format is TextFormat.TEXT:
        return cacheable(request, text.encode(), "text/plain; charset=utf-8", {"X-Content-Type-Options": "nosniff"})
    body = PageText.model_validate({**(layout or {}), "page": page, "text": text})
    return cacheable(request, body.model_dump_json().encode(), "application/json")


def _no_result(request: Request, document: Document) -> Response:
    if document.state not in TERMINAL:
        raise not_ready(document)
    error = NoResultError(f"The document ended as {document.state}.")
    # The document's problem keeps its type, but the status is that of this answer.
    problem = {**error.problem(), **(document.problem or {}), "status": error.status, "state": document.state}
    return problem_response(request, problem)
