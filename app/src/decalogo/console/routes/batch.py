"""One batch: progress, documents, downloads."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from decalogo.access.tokens import Scope
from decalogo.api.dependencies import ServicesDep
from decalogo.batches.states import Batch, DocumentState
from decalogo.console.found import BatchDep
from decalogo.console.pages import page
from decalogo.console.security import VisitorDep
from decalogo.console.summaries import Row, rows_of

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
    q: Annotated[str, Query(max_length=200)] = "",
    number: Annotated[int, Query(ge=1, le=100_000, alias="page")] = 1,
) -> Response:
    """Show a batch; sorting and filtering happen here, so that a page of a thousand documents stays small."""
    rows, total = _rows(batch, services, sort, direction, state, q, number)
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
        q=q,
        done=batch.counts["total"] - batch.counts["queued"] - batch.counts["running"],
        rate=services.ledger.finished_per_second(120.0),
        expires=_expires(batch, services.settings.storage.retention_days),
        may_change=Scope.SUBMIT in session.token.scopes,
    )


def _rows(
    batch: Batch,
    services: ServicesDep,
    sort: Sort,
    direction: Direction,
    state: DocumentState | None,
    q: str,
    number: int,
) -> tuple[list[Row], int]:
    """Return one page of the table and how many documents the filter passes."""
    first = (number - 1) * _PAGE
    if sort is Sort.SUBMITTED and direction is Direction.UP and state is None and not q:
        documents = services.ledger.documents(batch.job_id, offset=first, limit=_PAGE)
        return rows_of(documents, services), batch.counts["total"]
    wanted = q.casefold()
    passing = [
        document
        for document in services.ledger.iterate(batch.job_id)
        if (state is None or document.state is state)
        and (not wanted or wanted in f"{document.custom_id} {document.filename}".casefold())
    ]
    needs_results = sort in (Sort.SCORE, Sort.PAGES)
    rows = rows_of(passing, services) if needs_results else [Row(document, None) for document in passing]
    if sort is not Sort.SUBMITTED:
        rows.sort(key=_KEYS[sort])
    if direction is Direction.DOWN:
        rows.reverse()
    shown = rows[first : first + _PAGE]
    return (shown if needs_results else rows_of((row.document for row in shown), services)), len(rows)


def _expires(batch: Batch, retention_days: float) -> float:
    return batch.finished_at + retention_days * 86_400 if batch.finished_at and retention_days else 0.0
