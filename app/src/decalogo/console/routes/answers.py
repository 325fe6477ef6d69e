"""One answer next to the page that it quotes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from decalogo.access.tokens import Scope
from decalogo.api.audit import audit_read
from decalogo.api.dependencies import ServicesDep
from decalogo.api.exports import read_result
from decalogo.console.found import DocumentDep
from decalogo.console.page_pane import quoted_page
from decalogo.console.pages import page
from decalogo.console.security import VisitorDep
from decalogo.errors import NotFoundError
from decalogo.reports.answers import Answer
from decalogo.reports.labels import Labels, labels_for
from decalogo.reports.view import View
from decalogo.reviews.model import Review, fingerprint

router = APIRouter(include_in_schema=False)


@router.get("/documents/{document_id}/answers/{answer_id}")
def answer_page(
    request: Request,
    document: DocumentDep,
    services: ServicesDep,
    session: VisitorDep,
    answer_id: str,
    quote: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Show an answer, its quotes, and the page of the quote that is chosen."""
    result = read_result(document, services)
    if result is None:
        raise NotFoundError("The document has no result.")
    audit_read(request, "document.read", document=document.document_id)
    view = View(result, labels_for(result), document.name)
    place = next((i for i, answer in enumerate(view.answers) if answer.id == answer_id), None)
    if place is None:
        raise NotFoundError("There is no such answer in this document's result.")
    answer = view.answers[place]
    machine = result["answers"][place]
    known = services.reviews.of(document.document_id)
    review = known.answers.get((known.track_of(session.token.name), answer_id))
    chosen = min(quote, len(answer.shown))
    return page(
        request,
        "answer.html",
        document=document,
        view=view,
        answer=answer,
        chosen=chosen,
        shown=quoted_page(document, services, answer.shown[chosen - 1]) if chosen else None,
        point=next(p for p in result["points"] if p["id"] == answer.point),
        previous=_with_evidence(view, range(place - 1, -1, -1)),
        following=_with_evidence(view, range(place + 1, len(view.answers))),
        pages=result["document"]["pages"],
        may_review=Scope.REVIEW in session.token.scopes and answer.applicable,
        review=review,
        second_look=review is not None and review.fingerprint != fingerprint(machine),
        signed=known.signature is not None,
        choices=_choices(machine, review, view.labels),
    )


def _choices(machine: dict[str, Any], review: Review | None, labels: Labels) -> list[tuple[str, str, bool]]:
    """Return name, label and value of each element as the review has it, otherwise as the machine does."""
    values = machine["elements"] | dict(review.elements if review else {})
    names = labels.in_order(machine["question"], values)
    return [(name, labels.element(machine["question"], name), values[name]) for name in names]


def _with_evidence(view: View, places: range) -> Answer | None:
    return next((view.answers[i] for i in places if view.answers[i].applicable), None)
