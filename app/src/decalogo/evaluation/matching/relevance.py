"""How much each unit is about each point.

A unit's weight for a point is the sum over the point's different terms in it (strong ones 1, weak ones less), plus a
share of what the rest of its passage and its nearest headings add. It is relevant from the rubric's threshold on, so a
strong term is enough, a weak one needs company, and a heading alone is not. Among relevant units, rarer terms weigh more
(an inverse document frequency), which is what ranks evidence.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from decalogo.evaluation.matching.engine import Patterns, Scanner
from decalogo.evaluation.matching.units import Unit
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.model import Point


@dataclass(frozen=True, slots=True)
class Focus:
    """What a document says about one point.

    Attributes:
        relevance: unit index to relevance in (0, 1], relevant units only.
        own: indexes of the units that name the point themselves.
    """

    relevance: dict[int, float]
    own: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Terms:
    strong: frozenset[int]
    weak: frozenset[int]
    exclude: frozenset[int]


class RelevanceRanker:
    """Ranks the units of one document for the points of a rubric."""

    def __init__(self, rubric: Rubric, patterns: Patterns, scanner: Scanner, fold: object) -> None:
        self._settings = rubric.data.relevance
        self._patterns = patterns
        self._scanner = scanner
        self._fold = fold
        self._rubric = rubric
        self._headings: dict[str, tuple[bytes, list[int]]] = {}

    def focus(self, point: Point, units: list[Unit], postings: dict[int, list[int]]) -> Focus:
        """Return the relevant units of a point; ``postings`` maps pattern id to unit indexes."""
        vocabulary = point.vocabulary
        terms = _Terms(*(self._rubric.ids(words) for words in (vocabulary.strong, vocabulary.weak, vocabulary.exclude)))
        rarity = self._rarity(terms, postings, len(units))
        own = self._own(terms, units, postings)
        passages: dict[int, set[int]] = {}
        for index, found in own.items():
            passages.setdefault(units[index].passage, set()).update(found)
        relevance = {}
        for index, unit in enumerate(units):
            found = own.get(index, frozenset())
            around = passages.get(unit.passage, set()) - found if unit.passage in passages else set()
            heading = self._heading(unit, terms)
            if not (found or around or heading):
                continue
            total = self._weight(found, terms) + self._settings.context * min(2.0, self._weight(around, terms))
            total += self._settings.heading * heading
            if total >= self._settings.threshold and (found or around):
                rare = sum(rarity[term] for term in sorted(found)) + self._settings.context * sum(
                    rarity[term] for term in sorted(around)
                )
                rank = rare + self._settings.heading * heading
                relevance[index] = round(rank / (rank + 1.0), 3)
        return Focus(relevance, frozenset(index for index in own if index in relevance))

    def _weight(self, found: Iterable[int], terms: _Terms) -> float:
        return sum(1.0 if term in terms.strong else self._settings.weak for term in found)

    def _rarity(self, terms: _Terms, postings: dict[int, list[int]], total: int) -> dict[int, float]:
        scale = math.log(total + 2)
        rarity = {}
        for term in terms.strong | terms.weak:
            share = math.log((total + 2) / (len(postings.get(term, ())) + 1)) / scale
            rarity[term] = (0.5 + 0.5 * share) * (1.0 if term in terms.strong else self._settings.weak)
        return rarity

    def _own(self, terms: _Terms, units: list[Unit], postings: dict[int, list[int]]) -> dict[int, frozenset[int]]:
        excluded = {index for term in terms.exclude for index in postings.get(term, ())}
        own: dict[int, set[int]] = {}
        for term in sorted(terms.strong | terms.weak):
            for index in postings.get(term, ()):
                if index not in excluded or self._stands(term, units[index].text, terms.exclude):
                    own.setdefault(index, set()).add(term)
        return {index: frozenset(found) for index, found in own.items()}

    def _stands(self, term: int, text: bytes, exclude: frozenset[int]) -> bool:
        """Tell whether a term stands anywhere outside the excluded spans."""
        masked = [span for pattern in sorted(exclude) for span in self._patterns.spans(pattern, text)]
        return any(
            not any(low < end and start < high for low, high in masked)
            for start, end in self._patterns.spans(term, text)
        )

    def _heading(self, unit: Unit, terms: _Terms) -> float:
        """Return how much the headings name the point: 1 for the nearest, half for the next, at most 1."""
        best = 0.0
        for share, heading in zip((1.0, 0.7, 0.4), reversed(unit.section), strict=False):
            text, hits = self._scanned(heading)
            found = [t for t in hits if t in terms.strong or t in terms.weak]
            if found and any(t in terms.exclude for t in hits):
                found = [t for t in found if self._stands(t, text, terms.exclude)]
            best = max(best, share * min(1.0, self._weight(found, terms)))
        return best

    def _scanned(self, heading: str) -> tuple[bytes, list[int]]:
        known = self._headings.get(heading)
        if known is None:
            text = bytes(self._fold(heading)).replace(b"\n", b" ")  # type: ignore[operator]
            known = self._headings[heading] = (text, self._scanner.scan(text))
        return known
