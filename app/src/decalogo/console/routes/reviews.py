"""Review next to the evidence: forms for one answer, bulk acceptance, assignment, signature."""

from __future__ import annotations

import re
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Request, Response

from decalogo.access.tokens import Scope
from decalogo.api.audit import audit, audit_read
from decalogo.api.dependencies import ServicesDep, find_document
from decalogo.api.exports import needed_result, reviews_for
from decalogo.api.review_schemas import MAX_COMMENT, MAX_NAME, ReviewBody
from decalogo.api.routes.reviews import find_answer
from decalogo.batches.states import Document
from decalogo.console.found import DocumentDep
from decalogo.console.pages import page, redirect
from decalogo.console.review_filters import Filter, queue_of
from decalogo.console.security import ChangingDep, VisitorDep, needs
from decalogo.errors import RequestError
from decalogo.reports.labels import labels_for
from decalogo.reports.view import View
from decalogo.reviews.model import Track, Verdict
from decalogo.reviews.scores import reviewed_result
from decalogo.reviews.store import NewReview

router = APIRouter(prefix="/documents/{document_id}", include_in_schema=False)

_NUMBER: Final = re.compile(r"[0-9]{1,2}(\.[0-9]{1,4})?")


def _writable(services: ServicesDep, session: ChangingDep, document_id: str) -> Document:
    needs(session, Scope.REVIEW)
    return find_document(services, session.token, document_id)


@router.get("/review")
def review_page(
    request: Request,
    document: DocumentDep,
    services: ServicesDep,
    session: VisitorDep,
    show: Filter = Filter.UNREVIEWED,
) -> Response:
    """Show what is left to review, who reads, and the signature."""
    audit_read(request, "document.read", document=document.document_id)
    result = needed_result(document, services)
    known = services.reviews.of(document.document_id)
    view = View(result, labels_for(result), document.name)
    track = known.track_of(session.token.name)
    reviewed = reviewed_result(result, reviews_for(document, services, session.token), view.labels.max_score)
    return page(
        request,
        "review.html",
        document=document,
        view=view,
        known=known,
        track=track,
        tracks=list(Track),
        show=show,
        filters=list(Filter),
        queue=queue_of(result, known, track, show)[:300],
        left=len(queue_of(result, known, track, Filter.UNREVIEWED)),
        total=sum(answer["applicable"] for answer in result["answers"]),
        reviewed=reviewed,
        scores=_changed_scores(result, reviewed) if track is Track.FIRST else {},
        may_review=Scope.REVIEW in session.token.scopes,
    )


def _changed_scores(result: dict[str, Any], reviewed: dict[str, Any]) -> dict[str, float | None]:
    """Return the reviewed scores that differ from the machine's, by answer."""
    pairs = zip(result["answers"], reviewed["answers"], strict=True)
    return {machine["id"]: row["score"] for machine, row in pairs if row["score"] != machine["score"]}


@router.post("/answers/{answer}/review")
def put(
    request: Request,
    services: ServicesDep,
    session: ChangingDep,
    document_id: str,
    answer: str,
    verdict: Annotated[Verdict, Form()],
    version: Annotated[int, Form(ge=0)],
    score: Annotated[str, Form(max_length=10)] = "",
    element: Annotated[list[str] | None, Form()] = None,
    comment: Annotated[str, Form(max_length=MAX_COMMENT)] = "",
) -> Response:
    """Store a review and go on to the next answer that has none."""
    document = _writable(services, session, document_id)
    machine = find_answer(document, services, answer)
    result = needed_result(document, services)
    body = ReviewBody(verdict=verdict, comment=comment, **_correction(verdict, machine, element, score))
    elements = body.checked(machine, labels_for(result).max_score)
    new = NewReview(answer, body.verdict, body.score, elements, body.comment)
    services.reviews.put(document_id, new, machine, session.token, version, partial(audit, request))
    known = services.reviews.of(document_id)
    queue = queue_of(result, known, known.track_of(session.token.name), Filter.UNREVIEWED)
    order = [item["id"] for item in result["answers"]]
    later = [item for item in queue if order.index(item["id"]) > order.index(answer)] or queue
    if not later:
        return redirect(f"/documents/{document_id}/review")
    return redirect(f"/documents/{document_id}/answers/{later[0]['id']}")


def _correction(verdict: Verdict, machine: dict[str, Any], element: list[str] | None, score: str) -> dict[str, Any]:
    """Return the elements and score that a form holds, where its verdict takes them."""
    if verdict not in (Verdict.CORRECTED, Verdict.REJECTED):
        return {}
    chosen = set(element or ())
    elements = {name: name in chosen for name in machine["elements"]} if verdict is Verdict.CORRECTED else {}
    number = score.strip().replace(",", ".")
    if number and not _NUMBER.fullmatch(number):
        raise RequestError(f"The score {score.strip()!r} is not a number.")
    return {"elements": elements, "score": float(number) if number else None}


@router.post("/reviews/accept")
def accept(
    request: Request,
    services: ServicesDep,
    session: ChangingDep,
    document_id: str,
    answer: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Accept the chosen answers that have no review yet."""
    document = _writable(services, session, document_id)
    wanted = set(answer or ())
    chosen = [a for a in needed_result(document, services)["answers"] if a["id"] in wanted and a["applicable"]]
    services.reviews.accept(document_id, chosen, session.token, partial(audit, request))
    return redirect(f"/documents/{document_id}/review")


@router.post("/reviewers")
def assign(
    request: Request,
    services: ServicesDep,
    session: ChangingDep,
    document_id: str,
    track: Annotated[Track, Form()],
    reviewer: Annotated[str, Form(max_length=MAX_NAME)] = "",
) -> Response:
    """Name the reader of a track."""
    _writable(services, session, document_id)
    services.reviews.assign(document_id, track, reviewer.strip(), session.token, partial(audit, request))
    return redirect(f"/documents/{document_id}/review")


@router.post("/sign")
def sign(
    request: Request,
    services: ServicesDep,
    session: ChangingDep,
    document_id: str,
    person: Annotated[str, Form(max_length=MAX_NAME)] = "",
) -> Response:
    """Sign result and reviews."""
    document = _writable(services, session, document_id)
    result = needed_result(document, services)
    services.reviews.sign(document_id, result["sha256"], person.strip(), session.token, partial(audit, request))
    return redirect(f"/documents/{document_id}/review")


@router.post("/reopen")
def reopen(
    request: Request,
    services: ServicesDep,
    session: ChangingDep,
    document_id: str,
    reason: Annotated[str, Form(min_length=1, max_length=MAX_COMMENT)],
) -> Response:
    """Take the signature back."""
    _writable(services, session, document_id)
    services.reviews.reopen(document_id, reason.strip(), session.token, partial(audit, request))
    return redirect(f"/documents/{document_id}/review")
