"""Stream all results of a batch in one answer."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse

from decalogo.api.dependencies import OwnBatch, ServicesDep, limited
from decalogo.api.exports import POLICY, archive, comparison
from decalogo.api.problem_types import declare
from decalogo.api.schemas import Comparison, DocumentResult
from decalogo.api.services import Services
from decalogo.batches.states import TERMINAL, Batch, Document
from decalogo.errors import BodyError, ForbiddenError, NotFoundError, UnauthorizedError, UnavailableError
from decalogo.reports import CSV, HTML, XLSX

router = APIRouter(prefix="/batch", tags=["batches"], dependencies=[limited("reads")])

_PAGE = 100


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
    response_model=list[DocumentResult] | Comparison,
    responses={
        200: {
            "description": "The results in the requested format.",
            "content": {
                kind: {"schema": {"type": "string", **({"format": "binary"} if "charset" not in kind else {})}}
                for kind in ("application/x-ndjson", "application/zip", HTML, CSV, XLSX)
            },
        },
        **declare(UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError),
    },
)
def results(
    batch: OwnBatch,
    services: ServicesDep,
    format: Annotated[
        ResultsFormat,
        Query(
            description="`json`: one array; `jsonl`: one object per line; `zip`: all reports and the comparison;"
            " `html`, `xlsx`, `csv`, `csv-excel` (for spreadsheets in Spanish), `comparison` (JSON): the comparison of"
            " the documents."
        ),
    ] = ResultsFormat.JSON,
) -> Response:
    """One entry per document, in the order of submission; without a result it has state and problem."""
    if format is ResultsFormat.ZIP:
        return StreamingResponse(
            archive(batch, services), media_type="application/zip", headers=_headers(batch, "zip", "attachment")
        )
    if format not in (ResultsFormat.JSON, ResultsFormat.JSONL):
        name = "json" if format is ResultsFormat.COMPARISON else format.value
        body, kind, extension = comparison(name, batch, services)
        shown = "inline" if extension in ("html", "json") else "attachment"
        headers = _headers(batch, extension, shown) | {"Content-Security-Policy": POLICY}
        return Response(body, headers={**headers, "Content-Type": kind})
    entries = _entries(batch, services)
    if format is ResultsFormat.JSONL:
        lines = (entry + b"\n" for entry in entries)
        return StreamingResponse(lines, media_type="application/x-ndjson", headers=_headers(batch, "jsonl"))
    return StreamingResponse(_array(entries), media_type="application/json", headers=_headers(batch, "json"))


def _headers(batch: Batch, extension: str, shown: str = "inline") -> dict[str, str]:
    return {
        "Content-Disposition": f'{shown}; filename="{batch.job_id}.{extension}"',
        "Cache-Control": "private, no-cache",
        "X-Accel-Buffering": "no",  # nginx would buffer hundreds of megabytes on its disk
    }


def _array(entries: Iterator[bytes]) -> Iterator[bytes]:
    separator = b"["
    for entry in entries:
        yield separator + entry
        separator = b",\n"
    yield b"]\n" if separator != b"[" else b"[]\n"


def _entries(batch: Batch, services: Services) -> Iterator[bytes]:
    for offset in range(0, batch.counts["total"], _PAGE):
        for document in services.ledger.documents(batch.job_id, offset=offset, limit=_PAGE):
            yield _entry(document, services)


def _entry(document: Document, services: Services) -> bytes:
    problem = document.problem
    body = b"null"
    if document.state in TERMINAL and document.result_key:
        try:
            # A line break in JSON is white space between two tokens, and would split a JSONL line.
            body = services.store.read(document.result_key).replace(b"\n", b" ").strip()
        except FileNotFoundError:
            problem = NotFoundError("The result has been deleted.").problem()
    head = orjson.dumps(
        {
            "document_id": document.document_id,
            "custom_id": document.custom_id or None,
            "filename": document.filename,
            "state": document.state,
            "problem": problem,
        }
    )
    return head[:-1] + b',"result":' + body + b"}"
