"""One batch: progress, documents, downloads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query, Request, Response

from decalogo.access.tokens import Scope
from decalogo.api.audit import audit
from decalogo.api.dependencies import ServicesDep, find_batch, find_document
from decalogo.api.review_schemas import MAX_NAME
from decalogo.batches.states import Batch, Document, DocumentState
from decalogo.console.found import BatchDep
from decalogo.console.pages import page, redirect
from decalogo.console.review_progress import ReviewFilter, passes, progress_of
from decalogo.console.security import ChangingDep, VisitorDep, needs
from decalogo.console.summaries import Row, rows_of
from decalogo.errors import RequestError
from decalogo.reviews.model import Track

router = APIRouter(include_in_schema=False)

_PAGE: Final = 50


class Sort(StrEnum):
    """Orders of the table of documents."""

    SUBMITTED = "submitted"
    NAME = "name"
    STATE = "state"
    SCORE = "score"
    PAGES = "pages"


class Direction(StrEnum):
    """Ascending or descending."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Which documents of a batch the table shows; ``reader`` is the visitor."""

    state: DocumentState | None
    review: ReviewFilter | None
    text: str
    reader: str

    @property
    def everything(self) -> bool:
        return self.state is None and self.review is None and not self.text

    def passes(self, document: Document, services: ServicesDep) -> bool:
        return (
            (self.state is None or document.state is self.state)
            and (not self.text or self.text in f"{document.custom_id} {document.filename}".casefold())
            and (self.review is None or passes(document, services, self.review, self.reader))
        )


_KEYS: Final[dict[Sort, Callable[[Row], Any]]] = {
    Sort.NAME: lambda row: row.name.casefold(),
    Sort.STATE: lambda row: row.document.state.value,
    Sort.SCORE: lambda row: (row.summary.percent or 0.0) if row.summary else -1.0,
    Sort.PAGES: lambda row: row.summary.pages if row.summary else -1,
}


@router.get("/batches/{job_id}")
def batch_page(
    request: Request,
    batch: BatchDep,
    services: ServicesDep,
    session: VisitorDep,
    sort: Sort = Sort.SUBMITTED,
    direction: Direction = Direction.UP,
    state: DocumentState | None = None,
    review: ReviewFilter | None = None,
    q: Annotated[str, Query(max_length=200)] = "",
    number: Annotated[int, Query(ge=1, le=100_000, alias="page")] = 1,
) -> Response:
    """Show a batch; sorting and filtering happen here, so that a page of a thousand documents stays small."""
    chosen = _Chosen(state, review, q.casefold(), session.token.name)
    rows, total = _rows(batch, services, sort, direction, chosen, number)
    return page(
        request,
        "batch.html",
        batch=batch,
        rows=rows,
        total=total,
        number=number,
        last=max(1, -(-total // _PAGE)),
        sort=sort,
        direction=direction,
        state=state,
        states=list(DocumentState),
        reviews={row.document.document_id: progress_of(row.document, services) for row in rows},
        review=review,
        review_filters=list(ReviewFilter),
        tracks=list(Track),
        may_review=Scope.REVIEW in session.token.scopes,
        q=q,
        done=batch.counts["total"] - batch.counts["queued"] - batch.counts["running"],
        rate=services.ledger.finished_per_second(120.0),
        expires=batch.expires(services.settings.storage.retention_days),
        may_change=Scope.SUBMIT in session.token.scopes,
    )


def _rows(
    batch: Batch,
    services: ServicesDep,
    sort: Sort,
    direction: Direction,
    chosen: _Chosen,
    number: int,
) -> tuple[list[Row], int]:
    """Return one page of the table and how many documents the filter passes."""
    first = (number - 1) * _PAGE
    if sort is Sort.SUBMITTED and direction is Direction.UP and chosen.everything:
        documents = services.ledger.documents(batch.job_id, offset=first, limit=_PAGE)
        return rows_of(documents, services), batch.counts["total"]
    passing = [document for document in services.ledger.iterate(batch.job_id) if chosen.passes(document, services)]
    needs_results = sort in (Sort.SCORE, Sort.PAGES)
    rows = rows_of(passing, services) if needs_results else [Row(document, None) for document in passing]
    if sort is not Sort.SUBMITTED:
        rows.sort(key=_KEYS[sort])
    if direction is Direction.DOWN:
        rows.reverse()
    shown = rows[first : first + _PAGE]
    return (shown if needs_results else rows_of((row.document for row in shown), services)), len(rows)


@router.post("/batches/{job_id}/reviewers")
def assign(
    request: Request,
    services: ServicesDep,
    session: ChangingDep,
    job_id: str,
    reviewer: Annotated[str, Form(max_length=MAX_NAME)] = "",
    track: Annotated[Track, Form()] = Track.FIRST,
    d: Annotated[list[str] | None, Form(max_length=_PAGE)] = None,
) -> Response:
    """Assign the chosen documents to a reader; signed ones keep theirs."""
    needs(session, Scope.REVIEW)
    batch = find_batch(services, session.token, job_id)
    if not d:
        raise RequestError("Choose at least one document to assign.")
    for document_id in d:
        document = find_document(services, session.token, document_id)
        if document.job_id == batch.job_id and services.reviews.of(document_id).signature is None:
            services.reviews.assign(document_id, track, reviewer.strip(), session.token, partial(audit, request))
    return redirect(f"/batches/{job_id}")
