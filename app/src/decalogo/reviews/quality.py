"""How often the machine is right, measured by what reviewers said.

Precision of an element: of the answers in which the machine found it and a person looked, the share in which the person
agreed. Missed share: of the answers in which the machine did not find it and a person looked, the share in which the
person did. Both come with a 95 % Wilson interval. Recall is estimated from both and from how often the machine found
the element in all answers.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from decalogo.reviews.model import DocumentReviews, Review, Track, Verdict, fingerprint

_Z: Final = 1.959964
Interval = tuple[float, float]


def wilson(hits: int, total: int) -> Interval:
    """Return the 95 % Wilson interval of a share; (0, 1) for no observations."""
    if not total:
        return (0.0, 1.0)
    share = hits / total
    denominator = 1 + _Z * _Z / total
    middle = (share + _Z * _Z / (2 * total)) / denominator
    half = _Z * math.sqrt(share * (1 - share) / total + _Z * _Z / (4 * total * total)) / denominator
    return (max(0.0, middle - half), min(1.0, middle + half))


@dataclass(slots=True)
class Tally:
    """Counts of one question, one element, or all of them.

    Attributes:
        right, wrong: the machine found it, and the person agreed or not.
        absent, missed: the machine did not find it, and the person neither or did.
        found, searched: how often the machine found it, and looked for it, in all answers.
    """

    right: int = 0
    wrong: int = 0
    absent: int = 0
    missed: int = 0
    found: int = 0
    searched: int = 0

    def add(self, machine: bool, person: bool) -> None:
        """Count one element that a person looked at."""
        if machine:
            self.right, self.wrong = self.right + person, self.wrong + (not person)
        else:
            self.missed, self.absent = self.missed + person, self.absent + (not person)

    def merge(self, other: Tally) -> None:
        """Add the counts of another tally."""
        for name in self.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))

    def as_dict(self) -> dict[str, Any]:
        """Return shares, intervals and counts as JSON types; None where nothing was looked at."""
        looked, unseen = self.right + self.wrong, self.missed + self.absent
        precision = self.right / looked if looked else None
        missed = self.missed / unseen if unseen else None
        return {
            "precision": _rounded(precision),
            "precision_interval": [_rounded(bound) for bound in wilson(self.right, looked)],
            "missed": _rounded(missed),
            "missed_interval": [_rounded(bound) for bound in wilson(self.missed, unseen)],
            "recall": _rounded(self._recall(precision, missed)),
            "right": self.right,
            "wrong": self.wrong,
            "absent": self.absent,
            "overlooked": self.missed,
            "found": self.found,
            "searched": self.searched,
        }

    def _recall(self, precision: float | None, missed: float | None) -> float | None:
        if precision is None or missed is None:
            return None
        true = precision * self.found
        overlooked = missed * (self.searched - self.found)
        return true / (true + overlooked) if true + overlooked else None


@dataclass(slots=True)
class Quality:
    """Counts over documents; add them one by one, or merge the counts of others, then read ``as_dict``."""

    elements: defaultdict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    months: defaultdict[tuple[str, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    verdicts: Counter[str] = field(default_factory=Counter)
    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    people: Counter[tuple[str, str]] = field(default_factory=Counter)
    documents: int = 0
    signed: int = 0

    def add(self, result: Mapping[str, Any], reviews: DocumentReviews) -> None:
        """Count one document's result and reviews."""
        self.documents += 1
        self._people(reviews)
        first, second = reviews.of(), reviews.of(Track.SECOND)
        version = str(result["rubric"]["version"])
        for answer in result["answers"]:
            if not answer["applicable"]:
                continue
            for name, machine in answer["elements"].items():
                tally = self.elements[answer["question"], name]
                tally.searched += 1
                tally.found += machine
            review = first.get(answer["id"])
            if review is not None and review.fingerprint == fingerprint(answer):
                self._review(answer, review, version)
                other = second.get(answer["id"])
                if other is not None:
                    self.pairs[_said(review), _said(other)] += 1

    def _people(self, reviews: DocumentReviews) -> None:
        self.people.update((name, "assigned") for name in reviews.reviewers.values() if name)
        self.people.update((review.reviewer, "reviewed") for review in reviews.answers.values())
        if reviews.signature is not None:
            self.signed += 1
            self.people[reviews.signature.person, "signed"] += 1

    def _review(self, answer: Mapping[str, Any], review: Review, version: str) -> None:
        self.verdicts[review.verdict.value] += 1
        if review.verdict is Verdict.NOT_APPLICABLE:
            return
        month = datetime.fromtimestamp(review.time, UTC).strftime("%Y-%m")
        for name, machine, person in judged(answer, review):
            self.elements[answer["question"], name].add(machine, person)
            self.months[month, version].add(machine, person)

    def merge(self, other: Quality) -> None:
        """Add the counts of other documents."""
        for mine, theirs in ((self.elements, other.elements), (self.months, other.months)):
            for key, tally in theirs.items():
                mine[key].merge(tally)
        self.verdicts += other.verdicts
        self.pairs += other.pairs
        self.people += other.people
        self.documents += other.documents
        self.signed += other.signed

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON types."""
        whole, questions = Tally(), defaultdict[str, Tally](Tally)
        for (question, _), tally in self.elements.items():
            questions[question].merge(tally)
            whole.merge(tally)
        return {
            "documents": self.documents,
            "signed": self.signed,
            "verdicts": dict(self.verdicts),
            "whole": whole.as_dict(),
            "questions": [{"question": name, **questions[name].as_dict()} for name in sorted(questions, key=_number)],
            "elements": [
                {"question": question, "element": name, **tally.as_dict()}
                for (question, name), tally in sorted(
                    self.elements.items(), key=lambda item: (_number(item[0][0]), item[0][1])
                )
            ],
            "drift": [
                {"month": month, "rubric_version": version, **tally.as_dict()}
                for (month, version), tally in sorted(self.months.items())
            ],
            "readers": agreement(self.pairs),
            "people": [
                {"name": name} | {what: self.people[name, what] for what in ("assigned", "reviewed", "signed")}
                for name in sorted({name for name, _ in self.people})
            ],
        }


def judged(answer: Mapping[str, Any], review: Review) -> Iterable[tuple[str, bool, bool]]:
    """Yield each element of a reviewed answer with what the machine and the person say of it."""
    for name, machine in answer["elements"].items():
        if review.verdict is Verdict.ACCEPTED:
            person = machine
        elif review.verdict is Verdict.REJECTED:
            person = review.elements.get(name, False)
        else:
            person = review.elements.get(name, machine)
        yield name, machine, person


def agreement(pairs: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """Return how far two blind readers agree: share and Cohen's kappa over what they said."""
    total = sum(pairs.values())
    if not total:
        return {"answers": 0, "agreement": None, "kappa": None}
    same = sum(count for (one, other), count in pairs.items() if one == other) / total
    values = {value for pair in pairs for value in pair}
    chance = math.fsum(
        sum(count for (one, _), count in pairs.items() if one == value)
        * sum(count for (_, other), count in pairs.items() if other == value)
        for value in values
    ) / (total * total)
    kappa = 1.0 if chance == 1 else (same - chance) / (1 - chance)
    return {"answers": total, "agreement": _rounded(same), "kappa": _rounded(kappa)}


def _said(review: Review) -> str:
    """Return what a reader said of an answer, without the wording of comments."""
    elements = ",".join(f"{name}={value:d}" for name, value in sorted(review.elements.items()))
    return f"{review.verdict.value} {review.score} {elements}"


def _number(question: str) -> tuple[int, str]:
    digits = "".join(character for character in question if character.isdigit())
    return (int(digits or 0), question)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
