"""What every kind of rule gets and gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from decalogo.evaluation.documents.model import Page
from decalogo.evaluation.matching.find import Finder
from decalogo.evaluation.matching.match import Match
from decalogo.evaluation.matching.relevance import Focus
from decalogo.evaluation.rubric.clauses import Element
from decalogo.evaluation.rubric.model import Point, Threshold
from decalogo.evaluation.scoring.evidence import Evidence, quote_match


@dataclass(slots=True)
class Judgement:
    """The outcome of a rule for one point.

    Attributes:
        score: from 0 to the rubric's maximum.
        elements: name to whether it was found.
        labels: name to how a recommendation names it.
        evidence: quotes for what was found.
        measure: for rules that compute: what was counted (``found`` of ``of``) or the ``value``.
    """

    score: float
    elements: dict[str, bool]
    labels: dict[str, str]
    evidence: tuple[Evidence, ...] = ()
    measure: dict[str, float] = field(default_factory=dict)


@dataclass(slots=True)
class Context:
    """One document seen from one point."""

    point: Point
    focus: Focus
    finder: Finder
    pages: tuple[Page, ...]
    max_score: float
    per_element: int
    _found: dict[int, tuple[list[Match], Iterator[Match]]] = field(default_factory=dict)

    def matches(self, element: Element, most: int | None = None) -> list[Match]:
        """Return the matches of an element, best first: all, or the first ``most``, without looking for more."""
        if id(element) not in self._found:
            self._found[id(element)] = [], self.finder.find(element, self.focus)
        known, others = self._found[id(element)]
        known += islice(others, None if most is None else max(0, most - len(known)))
        return known[:most]

    def quote(self, element: str, matches: Sequence[Match], most: int | None = None) -> tuple[Evidence, ...]:
        """Quote the first matches."""
        return tuple(
            quote_match(element, match, self.focus.relevance[match.unit.index], self.pages)
            for match in matches[: most or self.per_element]
        )


def by_thresholds(value: float, thresholds: Sequence[Threshold]) -> float:
    """Return the highest score whose value is reached, else 0."""
    return max((t.score for t in thresholds if value >= t.value), default=0.0)
