"""Render reports, comparisons and archives from the documents of the ledger and the results of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import orjson

from decalogo.api.services import Services
from decalogo.batches.states import TERMINAL, Batch, Document
from decalogo.errors import NoResultError, NotReadyError
from decalogo.reports import COMPARISONS, REPORTS, Evaluated, NotEvaluated, roll_up

_PARTS: Final = frozenset(
    [
        "answers",
        "matrix",
        "points",
        "dimensions",
        "global",
        "recommendations",
        "flags",
        "document",
        "rubric",
        "evaluator",
        "sha256",
    ]
)

# Reports quote untrusted text. If a quote were ever rendered as markup, this policy makes it harmless.
POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox"


def read_result(document: Document, services: Services) -> dict[str, Any] | None:
    """Return the result of a document, or None if no report can be rendered from it."""
    if document.state not in TERMINAL or not document.result_key:
        return None
    try:
        result = orjson.loads(services.store.read(document.result_key))
    except (FileNotFoundError, orjson.JSONDecodeError):
        return None
    return result if isinstance(result, dict) and result.keys() >= _PARTS else None


def needed_result(document: Document, services: Services) -> dict[str, Any]:
    """Return the result of a document.

    Raises:
        NotReadyError: the document has not finished.
        NoResultError: it ended without a result.
    """
    if document.state not in TERMINAL:
        raise NotReadyError(f"The document is {document.state}.", state=document.state, retry_after=1)
    result = read_result(document, services)
    if result is None:
        raise NoResultError(f"The document ended as {document.state}.", state=document.state)
    return result


def document_report(name: str, document: Document, result: dict[str, Any]) -> tuple[bytes, str, str]:
    """Return the report of a document with its media type and file extension."""
    report = REPORTS[name]
    return report.render(result, name=document.name), report.media_type, report.extension


def comparison(name: str, batch: Batch, services: Services) -> tuple[bytes, str, str]:
    """Return the comparison of a batch with its media type and file extension; it needs about 2 KB per document."""
    kind = COMPARISONS[name]
    return kind.render(roll_up(_documents(batch, services))), kind.media_type, kind.extension


def archive(batch: Batch, services: Services) -> Iterator[bytes]:
    """Yield a ZIP of all reports and the comparison, with one document in memory at a time."""
    from decalogo.reports.archive import reports_zip

    yield from reports_zip(_documents(batch, services))


def _documents(batch: Batch, services: Services) -> Iterable[Evaluated | NotEvaluated]:
    for document in services.ledger.iterate(batch.job_id):
        name = document.name
        result = read_result(document, services)
        if result is not None:
            yield Evaluated(name, result)
        else:
            detail = str((document.problem or {}).get("detail", ""))
            yield NotEvaluated(name, document.state.value, detail)
