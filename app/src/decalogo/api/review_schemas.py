"""What the routes of reviews take and answer with."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from decalogo.errors import RequestError
from decalogo.reviews.model import DocumentReviews, Review, ReviewState, Track, Verdict, fingerprint

MAX_COMMENT = 4000
MAX_NAME = 200


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ReviewBody(_Body):
    """A review of one answer."""

    verdict: Verdict
    score: float | None = Field(None, ge=0, le=100, description="The right score, for `corrected` and `rejected`.")
    elements: dict[str, bool] = Field(
        default_factory=dict, max_length=50, description="The right elements, for `corrected` and `rejected`."
    )
    comment: str = Field("", max_length=MAX_COMMENT)

    def checked(self, answer: Mapping[str, Any], max_score: float) -> dict[str, bool]:
        """Return the elements; raise :class:`RequestError` where the review does not fit the machine's answer."""
        if self.score is not None and self.score > max_score:
            raise RequestError(f"The score {self.score:g} is above the maximum of the question, {max_score:g}.")
        unknown = self.elements.keys() - answer["elements"].keys()
        if unknown:
            raise RequestError(f"The question has no element {sorted(unknown)[0]!r}.")
        if self.verdict in (Verdict.ACCEPTED, Verdict.NOT_APPLICABLE) and (self.elements or self.score is not None):
            raise RequestError(f"The verdict `{self.verdict}` takes neither score nor elements.")
        if self.verdict is Verdict.CORRECTED and not self.elements and self.score is None:
            raise RequestError("The verdict `corrected` needs a score or elements.")
        return dict(self.elements)


class Acceptance(_Body):
    """Which answers are accepted."""

    answers: list[str] | None = Field(None, max_length=5000, description="Ids of answers; all when absent.")


class AcceptedAnswers(BaseModel):
    """How many answers were accepted."""

    accepted: int


class Assignment(_Body):
    """Who reads a document."""

    track: Track = Field(Track.FIRST, description="`second` works blind.")
    reviewer: str = Field(max_length=MAX_NAME, description="Name of a token; empty takes the assignment back.")


class Signing(_Body):
    """A signature."""

    person: str = Field("", max_length=MAX_NAME, description="Name of the person; default: the token's name.")


class Reopening(_Body):
    """Why a signature is taken back."""

    reason: str = Field(min_length=1, max_length=MAX_COMMENT)


class AnswerReview(BaseModel):
    """The latest review of an answer; verdict null where there is none."""

    answer: str = Field(examples=["P1-D1-Q1"])
    verdict: Verdict | None
    version: int = Field(description="Number of reviews of this answer so far.")
    score: float | None
    elements: dict[str, bool]
    comment: str
    reviewer: str | None
    time: datetime | None
    second_look: bool = Field(description="The document was evaluated again, and this answer or its quotes changed.")

    @classmethod
    def of(cls, answer: str, review: Review | None, machine: Mapping[str, Any]) -> AnswerReview:
        """Return what the API reports of a review."""
        if review is None:
            return cls(
                answer=answer,
                verdict=None,
                version=0,
                score=None,
                elements={},
                comment="",
                reviewer=None,
                time=None,
                second_look=False,
            )
        return cls(
            answer=answer,
            verdict=review.verdict,
            version=review.version,
            score=review.score,
            elements=dict(review.elements),
            comment=review.comment,
            reviewer=review.reviewer,
            time=datetime.fromtimestamp(review.time, UTC),
            second_look=review.fingerprint != fingerprint(machine),
        )


class SignatureStatus(BaseModel):
    """Who signed what, and when."""

    person: str
    time: datetime
    result_sha256: str
    reviews_sha256: str


class DocumentReview(BaseModel):
    """Where the review of a document is."""

    state: ReviewState
    version: int = Field(description="Number of entries in the journal.")
    reviewers: dict[str, str] = Field(description="Readers by track.")
    signature: SignatureStatus | None
    reason: str = Field(description="Why it was last reopened.")
    unreviewed: int
    second_look: int
    answers: list[AnswerReview]

    @classmethod
    def of(cls, known: DocumentReviews, reader: str, result: Mapping[str, Any]) -> DocumentReview:
        """Return what a reader gets to see of a document's reviews."""
        track = known.track_of(reader)
        machine = {answer["id"]: answer for answer in result["answers"]}
        shown = [
            AnswerReview.of(name, review, machine[name])
            for name, review in sorted(known.of(track).items())
            if name in machine
        ]
        signature = known.signature
        return cls(
            state=known.state,
            version=known.version,
            reviewers={whose.value: name for whose, name in known.reviewers.items() if name},
            signature=None
            if signature is None
            else SignatureStatus(
                person=signature.person,
                time=datetime.fromtimestamp(signature.time, UTC),
                result_sha256=signature.result_sha256,
                reviews_sha256=signature.reviews_sha256,
            ),
            reason=known.reason,
            unreviewed=sum(a["applicable"] for a in result["answers"]) - len(shown),
            second_look=sum(item.second_look for item in shown),
            answers=shown,
        )


class SamplePlace(BaseModel):
    """One answer of a sample."""

    document_id: str
    answer: str = Field(examples=["P1-D1-Q1"])


class Sample(BaseModel):
    """A stratified random sample of a batch's answers."""

    places: list[SamplePlace]
