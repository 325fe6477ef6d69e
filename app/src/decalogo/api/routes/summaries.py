"""The summary of a document for signature."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from decalogo.api.audit import audit_read
from decalogo.api.dependencies import OwnDocument, Reader, ServicesDep, limited
from decalogo.api.downloads import cacheable, disposition, document_file_name
from decalogo.api.exports import POLICY, needed_result
from decalogo.api.problem_types import declare
from decalogo.api.summaries import summary_of
from decalogo.errors import (
    BodyError,
    ForbiddenError,
    NoResultError,
    NotFoundError,
    NotReadyError,
    UnauthorizedError,
    UnavailableError,
)
from decalogo.reports import HTML

router = APIRouter(prefix="/documents", tags=["reviews"], dependencies=[limited("reads")])

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class SummaryFormat(StrEnum):
    """Formats of a summary."""

    DOCX = "docx"
    HTML = "html"


@router.get(
    "/{document_id}/summary",
    summary="Summary for signature",
    response_class=Response,
    responses={
        200: {
            "description": "Two pages with the office's letterhead.",
            "content": {DOCX: {"schema": {"type": "string", "format": "binary"}}, HTML: {"schema": {"type": "string"}}},
            "headers": {"ETag": {"description": "SHA-256 of the body.", "schema": {"type": "string"}}},
        },
        304: {"description": "Unchanged since the `ETag` in `If-None-Match`."},
        **declare(
            UnauthorizedError,
            ForbiddenError,
            NotFoundError,
            BodyError,
            NotReadyError,
            NoResultError,
            UnavailableError,
        ),
    },
)
def summary(
    request: Request,
    document: OwnDocument,
    services: ServicesDep,
    token: Reader,
    format: Annotated[SummaryFormat, Query(description="`docx` to edit, `html` to print.")] = SummaryFormat.DOCX,
) -> Response:
    """Machine and reviewed scores, strengths, gaps, what the review changed, and the signature, on two pages.

    Letterhead and texts are settings of the appliance (`letterhead`).
    """
    content = summary_of(document, needed_result(document, services), services, token)
    audit_read(request, "summary.read", document=document.document_id, format=format.value)
    if format is SummaryFormat.HTML:
        from decalogo.reports.html import summary_html

        body, kind = summary_html(content), HTML
    else:
        from decalogo.reports.summary_docx import summary_docx

        body, kind = summary_docx(content), DOCX
    name = disposition(document_file_name(document, format.value), inline=format is SummaryFormat.HTML)
    return cacheable(request, body, kind, {"Content-Disposition": name, "Content-Security-Policy": POLICY})
