"""How much each unit is about each point.

A unit's weight for a point is the sum over the point's different terms in it: strong ones 1, weak ones less, and both
less in a unit longer than usual. The rest of its passage and its nearest headings add a share of their terms. It is
relevant from the rubric's threshold on: a strong term is enough for a short sentence, weak ones need a strong one in
their passage or heading, and a heading alone is not. A cell merged over rows of a table, such as a programme's name,
speaks for each of them, and a long unit that begins with a strong term counts in full. Among relevant units, rarer
terms weigh more (an inverse document frequency): that ranks evidence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field

from decalogo.evaluation.fold import fold
from decalogo.evaluation.matching.patterns import Patterns
from decalogo.evaluation.matching.scanner import Hits, Scanner
from decalogo.evaluation.matching.units import MAX_UNIT, Unit
from decalogo.evaluation.re2_search import Span
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.model import Point

_NAMED = 0.7
"""A heading that names the point: a strong term in the nearest one or the one above it."""

_SHARES = (1.0, 0.7, 0.4)
"""How much headings count, the nearest first."""

_WORD = re.compile(rb"[a-z]{3,}")
_NOTHING: tuple[bytes, Hits] = (b"", frozenset())


@dataclass(slots=True, eq=False)
class Focus:
    """What a document says about one point.

    Attributes:
        relevance: unit index to relevance in (0, 1], relevant units only.
        own: unit index to the ids of the point's terms in it, units that name the point themselves.
        exclude: patterns whose spans do not count.
        patterns: for the spans of terms.
        strong: ids of the point's strong terms.
        relevant: the indexes of relevant units.
        named: the indexes of units that name the point themselves.
        ranked: relevant units' indexes, most relevant first, then in reading order.
    """

    relevance: dict[int, float]
    own: dict[int, frozenset[int]]
    exclude: frozenset[int]
    patterns: Patterns
    strong: frozenset[int]
    relevant: frozenset[int] = field(init=False)
    named: frozenset[int] = field(init=False)
    ranked: list[int] = field(init=False)
    _spans: dict[int, list[Span]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.relevant, self.named = frozenset(self.relevance), frozenset(self.own)
        self.ranked = sorted(self.relevance, key=lambda index: (-self.relevance[index], index))

    def distance(self, unit: Unit, start: int, end: int) -> int:
        """Return the characters between a span and the nearest term of the point in its unit."""
        nearest = MAX_UNIT
        for number, (low, high) in enumerate(self.terms(unit)):
            away = low - end if low > end else max(start - high, 0)
            if away < nearest or not number:
                nearest = away
        return nearest

    def is_near(self, unit: Unit, start: int, end: int, most: int) -> bool:
        """Tell whether a term of the point stands at most so many characters from a span."""
        return self.distance(unit, start, end) <= most

    def says_more(self, unit: Unit, start: int, end: int) -> bool:
        """Tell whether a span holds a word of three letters or more beside the point's own strong terms."""
        rest = bytearray(unit.text)
        for term in self.own.get(unit.index, frozenset()) & self.strong:
            for low, high in unit.spans_outside(term, self.patterns, self.exclude):
                rest[low:high] = b" " * (high - low)
        return _WORD.search(rest, start, end) is not None

    def terms(self, unit: Unit) -> list[Span]:
        """Return the spans of the point's terms in a unit."""
        spans = self._spans.get(unit.index)
        if spans is None:
            spans = self._spans[unit.index] = [
                span
                for term in sorted(self.own.get(unit.index, ()))
                for span in unit.spans_outside(term, self.patterns, self.exclude)
            ]
        return spans


@dataclass(frozen=True, slots=True)
class _Terms:
    strong: frozenset[int]
    weak: frozenset[int]
    exclude: frozenset[int]
    all: frozenset[int]


class RelevanceRanker:
    """Ranks the units of one document for the points of a rubric.

    Args:
        rubric: whose points they are.
        patterns: its patterns.
        scanner: tells the points' terms in a text.
        units: all of the document; their terms are noted in them.
        postings: pattern id to the indexes of units that hold it.
    """

    def __init__(
        self,
        rubric: Rubric,
        patterns: Patterns,
        scanner: Scanner,
        units: Sequence[Unit],
        postings: Mapping[int, list[int]],
    ) -> None:
        self._settings = rubric.data.relevance
        self._patterns = patterns
        self._rubric = rubric
        self._units = units
        self._postings = postings
        self._merged = [unit for unit in units if unit.merged]
        self._headings = self._scanned(scanner)
        self._leading = self._scanned_leads(scanner)
        self._members: dict[int, list[int]] = {}  # passage to its units
        self._own_terms: dict[frozenset[int], dict[int, frozenset[int]]] = {}
        for unit in units:
            self._members.setdefault(unit.passage, []).append(unit.index)

    def named(self, point: Point) -> Iterator[tuple[int, bool, bool, bool]]:
        """Yield the units that name a point, or stand under a heading that does, in reading order.

        Each with whether it holds a strong term, a weak term, and whether its heading names the point.
        """
        terms = self._terms(point)
        own = self._own(terms)
        headings: dict[tuple[str, ...], bool] = {}
        named_by: dict[str, float] = {}
        for unit in self._units:
            under = headings.get(unit.section)
            if under is None:
                under = headings[unit.section] = self._heading(unit.section, terms, named_by) >= _NAMED
            found = own.get(unit.index)
            if found:
                yield unit.index, not found.isdisjoint(terms.strong), not found.isdisjoint(terms.weak), under
            elif under:
                yield unit.index, False, False, True

    def _terms(self, point: Point) -> _Terms:
        vocabulary = point.vocabulary
        exclude = (*vocabulary.exclude, *self._settings.exclude)
        strong, weak, excluded = (self._rubric.ids(words) for words in (vocabulary.strong, vocabulary.weak, exclude))
        return _Terms(strong, weak, excluded, strong | weak)

    def focus(self, point: Point) -> Focus:
        """Return the relevant units of a point."""
        settings = self._settings
        terms = self._terms(point)
        strong = terms.strong
        own = self._own(terms)
        passages: dict[int, list[frozenset[int]]] = {}
        for index, found in own.items():
            passages.setdefault(self._units[index].passage, []).append(found)
        relevance: dict[int, float] = {}
        headings: dict[tuple[str, ...], float] = {}
        named_by: dict[str, float] = {}
        weights = _Weights(terms, settings.weak, self._rarity(terms))
        none: frozenset[int] = frozenset()
        # A unit with no term in its passage is never relevant, whatever its headings say.
        for passage, parts in passages.items():
            whole = none.union(*parts)
            for index in self._members[passage]:
                unit = self._units[index]
                found = own.get(index, none)
                around = whole - found
                heading = headings.get(unit.section)
                if heading is None:
                    heading = headings[unit.section] = self._heading(unit.section, terms, named_by)
                if heading < _NAMED and strong.isdisjoint(whole):
                    continue
                length = self._length(unit, found & strong)
                (weight, rank), (beside, rank_beside) = weights[found], weights[around]
                total = length * weight + settings.heading * heading
                total += settings.context * min(2.0, beside)
                if total >= settings.threshold:
                    rank = length * rank + settings.heading * heading
                    rank += settings.context * rank_beside
                    relevance[index] = round(rank / (rank + 1.0), 3)
        kept = {index: found for index, found in own.items() if index in relevance}
        return Focus(relevance, kept, terms.exclude, self._patterns, terms.strong)

    def _length(self, unit: Unit, found: frozenset[int]) -> float:
        """Return how much a term counts by the unit's length: one word says less about a long sentence.

        A long unit that begins with the point counts in full: what a sentence is about stands first.
        """
        usual = self._settings.usual_length
        if len(unit.text) <= usual or not found.isdisjoint(self._leading.get(unit.index, ())):
            return 1.0
        excess = max(0.0, len(unit.text) / usual - 1.0)
        return 1.0 / (1.0 + self._settings.length_weight * excess)

    def _rarity(self, terms: _Terms) -> dict[int, float]:
        total = len(self._units)
        scale = math.log(total + 2)
        rarity = {}
        for term in terms.all:
            share = math.log((total + 2) / (len(self._postings.get(term, ())) + 1)) / scale
            rarity[term] = (0.5 + 0.5 * share) * (1.0 if term in terms.strong else self._settings.weak)
        return rarity

    def _own(self, terms: _Terms) -> dict[int, frozenset[int]]:
        """Return the units that hold terms of a point, with these; worked out once."""
        if terms.all not in self._own_terms:
            self._own_terms[terms.all] = self._found_own(terms)
        return self._own_terms[terms.all]

    def _found_own(self, terms: _Terms) -> dict[int, frozenset[int]]:
        excluded = {index for term in terms.exclude for index in self._postings.get(term, ())}
        own: dict[int, set[int]] = {}
        for term in sorted(terms.all):
            for index in self._postings.get(term, ()):
                if index not in excluded or self._units[index].spans_outside(term, self._patterns, terms.exclude):
                    if index in own:
                        own[index].add(term)
                    else:
                        own[index] = {term}
        spoken: dict[str, frozenset[int]] = {}
        for unit in self._merged:
            for text in unit.merged:
                if text not in spoken:
                    spoken[text] = self._standing(text, terms) & terms.strong
                if spoken[text]:
                    own.setdefault(unit.index, set()).update(spoken[text])
        return {index: frozenset(found) for index, found in own.items()}

    def _heading(self, section: tuple[str, ...], terms: _Terms, named_by: dict[str, float]) -> float:
        """Return how much the headings name the point: 1 for the nearest, less for those above, at most 1."""
        best = 0.0
        for share, heading in zip(_SHARES, reversed(section), strict=False):
            named = named_by.get(heading)
            if named is None:
                weight = _weight(self._standing(heading, terms), terms.strong, self._settings.weak)
                named = named_by[heading] = min(1.0, weight)
            best = max(best, share * named)
        return best

    def _standing(self, heading: str, terms: _Terms) -> frozenset[int]:
        """Return the point's terms in a heading or a merged cell."""
        text, hits = self._headings.get(heading, _NOTHING)
        found = terms.all.intersection(hits)
        if found and not terms.exclude.isdisjoint(hits):
            found = frozenset(t for t in found if self._patterns.outside(t, text, terms.exclude))
        return found

    def _scanned(self, scanner: Scanner) -> dict[str, tuple[bytes, Hits]]:
        """Return the headings and merged cells that hold terms, folded, with these."""
        spoken = dict.fromkeys(text for unit in self._merged for text in unit.merged)
        for section in {unit.section for unit in self._units}:
            spoken.update(dict.fromkeys(section[-len(_SHARES) :]))
        headings = list(spoken)
        texts = [fold(heading) for heading in headings]
        return {headings[at]: (texts[at], hits) for at, hits in scanner.scan_all(texts).items()}

    def _scanned_leads(self, scanner: Scanner) -> dict[int, Hits]:
        """Return the terms that long units begin with, by the index of the unit."""
        usual, lead = self._settings.usual_length, self._settings.lead
        long = [unit for unit in self._units if len(unit.text) > usual and (unit.hits or unit.merged)] if lead else []
        found = scanner.scan_all([unit.text[:lead] for unit in long])
        return {long[at].index: hits for at, hits in found.items()}


class _Weights(dict[frozenset[int], tuple[float, float]]):
    """Terms to what they weigh together, and to what they do by their rarity."""

    def __init__(self, terms: _Terms, weak: float, rarity: dict[int, float]) -> None:
        self._strong, self._weak, self._rarity = terms.strong, weak, rarity

    def __missing__(self, found: frozenset[int]) -> tuple[float, float]:
        weight = _weight(found, self._strong, self._weak), math.fsum(self._rarity[term] for term in found)
        self[found] = weight
        return weight


def _weight(found: Set[int], strong: frozenset[int], weak: float) -> float:
    count = len(found & strong)
    return count + weak * (len(found) - count)
