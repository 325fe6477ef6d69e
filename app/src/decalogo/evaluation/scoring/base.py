"""The input and output of every kind of rule."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from decalogo.evaluation.documents.model import Page
from decalogo.evaluation.learned.findings import Finding, Findings
from decalogo.evaluation.matching.find import Finder
from decalogo.evaluation.matching.match import Match
from decalogo.evaluation.matching.relevance import Focus
from decalogo.evaluation.rubric.clauses import Element
from decalogo.evaluation.rubric.model import Point, Threshold
from decalogo.evaluation.scoring.evidence import Evidence, quote_match

MOST_POSSIBLE = 3
"""Passages that an answer with score 0 names at most."""
_MATCHES = 6
"""Units in which a pattern finds an element that the model weighs, best first."""


@dataclass(slots=True)
class RuleResult:
    """The result of a rule for one point.

    Attributes:
        score: score from 0 to the rubric's maximum.
        elements: whether each element was found, by name.
        labels: name of each element in recommendations.
        evidence: quotes of the elements found.
        possible: for a score of 0, quotes that may state what is missing and do not count, surest first.
        measure: computed figures of the rule: counts (``found`` of ``of``) or the ``value``.
    """

    score: float
    elements: dict[str, bool]
    labels: dict[str, str]
    evidence: tuple[Evidence, ...] = ()
    measure: dict[str, float] = field(default_factory=dict)
    possible: tuple[Evidence, ...] = ()


@dataclass(slots=True)
class Context:
    """One document from the view of one point, with the matches found so far."""

    point: Point
    focus: Focus
    finder: Finder
    pages: tuple[Page, ...]
    max_score: float
    per_element: int
    findings: Findings | None = None
    checked: Mapping[tuple[str, str], Element] = field(default_factory=dict)
    _found: dict[int, tuple[list[Match], Iterator[Match]]] = field(default_factory=dict)
    _evidence: dict[int, tuple[Evidence, ...]] = field(default_factory=dict)

    def matches(self, element: Element, most: int | None = None) -> list[Match]:
        """Return the matches of an element, best first; at most ``most``, without a search for more."""
        if id(element) not in self._found:
            self._found[id(element)] = [], self.finder.find(element, self.focus)
        known, others = self._found[id(element)]
        known += islice(others, None if most is None else max(0, most - len(known)))
        return known[:most]

    def evidence(self, question: str, element: Element) -> tuple[Evidence, ...]:
        """Return quotes for an element of a question: the model's findings if it knows the element, else matches."""
        if self.findings is None or not self.findings.covers(question, element.name):
            return self.quote(element.name, self.matches(element, self.per_element))
        known = self._evidence.get(id(element))
        if known is None:
            matches = self.matches(element, _MATCHES)
            best = self.findings.find(self.point.id, question, element.name, matches, self.per_element)
            known = tuple(self._finding(question, element.name, found, matches) for found in best)
            self._evidence[id(element)] = known
        return known

    def possible(self, question: str, elements: Sequence[Element]) -> tuple[Evidence, ...]:
        """Return the surest quotes for missing elements of a question, from at most ``MOST_POSSIBLE`` passages.

        The model is not sure enough of them. Where a rule computes, they may also be what it found for elements
        ``like`` the missing ones.
        """
        if self.findings is None:
            return ()
        quotes: list[Evidence] = []
        for element in elements:
            quotes += self.like(element) or ()
            for other, _, name in (known.partition(".") for known in element.like or (f"{question}.{element.name}",)):
                if self.findings.covers(other, name):
                    matches = self.matches(self.checked[other, name], _MATCHES)
                    for found in self.findings.possible(self.point.id, other, name, matches, MOST_POSSIBLE):
                        quotes.append(replace(self._finding(other, name, found, matches), element=element.name))
        surest: dict[tuple[int, int], dict[str, Evidence]] = {}
        for quote in sorted(quotes, key=lambda quote: (-(quote.confidence or 0), quote.page, quote.start)):
            surest.setdefault((quote.page, quote.start), {}).setdefault(quote.element, quote)
        return tuple(quote for passage in islice(surest.values(), MOST_POSSIBLE) for quote in passage.values())

    def _finding(self, question: str, name: str, found: Finding, matches: Sequence[Match]) -> Evidence:
        """Return the quote of what the model found."""
        unit = self.finder.units[found.unit]
        own = next((match for match in matches if match.unit.index == found.unit), None)
        quote = quote_match(name, own or Match(unit, 0, len(unit.text)), found.relevance, self.pages)
        words = self.findings.explain(found.unit, question, name) if self.findings else ()
        quote.found_by = ("pattern", *words) if own else tuple(words)
        quote.confidence = found.confidence
        return quote

    def like(self, element: Element) -> tuple[Evidence, ...] | None:
        """Return quotes of the elements that count for this one, surest first; ``None`` if the model knows none."""
        others = [name.split(".") for name in element.like]
        if self.findings is None or not others or not all(self.findings.covers(*other) for other in others):
            return None
        found: dict[tuple[int, int], Evidence] = {}
        for question, name in others:
            for quote in self.evidence(question, self.checked[question, name]):
                found.setdefault((quote.page, quote.start), replace(quote, element=element.name))
        return tuple(sorted(found.values(), key=lambda quote: -(quote.confidence or 0))[: self.per_element])

    def quote(self, element: str, matches: Sequence[Match], most: int | None = None) -> tuple[Evidence, ...]:
        """Return quotes of the first matches."""
        return tuple(
            quote_match(element, match, self.focus.relevance[match.unit.index], self.pages)
            for match in matches[: most or self.per_element]
        )


def by_thresholds(value: float, thresholds: Sequence[Threshold]) -> float:
    """Return the highest score whose value is reached; 0 if none is."""
    return max((t.score for t in thresholds if value >= t.value), default=0.0)
