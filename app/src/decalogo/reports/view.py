"""Prepare a result for rendering: its answers, with strengths and gaps selected."""

from __future__ import annotations

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from decalogo.reports.answers import Answer, answer_of, plain, printable
from decalogo.reports.labels import Labels
from decalogo.reports.numbers import page_ranges
from decalogo.reports.retention import Retention
from decalogo.reports.reviewed import Reviewed, ReviewedAnswer

_QUESTIONS, _POINTS = 5, 3
"""Number of questions and points shown as best and as worst; at most half of all."""

_STRONG = 50.0
"""Least percentage of a strength."""


@dataclass(frozen=True)
class Mean:
    """A question over all applicable points: mean percentage, and the number of points with score 0."""

    question: str
    dimension: str
    title: str
    percent: float
    zeros: int
    of: int


@dataclass(frozen=True)
class View:
    """One result and its labels.

    Attributes:
        result: result of the evaluator.
        labels: texts that name its parts.
        name: name of the document.
        pages: text of each page, or empty.
        link: URL of the document, or ""; pages are linked as ``<link>#page=N``.
        reviewed: what people say of the result; None where nobody reviewed it.
        retention: of its batch; None where no appliance keeps it.
    """

    result: dict[str, Any]
    labels: Labels
    name: str = ""
    pages: Sequence[str] = ()
    link: str = ""
    reviewed: Reviewed | None = None
    retention: Retention | None = None
    _by_cell: dict[tuple[str, str], list[Answer]] = field(default_factory=dict)

    @property
    def called(self) -> str:
        """Name of the document, or the beginning of its hash."""
        return plain(self.name) or f"{self.result['document']['sha256'][:12]}…"

    @property
    def kept(self) -> str:
        """When the appliance deletes the document; "" where no appliance keeps it."""
        return self.retention.sentence(self.labels.words) if self.retention else ""

    @property
    def notices(self) -> list[str]:
        """Warnings at the top of the report."""
        words = self.labels.words
        notices = [words[self.labels.notice]] if self.labels.notice else []
        if self.partial:
            notices.append(self.partial)
        return notices

    @cached_property
    def partial(self) -> str:
        """A sentence with the evaluated pages and points of a partial result; "" for a full one."""
        if not any(flag["code"] == "partial" for flag in self.result["flags"]):
            return ""
        words, document = self.labels.words, self.result["document"]
        read = document.get("pages_judged", document["pages"])
        points = [point["id"] for point in self.result["points"] if point["applicable"]]
        earlier = {"pages_judged": [[1, read]] if read else [], "pages_left": None, "points_judged": points}
        coverage = self.result.get("coverage", earlier)  # evaluators before 1.3 name the number of pages only
        if not coverage["pages_judged"]:
            return words["notice_unread"]
        known = document["pages"] > read or coverage["pages_left"]
        judged = ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in coverage["pages_judged"])
        total = document["pages"] if known else "?"
        return words.say("notice_partial", judged=judged, total=total, points=", ".join(coverage["points_judged"]))

    @cached_property
    def answers(self) -> tuple[Answer, ...]:
        """All answers in the rubric's order."""
        return tuple(answer_of(item, self.labels) for item in self.result["answers"])

    def cell(self, point: str, dimension: str) -> list[Answer]:
        """Return the answers of one point in one dimension."""
        if not self._by_cell:
            for answer in self.answers:
                self._by_cell.setdefault((answer.point, answer.dimension), []).append(answer)
        return self._by_cell.get((point, dimension), [])

    def review(self, answer: str) -> ReviewedAnswer | None:
        """Return an answer after its review; None where it has none."""
        return self.reviewed.answers.get(answer) if self.reviewed else None

    @cached_property
    def dimension_titles(self) -> dict[str, str]:
        """Title of each dimension by id."""
        return {dimension["id"]: dimension["title"] for dimension in self.result["dimensions"]}

    @cached_property
    def means(self) -> tuple[Mean, ...]:
        """Every question over all points, best first."""
        cells: dict[tuple[str, str], list[Answer]] = {}
        for answer in self.answers:
            if answer.percent is not None:
                cells.setdefault((answer.dimension, answer.question), []).append(answer)
        means = [
            Mean(
                question,
                dimension,
                self.labels.question(question),
                statistics.fmean(a.percent or 0.0 for a in found),
                sum(not a.score for a in found),
                len(found),
            )
            for (dimension, question), found in cells.items()
        ]
        return tuple(sorted(means, key=lambda mean: -mean.percent))

    @property
    def strengths(self) -> tuple[Mean, ...]:
        """The questions with the highest mean, each with at least half of the score."""
        return tuple(mean for mean in self.means[: _share(self.means, _QUESTIONS)] if mean.percent >= _STRONG)

    @property
    def gaps(self) -> tuple[Mean, ...]:
        """The questions with the lowest mean, lowest first, without the strengths."""
        worst = self.means[::-1][: _share(self.means, _QUESTIONS)]
        return tuple(mean for mean in worst if mean.percent < 100 and mean not in self.strengths)

    @property
    def best_points(self) -> list[dict[str, Any]]:
        """The points with the highest percentage, highest first."""
        return self._ranked[: _share(self._ranked, _POINTS)]

    @property
    def worst_points(self) -> list[dict[str, Any]]:
        """The points with the lowest percentage, lowest first."""
        return self._ranked[::-1][: _share(self._ranked, _POINTS)]

    @cached_property
    def _ranked(self) -> list[dict[str, Any]]:
        points = [point for point in self.result["points"] if point["percent"] is not None]
        return sorted(points, key=lambda point: -point["percent"])

    @cached_property
    def cited(self) -> dict[int, list[Answer]]:
        """The answers that quote each page, in the order of pages."""
        found: dict[int, list[Answer]] = {}
        for answer in self.answers:
            for page in sorted({quote.page for quote in answer.shown}):
                found.setdefault(page, []).append(answer)
        return dict(sorted(found.items()))

    def page_parts(self, page: int) -> list[tuple[bool, str]]:
        """Return the text of a page in parts (quoted or not, text); empty if the page texts are missing."""
        if not 0 < page <= len(self.pages):
            return []
        text, at, parts = self.pages[page - 1], 0, []
        spans = sorted({(q.start, q.end) for a in self.cited.get(page, ()) for q in a.shown if q.page == page})
        for start, end in spans:
            if end > at:
                parts += [(False, text[at:start]), (True, text[max(at, start) : end])]
                at = end
        parts.append((False, text[at:]))
        return [(quoted, printable(part)) for quoted, part in parts if part]

    def place_of(self, recommendation: Mapping[str, Any]) -> str:
        """Return where a recommendation belongs, as a sentence; "" where that is not known."""
        place = recommendation.get("place")
        if not place:
            return ""
        key = "belongs_to" if place["heading"] else "belongs_to_page"
        return self.labels.words.say(key, heading=plain(place["heading"]), page=place["page"])

    @cached_property
    def flags(self) -> list[tuple[str, str]]:
        """Quality flags as (code, text)."""
        silent = [p["id"] for p in self.result["points"] if p["percent"] == 0]
        return [
            (
                flag["code"],
                self.labels.words.flag(
                    flag["code"],
                    flag["detail"],
                    pages=page_ranges(flag.get("pages", ())),
                    points=_points_named(flag["detail"], self.result) or ", ".join(silent),
                ),
            )
            for flag in self.result["flags"]
        ]


def _share(items: Sequence[object], most: int) -> int:
    """Return the number of ranked items to show at each end."""
    return min(most, len(items) // 2)


def _points_named(detail: str, result: dict[str, Any]) -> str:
    known = {point["id"] for point in result["points"]}
    return ", ".join(word for word in re.findall(r"\w+", detail) if word in known)
