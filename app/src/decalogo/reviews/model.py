"""Reviews of one document, folded from its journal."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from decalogo.evaluation.scoring.result import canonical_json
from decalogo.reviews.journal import Entry


class Verdict(StrEnum):
    """What a reviewer says of an answer."""

    ACCEPTED = "accepted"
    CORRECTED = "corrected"
    REJECTED = "rejected"
    NOT_APPLICABLE = "not_applicable"


class ReviewState(StrEnum):
    """Where the review of a document is."""

    OPEN = "open"
    IN_REVIEW = "in_review"
    SIGNED = "signed"
    REOPENED = "reopened"


class Track(StrEnum):
    """Whose reviews: the first reader's count; a second reader works blind, for the agreement of both."""

    FIRST = "first"
    SECOND = "second"


@dataclass(frozen=True, slots=True)
class Review:
    """The latest review of one answer.

    Attributes:
        version: number of reviews of this answer so far; its ETag.
        score: the corrected score; None where the machine's counts.
        elements: the corrected elements, by name; empty where the machine's count.
        time: Unix seconds.
        fingerprint: what the machine's answer and quotes were when it was reviewed.
    """

    answer: str
    verdict: Verdict
    version: int
    reviewer: str
    time: float
    fingerprint: str
    score: float | None = None
    elements: Mapping[str, bool] = field(default_factory=dict)
    comment: str = ""

    def counts_for(self, answer: Mapping[str, Any]) -> bool:
        """Return whether the review says how right an answer is: of this answer as it is, and not that it is moot."""
        return self.verdict is not Verdict.NOT_APPLICABLE and self.fingerprint == fingerprint(answer)

    def as_dict(self) -> dict[str, Any]:
        """Return the review as JSON types."""
        return {
            "answer": self.answer,
            "verdict": self.verdict.value,
            "version": self.version,
            "reviewer": self.reviewer,
            "time": self.time,
            "fingerprint": self.fingerprint,
            "score": self.score,
            "elements": dict(self.elements),
            "comment": self.comment,
        }


@dataclass(frozen=True, slots=True)
class Signature:
    """Who stands behind a reviewed result.

    Attributes:
        person: name of the token that signed, or the name the signer gave.
        time: Unix seconds.
        result_sha256: of the machine's result.
        reviews_sha256: of the first reader's reviews, as :meth:`DocumentReviews.digest` gives it.
    """

    person: str
    token: str
    time: float
    result_sha256: str
    reviews_sha256: str

    def as_dict(self) -> dict[str, Any]:
        """Return the signature as JSON types."""
        return {
            "person": self.person,
            "token": self.token,
            "time": self.time,
            "result_sha256": self.result_sha256,
            "reviews_sha256": self.reviews_sha256,
        }


@dataclass(slots=True)
class DocumentReviews:
    """All that the journal of a document says by now.

    Attributes:
        version: number of entries; the ETag of the whole.
        reviewers: track to the name of the reader it is assigned to.
        signature: the latest one, while it stands.
        reason: why it was last reopened.
    """

    version: int = 0
    state: ReviewState = ReviewState.OPEN
    answers: dict[tuple[Track, str], Review] = field(default_factory=dict)
    reviewers: dict[Track, str] = field(default_factory=dict)
    signature: Signature | None = None
    reason: str = ""

    def of(self, track: Track = Track.FIRST) -> dict[str, Review]:
        """Return a reader's reviews by answer."""
        return {answer: review for (whose, answer), review in self.answers.items() if whose is track}

    def track_of(self, reviewer: str) -> Track:
        """Return the track a person writes to."""
        return Track.SECOND if self.reviewers.get(Track.SECOND) == reviewer else Track.FIRST

    def digest(self) -> str:
        """Return the SHA-256 of the first reader's reviews."""
        reviews = [review.as_dict() for _, review in sorted(self.of().items())]
        return hashlib.sha256(canonical_json(reviews)).hexdigest()


def fold(entries: Sequence[Entry]) -> DocumentReviews:
    """Return what the entries of a journal amount to."""
    document = DocumentReviews()
    for entry in entries:
        document.version += 1
        kind = entry["kind"]
        if kind == "review":
            review = review_of(entry)
            document.answers[Track(entry["track"]), review.answer] = review
            if document.state is ReviewState.OPEN:
                document.state = ReviewState.IN_REVIEW
        elif kind == "assign":
            document.reviewers[Track(entry["track"])] = entry["reviewer"]
        elif kind == "sign":
            document.state = ReviewState.SIGNED
            document.signature = Signature(
                entry["person"], entry["token"], entry["time"], entry["result_sha256"], entry["reviews_sha256"]
            )
        elif kind == "reopen":
            document.state, document.signature, document.reason = ReviewState.REOPENED, None, entry["reason"]
    return document


def review_of(entry: Mapping[str, Any]) -> Review:
    """Return the review that an entry of a journal, or :meth:`Review.as_dict`, holds."""
    return Review(
        answer=entry["answer"],
        verdict=Verdict(entry["verdict"]),
        version=entry["version"],
        reviewer=entry["reviewer"],
        time=entry["time"],
        fingerprint=entry["fingerprint"],
        score=entry["score"],
        elements=entry["elements"],
        comment=entry["comment"],
    )


def fingerprint(answer: Mapping[str, Any]) -> str:
    """Return what a review refers to: score, elements and quotes of the machine's answer.

    When a document is evaluated again, a review is carried over where this is unchanged; elsewhere it is marked for a
    second look.
    """
    quotes = sorted((item["element"], item["page"], item["quote"]) for item in answer["evidence"])
    basis = [answer["score"], sorted(answer["elements"].items()), quotes]
    return hashlib.sha256(canonical_json(basis)).hexdigest()[:32]
