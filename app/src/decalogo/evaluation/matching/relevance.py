"""How much each unit is about each point.

A unit's weight for a point is the sum over the point's different terms in it (strong ones 1, weak ones less; both less
in a unit longer than usual), plus a share of what the rest of its passage and its nearest headings add. It is relevant
from the rubric's threshold on: a strong term is enough for a short sentence, weak ones need a strong one in their
passage or heading, and a heading alone is not. A cell merged over rows of a table, such as a programme's name, speaks
for each of them, and a long unit that begins with a strong term counts in full. Among relevant units, rarer terms weigh
more (an inverse document frequency): that ranks evidence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from decalogo.evaluation.matching.engine import Patterns, Scanner
from decalogo.evaluation.matching.units import MAX_UNIT, Unit
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.model import Point

_NAMED = 0.7
"""A heading that names the point: a strong term in the nearest one or the one above it."""

_WORD = re.compile(rb"[a-z]{3,}")


@dataclass(frozen=True, slots=True)
class Focus:
    """What a document says about one point.

    Attributes:
        relevance: unit index to relevance in (0, 1], relevant units only.
        own: unit index to the ids of the point's terms in it, units that name the point themselves.
        exclude: patterns whose spans do not count.
        patterns: for the spans of terms.
        strong: ids of the point's strong terms.
    """

    relevance: dict[int, float]
    own: dict[int, frozenset[int]]
    exclude: frozenset[int]
    patterns: Patterns
    strong: frozenset[int]
    _spans: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    _ranks: dict[int, int] = field(default_factory=dict)

    def rank(self) -> dict[int, int]:
        """Return relevant unit index to its place among all of them: most relevant first, then in reading order."""
        if not self._ranks:
            best_first = sorted(self.relevance, key=lambda index: (-self.relevance[index], index))
            self._ranks.update((index, place) for place, index in enumerate(best_first))
        return self._ranks

    def distance(self, unit: Unit, start: int, end: int) -> int:
        """Return the characters between a span and the nearest term of the point in its unit."""
        return min((max(low - end, start - high, 0) for low, high in self.terms(unit)), default=MAX_UNIT)

    def says_more(self, unit: Unit, start: int, end: int) -> bool:
        """Tell whether a span holds a word of three letters or more beside the point's own strong terms."""
        rest = bytearray(unit.text)
        for term in self.own.get(unit.index, frozenset()) & self.strong:
            for low, high in self.patterns.standing(term, unit, self.exclude):
                rest[low:high] = b" " * (high - low)
        return _WORD.search(rest, start, end) is not None

    def terms(self, unit: Unit) -> list[tuple[int, int]]:
        """Return the spans of the point's terms in a unit."""
        spans = self._spans.get(unit.index)
        if spans is None:
            spans = self._spans[unit.index] = [
                span
                for term in sorted(self.own.get(unit.index, ()))
                for span in self.patterns.standing(term, unit, self.exclude)
            ]
        return spans


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
        self._members: dict[int, list[int]] = {}  # passage to its units

    def focus(self, point: Point, units: list[Unit], postings: dict[int, list[int]]) -> Focus:
        """Return the relevant units of a point; ``postings`` maps pattern id to unit indexes."""
        vocabulary = point.vocabulary
        exclude = (*vocabulary.exclude, *self._settings.exclude)
        terms = _Terms(*(self._rubric.ids(words) for words in (vocabulary.strong, vocabulary.weak, exclude)))
        rarity = self._rarity(terms, postings, len(units))
        own = self._own(terms, units, postings)
        passages: dict[int, set[int]] = {}
        for index, found in own.items():
            passages.setdefault(units[index].passage, set()).update(found)
        relevance = {}
        headings: dict[tuple[str, ...], float] = {}
        # A unit with no term in its passage is never relevant, whatever its headings say.
        for index in sorted(index for passage in passages for index in self._units_of(units, passage)):
            unit = units[index]
            found = own.get(index, frozenset())
            around = passages[unit.passage] - found
            if unit.section not in headings:
                headings[unit.section] = self._heading(unit.section, terms)
            heading = headings[unit.section]
            length = 1.0 if self._leads(found & terms.strong, unit) else self._length_norm(unit)
            total = length * self._weight(found, terms) + self._settings.heading * heading
            total += self._settings.context * min(2.0, self._weight(around, terms))
            named = heading >= _NAMED or not terms.strong.isdisjoint(found | around)
            if total >= self._settings.threshold and named:
                rank = length * sum(rarity[term] for term in sorted(found)) + self._settings.heading * heading
                rank += self._settings.context * sum(rarity[term] for term in sorted(around))
                relevance[index] = round(rank / (rank + 1.0), 3)
        kept = {index: found for index, found in own.items() if index in relevance}
        return Focus(relevance, kept, terms.exclude, self._patterns, terms.strong)

    def _units_of(self, units: list[Unit], passage: int) -> list[int]:
        if not self._members:
            for unit in units:
                self._members.setdefault(unit.passage, []).append(unit.index)
        return self._members[passage]

    def _leads(self, found: frozenset[int], unit: Unit) -> bool:
        """Tell whether a long unit begins with the point: what a sentence is about stands first."""
        start = unit.text[: self._settings.lead]
        return len(unit.text) > self._settings.usual_length and any(self._patterns.stands(t, start) for t in found)

    def _length_norm(self, unit: Unit) -> float:
        """Return how much a term counts by the unit's length: one word says less about a long sentence."""
        excess = max(0.0, len(unit.text) / self._settings.usual_length - 1.0)
        return 1.0 / (1.0 + self._settings.length_weight * excess)

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
                if index not in excluded or self._patterns.standing(term, units[index], terms.exclude):
                    own.setdefault(index, set()).add(term)
        spoken: dict[str, frozenset[int]] = {}
        for unit in units:
            for text in unit.merged:
                if text not in spoken:
                    spoken[text] = self._standing(text, terms) & terms.strong
                if spoken[text]:
                    own.setdefault(unit.index, set()).update(spoken[text])
        return {index: frozenset(found) for index, found in own.items()}

    def _heading(self, section: tuple[str, ...], terms: _Terms) -> float:
        """Return how much the headings name the point: 1 for the nearest, half for the next, at most 1."""
        best = 0.0
        for share, heading in zip((1.0, 0.7, 0.4), reversed(section), strict=False):
            best = max(best, share * min(1.0, self._weight(self._standing(heading, terms), terms)))
        return best

    def _standing(self, heading: str, terms: _Terms) -> frozenset[int]:
        """Return the point's terms in a heading or a merged cell."""
        text, hits = self._scanned(heading)
        found = [t for t in hits if t in terms.strong or t in terms.weak]
        if found and any(t in terms.exclude for t in hits):
            found = [t for t in found if self._patterns.outside(t, text, terms.exclude)]
        return frozenset(found)

    def _scanned(self, heading: str) -> tuple[bytes, list[int]]:
        known = self._headings.get(heading)
        if known is None:
            text = bytes(self._fold(heading)).replace(b"\n", b" ")  # type: ignore[operator]
            known = self._headings[heading] = (text, self._scanner.scan(text))
        return known
