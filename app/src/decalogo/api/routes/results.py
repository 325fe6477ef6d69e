"""Stream all results of a batch in one answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from decalogo.access.tokens import Token
from decalogo.api.audit import audit_read
from decalogo.api.dependencies import Language, OwnBatch, Reader, ServicesDep, limited
from decalogo.api.downloads import REVALIDATE, batch_file_name, disposition
from decalogo.api.exports import POLICY, archive, comparison, not_ready, read_result, reviewed_scores, reviews_for
from decalogo.api.problem_types import declare
from decalogo.api.schemas import DocumentResult, Failure
from decalogo.api.services import Services
from decalogo.api.translations import translated
from decalogo.batches.own_files import stored_result
from decalogo.batches.states import TERMINAL, Batch, Document
from decalogo.errors import BodyError, ForbiddenError, NotFoundError, UnauthorizedError, UnavailableError
from decalogo.reports import CSV, HTML, XLSX

router = APIRouter(prefix="/batch", tags=["batches"], dependencies=[limited("reads")])


# The first one is what generators of clients can read.
_EXPORT_TYPES: Final = ("application/octet-stream", "application/zip", "application/x-ndjson",
                        HTML, CSV, XLSX)  # fmt: skip


_FORMATS: Final = (
    "`json`: one array; `jsonl`: one object per line; `zip`: all reports and the comparison; `html`, `xlsx`, `csv`,"
    " `csv-excel` (for spreadsheets in Spanish), `comparison` (JSON): the comparison of the documents."
)
_ERRORS: Final = declare(UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError)


class ResultsFormat(StrEnum):
    """Formats of the results of a batch."""

    JSON = "json"
    JSONL = "jsonl"
    ZIP = "zip"
    HTML = "html"
    XLSX = "xlsx"
    CSV = "csv"
    CSV_EXCEL = "csv-excel"
    COMPARISON = "comparison"


@router.get(
    "/{job_id}/results",
    summary="Results of a batch",
    response_model=list[DocumentResult],
    responses={
        200: {"description": "The results; `export` has them in other formats."},
        **_ERRORS,
    },
)
def results(
    request: Request,
    batch: OwnBatch,
    services: ServicesDep,
    token: Reader,
    language: Language,
    format: Annotated[
        ResultsFormat,
        Query(
            description=_FORMATS,
            include_in_schema=False,  # clients made from the document cannot tell the types apart; `export` has them
        ),
    ] = ResultsFormat.JSON,
) -> Response:
    """One entry per document, in the order of submission; without a result it has state and problem."""
    if format not in (ResultsFormat.JSON, ResultsFormat.JSONL):
        services.rate_limits.count(request, "exports")  # each renders a report per document or reads all results
    audit_read(request, "results.read", batch=batch.job_id, format=format.value)
    if format is ResultsFormat.ZIP:
        return StreamingResponse(
            archive(batch, services, token), media_type="application/zip", headers=_headers(batch, "zip", inline=False)
        )
    if format not in (ResultsFormat.JSON, ResultsFormat.JSONL):
        name = "json" if format is ResultsFormat.COMPARISON else format.value
        body, kind, extension = comparison(name, batch, services, token)
        headers = _headers(batch, extension, inline=extension in ("html", "json"))
        headers |= {"Content-Security-Policy": POLICY}
        return Response(body, headers={**headers, "Content-Type": kind})
    entries = (_entry(document, services, token, language) for document in services.ledger.iterate(batch.job_id))
    if format is ResultsFormat.JSONL:
        lines = (entry + b"\n" for entry in entries)
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=_headers(batch, "jsonl"))
    return StreamingResponse(_array(entries), media_type="application/json", headers=_headers(batch, "json"))


@router.get(
    "/{job_id}/export",
    summary="Results of a batch in another format",
    response_class=Response,
    responses={
        200: {
            "description": "A file in the requested format.",
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in _EXPORT_TYPES}
            | {"application/json": {}},
        },
        **_ERRORS,
    },
)
def export(
    request: Request,
    batch: OwnBatch,
    services: ServicesDep,
    token: Reader,
    language: Language,
    format: Annotated[ResultsFormat, Query(description=_FORMATS)] = ResultsFormat.ZIP,
) -> Response:
    """The same as `results?format=`, as a file for clients that are made from this document."""
    return results(request, batch, services, token, language, format)


@router.get(
    "/{job_id}/failures",
    summary="Documents of a batch without a result",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "One JSON object per line.",
            "content": {"application/x-ndjson": {"schema": {"$ref": "#/components/schemas/Failure"}}},
        },
        **_ERRORS,
    },
)
def failures(batch: OwnBatch, services: ServicesDep, language: Language) -> Response:
    """The documents that ended as `failed`, `dead` or `cancelled`, with the reason, in the order of submission."""
    lines = (
        Failure.of(document, language).model_dump_json().encode() + b"\n"
        for document in services.ledger.iterate(batch.job_id)
        if document.state in TERMINAL and not document.result_key
    )
    headers = _headers(batch, "jsonl", name="failures")
    return StreamingResponse(lines, media_type="application/x-ndjson", headers=headers)


def _headers(batch: Batch, extension: str, *, inline: bool = True, name: str = "") -> dict[str, str]:
    return {
        "Content-Disposition": disposition(batch_file_name(batch, extension, name), inline=inline),
        "Cache-Control": REVALIDATE,
        "X-Accel-Buffering": "no",  # nginx would buffer hundreds of megabytes on its disk
    }


def _array(entries: Iterator[bytes]) -> Iterator[bytes]:
    separator = b"["
    for entry in entries:
        yield separator + entry
        separator = b",\n"
    yield b"]\n" if separator != b"[" else b"[]\n"


def _entry(document: Document, services: Services, token: Token, language: str) -> bytes:
    problem: Mapping[str, Any] | None = document.problem
    body = b"null"
    if document.state not in TERMINAL:
        problem = not_ready(document).problem()  # as the result of the document alone answers
    elif document.result_key:
        try:
            # A line break in JSON is white space between two tokens, and would split a JSONL line.
            body = stored_result(services.store, document).replace(b"\n", b" ").strip()
        except FileNotFoundError:
            problem = NotFoundError("The result has been deleted.").problem()
    head = orjson.dumps(
        {
            "document_id": document.document_id,
            "custom_id": document.custom_id or None,
            "filename": document.filename,
            "metadata": document.metadata,
            "state": document.state,
            "problem": translated(problem, language) if problem else None,
            "reviewed": _reviewed(document, services, token),
        }
    )
    return head[:-1] + b',"result":' + body + b"}"


def _reviewed(document: Document, services: Services, token: Token) -> dict[str, Any] | None:
    """Return the reviewed scores; the result is parsed only where there are reviews."""
    if not reviews_for(document, services, token).version:
        return None
    result = read_result(document, services)
    return reviewed_scores(document, result, services, token) if result else None
