"""Reviews of answers, assignment to readers, signature."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Request, Response

from decalogo.api.audit import audit, audit_read
from decalogo.api.dependencies import DocumentToReview, OwnDocument, Reader, Reviewer, ServicesDep, limited
from decalogo.api.exports import needed_result
from decalogo.api.preconditions import condition
from decalogo.api.problem_types import declare
from decalogo.api.review_schemas import (
    Acceptance,
    AcceptedAnswers,
    AnswerReview,
    Assignment,
    DocumentReview,
    Reopening,
    ReviewBody,
    Signing,
)
from decalogo.api.services import Services
from decalogo.batches.states import Document
from decalogo.errors import (
    BodyError,
    ConflictError,
    ForbiddenError,
    NoResultError,
    NotFoundError,
    NotReadyError,
    PreconditionFailedError,
    PreconditionRequiredError,
    RequestError,
    UnauthorizedError,
    UnavailableError,
)
from decalogo.reports.labels import labels_for
from decalogo.reviews.bundle import bundle
from decalogo.reviews.model import Review, Track
from decalogo.reviews.store import NewReview

router = APIRouter(prefix="/documents", tags=["reviews"])

_COMMON = (UnauthorizedError, ForbiddenError, NotFoundError, BodyError, NotReadyError, NoResultError, UnavailableError)
_CHANGES = (*_COMMON, ConflictError)
AnswerId = Annotated[str, Path(max_length=100, description="Id of the answer.", examples=["P1-D1-Q1"])]
_reads, _changes = limited("reads"), limited("changes")


@router.get(
    "/{document_id}/reviews", dependencies=[_reads], summary="Reviews of a document", responses=declare(*_COMMON)
)
def reviews(document: OwnDocument, services: ServicesDep, token: Reader) -> DocumentReview:
    """State, readers, signature, and the latest review of each answer.

    A second reader works blind: while the document is not signed, this shows only that reader's own reviews.
    """
    return DocumentReview.of(services.reviews.of(document.document_id), token.name, needed_result(document, services))


@router.get(
    "/{document_id}/answers/{answer}/review",
    dependencies=[_reads],
    summary="Review of an answer",
    responses=declare(*_COMMON),
)
def review(
    document: OwnDocument, services: ServicesDep, token: Reader, answer: AnswerId, response: Response
) -> AnswerReview:
    """The latest review; its `ETag` goes into the `If-Match` of the next one."""
    machine = find_answer(document, services, answer)
    known = services.reviews.of(document.document_id)
    found = known.answers.get((known.track_of(token.name), answer))
    response.headers["ETag"] = etag(found)
    return AnswerReview.of(answer, found, machine)


@router.put(
    "/{document_id}/answers/{answer}/review",
    dependencies=[_changes],
    summary="Review an answer",
    responses=declare(*_CHANGES, PreconditionFailedError, PreconditionRequiredError),
)
def put_review(
    request: Request,
    document: DocumentToReview,
    services: ServicesDep,
    token: Reviewer,
    answer: AnswerId,
    body: ReviewBody,
    response: Response,
    if_match: Annotated[
        str | None,
        Header(max_length=100, description='`ETag` of the review you saw; `"0"` for none, `*` for any except none.'),
    ] = None,
    if_none_match: Annotated[
        str | None, Header(max_length=100, description="`*` instead of `If-Match`: only if there is no review yet.")
    ] = None,
) -> AnswerReview:
    """Accept, correct or reject the machine's answer, or declare that the question does not apply.

    The machine's answer stays as it is. The review is on disk when this answers.
    """
    machine = find_answer(document, services, answer)
    expected = condition(if_match, if_none_match)
    elements = body.checked(machine, labels_for(needed_result(document, services)).max_score)
    new = NewReview(answer, body.verdict, body.score, elements, body.comment)
    found = services.reviews.put(document.document_id, new, machine, token, expected, partial(audit, request))
    response.headers["ETag"] = etag(found)
    return AnswerReview.of(answer, found, machine)


@router.post(
    "/{document_id}/reviews/accept",
    dependencies=[_changes],
    summary="Accept many answers",
    responses=declare(*_CHANGES),
)
def accept(
    request: Request, document: DocumentToReview, services: ServicesDep, token: Reviewer, body: Acceptance
) -> AcceptedAnswers:
    """Accepts the named answers, or all, that you have not reviewed yet. Existing reviews do not change."""
    answers = needed_result(document, services)["answers"]
    wanted = set(body.answers) if body.answers is not None else None
    if wanted is not None and (unknown := wanted - {a["id"] for a in answers}):
        raise RequestError(f"There is no answer {sorted(unknown)[0]!r} in this result.")
    chosen = [a for a in answers if a["applicable"] and (wanted is None or a["id"] in wanted)]
    count = services.reviews.accept(document.document_id, chosen, token, partial(audit, request))
    return AcceptedAnswers(accepted=count)


@router.put("/{document_id}/reviewers", dependencies=[_changes], summary="Assign readers", responses=declare(*_CHANGES))
def assign(
    request: Request, document: DocumentToReview, services: ServicesDep, token: Reviewer, body: Assignment
) -> DocumentReview:
    """Names the reader of a track; a second reader does not see the first one's reviews before the signature."""
    known = services.reviews.assign(document.document_id, body.track, body.reviewer, token, partial(audit, request))
    return DocumentReview.of(known, token.name, needed_result(document, services))


@router.post("/{document_id}/sign", dependencies=[_changes], summary="Sign a document", responses=declare(*_CHANGES))
def sign(
    request: Request, document: DocumentToReview, services: ServicesDep, token: Reviewer, body: Signing
) -> DocumentReview:
    """Signs result and reviews by their SHA-256; afterwards no review changes until the document is reopened."""
    result = needed_result(document, services)
    known = services.reviews.sign(document.document_id, result["sha256"], body.person, token, partial(audit, request))
    return DocumentReview.of(known, token.name, result)


@router.post(
    "/{document_id}/reopen", dependencies=[_changes], summary="Reopen a document", responses=declare(*_CHANGES)
)
def reopen(
    request: Request, document: DocumentToReview, services: ServicesDep, token: Reviewer, body: Reopening
) -> DocumentReview:
    """Takes the signature back, with a reason."""
    known = services.reviews.reopen(document.document_id, body.reason, token, partial(audit, request))
    return DocumentReview.of(known, token.name, needed_result(document, services))


@router.get("/{document_id}/reviewed", dependencies=[_reads], summary="Reviewed result", responses=declare(*_COMMON))
def reviewed(request: Request, document: OwnDocument, services: ServicesDep, token: Reader) -> dict[str, Any]:
    """Machine result, reviews, reviewed scores and signature in one file, which `decalogo verify` checks.

    A second reader, who works blind, gets it once the document is signed.
    """
    result = needed_result(document, services)
    known = services.reviews.of(document.document_id)
    if known.track_of(token.name) is Track.SECOND and known.signature is None:
        raise ConflictError("You read this document blind: the first reader's reviews are shown after the signature.")
    audit_read(request, "reviewed.read", document=document.document_id)
    return bundle(result, known, labels_for(result).max_score)


def find_answer(document: Document, services: Services, answer: str) -> dict[str, Any]:
    """Return one answer of a document's result; raise :class:`NotFoundError`."""
    for found in needed_result(document, services)["answers"]:
        if found["id"] == answer:
            return dict(found)
    raise NotFoundError("There is no such answer in this document's result.")


def etag(found: Review | None) -> str:
    """Return the ETag of a review, or of none."""
    return f'"{found.version if found else 0}"'
