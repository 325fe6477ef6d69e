"""Render reports, comparisons and archives from the documents of the ledger and the results of the store."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import orjson

from decalogo.access.tokens import Token
from decalogo.api.services import Services
from decalogo.batches.own_files import stored_result
from decalogo.batches.states import TERMINAL, Batch, Document
from decalogo.errors import NoResultError, NotReadyError
from decalogo.reports import COMPARISONS, REPORTS, Evaluated, NotEvaluated, Retention, roll_up
from decalogo.reports.labels import labels_for
from decalogo.reviews.model import DocumentReviews, Track
from decalogo.reviews.scores import standing

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


def not_ready(document: Document) -> NotReadyError:
    """Return the error for a document without a result yet."""
    return NotReadyError(f"The document is {document.state}.", state=document.state, retry_after=1)


def read_result(document: Document, services: Services) -> dict[str, Any] | None:
    """Return the result of a document, or None if no report can be rendered from it."""
    if document.state not in TERMINAL or not document.result_key:
        return None
    try:
        result = orjson.loads(stored_result(services.store, document))
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
        raise not_ready(document)
    result = read_result(document, services)
    if result is None:
        raise NoResultError(f"The document ended as {document.state}.", state=document.state)
    return result


def reviews_for(document: Document, services: Services, token: Token | None) -> DocumentReviews:
    """Return the reviews of a document that a reader may see.

    A second reader works blind, and sees none of the first reader's before the signature. A visitor with a link and no
    token sees signed reviews only: an unfinished review is no statement of the office.
    """
    known = services.reviews.of(document.document_id)
    hidden = token is None or known.track_of(token.name) is Track.SECOND
    return DocumentReviews() if hidden and known.signature is None else known


def reviewed_scores(
    document: Document, result: Mapping[str, Any], services: Services, token: Token | None
) -> dict[str, Any] | None:
    """Return the reviewed scores that a reader may see (:func:`standing`); None where there are none."""
    known = reviews_for(document, services, token)
    return standing(result, known, labels_for(dict(result)).max_score) if known.version else None


def retention_of(batch: Batch | None, services: Services) -> Retention | None:
    """Return how long a batch is kept; None if it was deleted meanwhile."""
    days = services.settings.storage.retention_days
    return Retention(days, batch.expires(days)) if batch else None


def document_report(
    name: str, document: Document, result: dict[str, Any], services: Services, token: Token | None
) -> tuple[bytes, str, str]:
    """Return the report of a document with its media type and file extension."""
    report = REPORTS[name]
    reviewed = reviewed_scores(document, result, services, token)
    kept = retention_of(services.ledger.batch(document.job_id), services)
    body = report.render(result, name=document.name, reviewed=reviewed, retention=kept)
    return body, report.media_type, report.extension


def comparison(name: str, batch: Batch, services: Services, token: Token | None) -> tuple[bytes, str, str]:
    """Return the comparison of a batch with its media type and file extension; it needs about 2 KB per document."""
    kind = COMPARISONS[name]
    body = kind.render(roll_up(_documents(batch, services, token)), retention_of(batch, services))
    return body, kind.media_type, kind.extension


def archive(batch: Batch, services: Services, token: Token) -> Iterator[bytes]:
    """Yield a ZIP of all reports and the comparison, with one document in memory at a time."""
    from decalogo.reports.archive import reports_zip

    yield from reports_zip(_documents(batch, services, token), retention=retention_of(batch, services))


def _documents(batch: Batch, services: Services, token: Token | None) -> Iterable[Evaluated | NotEvaluated]:
    for document in services.ledger.iterate(batch.job_id):
        name = document.name
        result = read_result(document, services)
        if result is not None:
            yield Evaluated(name, result, reviewed=reviewed_scores(document, result, services, token))
        else:
            detail = str((document.problem or {}).get("detail", ""))
            yield NotEvaluated(name, document.state.value, detail)
