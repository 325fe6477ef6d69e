"""The documents of a batch compared: all of them as a heat map, or two to five side by side."""

from __future__ import annotations

import math
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from decalogo.api.audit import audit_read
from decalogo.api.dependencies import ServicesDep, find_document
from decalogo.api.exports import read_result
from decalogo.batches.states import Batch
from decalogo.console.found import BatchDep
from decalogo.console.pages import page
from decalogo.console.review_progress import progress_of
from decalogo.console.security import VisitorDep
from decalogo.console.summaries import Row, rows_of
from decalogo.errors import RequestError
from decalogo.reports.labels import labels_for
from decalogo.reports.view import View

router = APIRouter(include_in_schema=False)

_PAGE: Final = 100
_FEWEST, _MOST = 2, 5
_BARS: Final = 20
"""Columns of the distribution: each covers 5 percent."""


@router.get("/batches/{job_id}/comparison")
def comparison(
    request: Request,
    batch: BatchDep,
    services: ServicesDep,
    session: VisitorDep,
    number: Annotated[int, Query(ge=1, le=100_000, alias="page")] = 1,
) -> Response:
    """Show the ranking as a heat map, and how the results are distributed."""
    audit_read(request, "results.read", batch=batch.job_id, format="page")
    rows = [row for row in rows_of(services.ledger.iterate(batch.job_id), services) if row.summary]
    rows.sort(key=lambda row: (-(row.summary.percent or 0.0) if row.summary else 0.0, row.name))
    shown = rows[(number - 1) * _PAGE : number * _PAGE]
    reviews = {row.document.document_id: progress_of(row.document, services) for row in shown}
    first = read_result(rows[0].document, services) if rows else None
    return page(
        request,
        "comparison.html",
        batch=batch,
        rows=shown,
        reviews={name: seen for name, seen in reviews.items() if seen and seen.shown_to(session.token.name)},
        first_rank=(number - 1) * _PAGE + 1,
        labels=labels_for(first) if first else None,
        points=first["points"] if first else [],
        bars=_bars(rows),
        number=number,
        last=max(1, -(-len(rows) // _PAGE)),
    )


def _bars(rows: list[Row]) -> list[int]:
    """Return how many documents are in each step of 5 percent."""
    bars = [0] * _BARS
    for row in rows:
        if row.summary and row.summary.percent is not None:
            bars[min(_BARS - 1, math.floor(row.summary.percent * _BARS / 100))] += 1
    return bars


@router.get("/batches/{job_id}/compare")
def compare(
    request: Request,
    batch: BatchDep,
    services: ServicesDep,
    session: VisitorDep,
    d: Annotated[list[str] | None, Query(max_length=_MOST)] = None,
) -> Response:
    """Show two to five documents side by side, question by question where they differ."""
    chosen = list(dict.fromkeys(d or ()))
    if not _FEWEST <= len(chosen) <= _MOST:
        raise RequestError(f"Choose {_FEWEST} to {_MOST} documents to compare.")
    audit_read(request, "results.read", batch=batch.job_id, format="page")
    views = [_view(services, session, batch, document_id) for document_id in chosen]
    return page(
        request,
        "compare.html",
        batch=batch,
        documents=chosen,
        views=views,
        differences=_differences(views),
    )


def _view(services: ServicesDep, session: VisitorDep, batch: Batch, document_id: str) -> View:
    document = find_document(services, session.token, document_id)
    result = read_result(document, services) if document.job_id == batch.job_id else None
    if result is None:
        raise RequestError("One of the chosen documents has no result in this batch.")
    return View(result, labels_for(result), document.name)


def _differences(views: list[View]) -> list[tuple[str, str, list[float | None]]]:
    """Return (answer id, title, score of each document) where scores differ, largest difference first."""
    scores = [{answer.id: answer for answer in view.answers} for view in views]
    rows = []
    for answer in views[0].answers:
        found = [answers[answer.id].score if answer.id in answers else None for answers in scores]
        known = [score for score in found if score is not None]
        if len(known) > 1 and max(known) > min(known):
            rows.append((max(known) - min(known), answer.id, answer.title, found))
    rows.sort(key=lambda row: -row[0])
    return [(name, title, found) for _, name, title, found in rows]
