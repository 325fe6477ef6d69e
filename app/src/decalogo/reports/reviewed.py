"""What people say of a result, prepared for reports: reviewed scores next to the machine's, and who signed them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from decalogo.reports.labels import Labels
from decalogo.reports.words import Words


@dataclass(frozen=True)
class ReviewedAnswer:
    """An answer after its review.

    Attributes:
        score: what counts now, None where the question does not apply; ``percent`` is its share of the maximum.
        found, missing: labels of the elements, as the reviewer sees them.
        verdict: accepted, corrected, rejected or not_applicable.
        time: when it was reviewed, UTC.
        second_look: the machine's answer changed after the review, so the review does not count.
    """

    score: float | None
    percent: float | None
    found: tuple[str, ...]
    missing: tuple[str, ...]
    verdict: str
    reviewer: str
    time: datetime
    comment: str
    second_look: bool


@dataclass(frozen=True)
class Signature:
    """Who signed, when (UTC), and the SHA-256 of what was signed.

    Attributes:
        current: whether the result is still the one that was signed.
    """

    person: str
    time: datetime
    result_sha256: str
    reviews_sha256: str
    current: bool


@dataclass(frozen=True)
class Reviewed:
    """The reviewed scores of one result.

    Attributes:
        standing: as :func:`decalogo.reviews.scores.standing` returns it.
        labels: texts that name the parts of the result.
    """

    standing: Mapping[str, Any]
    labels: Labels

    @property
    def state(self) -> str:
        """State of the review: open, in_review, signed or reopened."""
        return str(self.standing["state"])

    @property
    def percent(self) -> float | None:
        """Overall result, percent."""
        value: float | None = self.standing["global"]
        return value

    @property
    def rating(self) -> str:
        """Rating of the overall result; "" without one."""
        return self.labels.rating(self.percent)

    @property
    def reviewed(self) -> int:
        """Number of answers with a review that counts."""
        return int(self.standing["counts"]["reviewed"])

    @property
    def total(self) -> int:
        """Number of answers that can be reviewed."""
        return sum(self.standing["counts"].values())

    @cached_property
    def signature(self) -> Signature | None:
        """The signature, while it stands."""
        given = self.standing["signature"]
        if given is None:
            return None
        return Signature(
            given["person"], moment(given["time"]), given["result_sha256"], given["reviews_sha256"], given["current"]
        )

    @property
    def summary(self) -> str:
        """State and signature in one sentence, in the language of the report."""
        return summary(self.labels.words, self.brief())

    def brief(self) -> dict[str, Any]:
        """Return what a comparison keeps of the review, as JSON types."""
        return {
            "percent": self.percent,
            "rating": self.rating,
            "points": dict(self.standing["points"]),
            "dimensions": dict(self.standing["dimensions"]),
            "state": self.state,
            "answers": self.reviewed,
            "total": self.total,
            "signature": self.standing["signature"],
        }

    @cached_property
    def answers(self) -> Mapping[str, ReviewedAnswer]:
        """The reviewed answers by id; those without a review are left out."""
        return {row["id"]: self._answer(row) for row in self.standing["answers"] if "review" in row}

    def _answer(self, row: Mapping[str, Any]) -> ReviewedAnswer:
        review, question = row["review"], row["question"]
        score = row["score"]
        named = [
            (name, self.labels.element(question, name)) for name in self.labels.in_order(question, row["elements"])
        ]
        return ReviewedAnswer(
            score=score,
            percent=None if score is None else 100 * score / self.labels.max_score,
            found=tuple(label for name, label in named if row["elements"][name]),
            missing=() if self.labels.complete(score) else tuple(x for name, x in named if not row["elements"][name]),
            verdict=review["verdict"],
            reviewer=review["reviewer"],
            time=moment(review["time"]),
            comment=review["comment"],
            second_look=review["second_look"],
        )


def summary(words: Words, brief: Mapping[str, Any]) -> str:
    """Return state and signature of a review in one sentence; ``brief`` is from :meth:`Reviewed.brief`."""
    signature, counts = brief["signature"], {"done": brief["answers"], "total": brief["total"]}
    if signature is None:
        return words.say(f"review_{brief['state']}", **counts)
    key = "review_signed" if signature["current"] else "review_outdated"
    return words.say(key, person=signature["person"], when=words.moment(moment(signature["time"])), **counts)


def moment(seconds: float) -> datetime:
    """Return a time in Unix seconds as UTC, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC)
