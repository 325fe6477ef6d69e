"""Two pages about one document for the person who signs them: what they say, whatever they are printed with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from decalogo.reports.answers import plain
from decalogo.reports.labels import Labels
from decalogo.reports.reviewed import Reviewed
from decalogo.reports.view import Mean, View
from decalogo.reports.words import Words

_CHANGES: Final = 8
_RECOMMENDATIONS: Final = 4
_QUESTIONS: Final = 3
_TEXT: Final = 420
"""Characters of a recommendation or comment; longer ones end with an ellipsis, so that two pages are enough."""


@dataclass(frozen=True)
class Letterhead:
    """What an office writes around a summary; empty texts have a default.

    Attributes:
        address: further lines below the name of the organisation.
        logo: content of a PNG or JPEG file, or nothing.
        introduction, closing: may name {name}, {percent}, {rating}, {person} and {date}.
        role: position of the person who signs.
    """

    organisation: str = ""
    address: tuple[str, ...] = ()
    logo: bytes = b""
    title: str = ""
    introduction: str = ""
    closing: str = ""
    role: str = ""


@dataclass(frozen=True)
class Change:
    """An answer that the review changed."""

    answer: str
    title: str
    machine: float | None
    reviewed: float | None
    comment: str


@dataclass(frozen=True)
class Summary:
    """The content of a summary.

    Attributes:
        machine: the machine's result.
        view: the result with reviewed scores, or the machine's where nobody reviewed it.
        reviewed: the review; None without one.
        about: metadata of the document, as (title, value).
        date: when the evaluation finished, UTC.
    """

    machine: Mapping[str, Any]
    view: View
    reviewed: Reviewed | None
    letterhead: Letterhead
    about: tuple[tuple[str, str], ...]
    date: datetime

    @property
    def words(self) -> Words:
        """Texts in the rubric's language."""
        return self.labels.words

    @property
    def labels(self) -> Labels:
        """Titles of the rubric."""
        return self.view.labels

    @property
    def title(self) -> str:
        """Title of the summary."""
        return plain(self.letterhead.title) or self.words["summary"]

    @property
    def percent(self) -> float | None:
        """What counts: the reviewed result where there is one."""
        value: float | None = self.reviewed.percent if self.reviewed else self.machine["global"]["percent"]
        return value

    @property
    def standing(self) -> str:
        """Where the machine's result stands among the reference documents; without a reference, the rating."""
        if position := self.labels.position(self.machine["global"]):
            return f"{self.words['machine']}: {position}"
        rating = self.labels.rating(self.percent)
        return f"{self.words['rating']}: {rating}" if rating else ""

    @property
    def state(self) -> str:
        """Sentence that tells who signed the document and when, or that nobody did."""
        return self.reviewed.summary if self.reviewed else self.words["summary_unsigned"]

    @property
    def introduction(self) -> str:
        """Text before the result."""
        default = self.words.say("summary_intro", name=self.view.called, rubric=self.labels.title)
        return self._filled(self.letterhead.introduction) or default

    @property
    def closing(self) -> str:
        """Text before the signature."""
        return self._filled(self.letterhead.closing) or self.words["summary_closing"]

    def _filled(self, text: str) -> str:
        signature = self.reviewed.signature if self.reviewed else None
        values = {
            "name": self.view.called,
            "percent": f"{self.words.number(self.percent)} %",
            "rating": self.labels.rating(self.percent),
            "person": signature.person if signature else "",
            "date": self.words.moment(signature.time if signature else self.date),
        }
        return plain(text.format_map(values)) if text else ""

    @property
    def points(self) -> list[tuple[str, str, float | None, float | None]]:
        """Each point with its title, the machine's and the reviewed percentage."""
        after = {point["id"]: point["percent"] for point in self.view.result["points"]}
        return [(p["id"], plain(p["title"]), p["percent"], after[p["id"]]) for p in self.machine["points"]]

    @property
    def dimensions(self) -> list[tuple[str, str, float | None, float | None]]:
        """The same for each dimension."""
        after = {part["id"]: part["percent"] for part in self.view.result["dimensions"]}
        return [(d["id"], plain(d["title"]), d["percent"], after[d["id"]]) for d in self.machine["dimensions"]]

    @property
    def strengths(self) -> tuple[Mean, ...]:
        """The questions with the highest mean."""
        return self.view.strengths[:_QUESTIONS]

    @property
    def gaps(self) -> tuple[Mean, ...]:
        """The questions with the lowest mean."""
        return self.view.gaps[:_QUESTIONS]

    @property
    def recommendations(self) -> list[str]:
        """The first recommendations that the review leaves open."""
        return [_cut(item["text"]) for item in self.view.result["recommendations"][:_RECOMMENDATIONS]]

    @property
    def changes(self) -> list[Change]:
        """The answers that the review changed most."""
        return self._changes()[:_CHANGES]

    @property
    def further_changes(self) -> int:
        """Number of changed answers that are not listed."""
        return max(0, len(self._changes()) - _CHANGES)

    def _changes(self) -> list[Change]:
        if self.reviewed is None:
            return []
        found = []
        for answer in self.machine["answers"]:
            said = self.reviewed.answers.get(answer["id"])
            if said is not None and not said.second_look and said.score != answer["score"]:
                title = self.labels.question(answer["question"])
                found.append(Change(answer["id"], title, answer["score"], said.score, _cut(said.comment)))
        return sorted(found, key=lambda change: -abs((change.machine or 0.0) - (change.reviewed or 0.0)))


def _cut(text: str) -> str:
    line = plain(text)
    return line if len(line) <= _TEXT else f"{line[: _TEXT - 2].rpartition(' ')[0]} …"
