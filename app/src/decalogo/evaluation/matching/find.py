"""Find the elements of a rubric in the units of a document.

Candidates for a clause come from an index: pattern id to the units that contain it. A match of a clause in a unit does
not depend on the point, so it is computed at most once per document. Points iterate over their relevant units, best
first, and usually need only the first few matches; the rest is never computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from decalogo.evaluation.matching.match import Match, Matcher, matchers
from decalogo.evaluation.matching.patterns import Patterns
from decalogo.evaluation.matching.relevance import Focus
from decalogo.evaluation.matching.sections import Sections
from decalogo.evaluation.matching.units import Unit, read_all_numbers
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.clauses import Clause, Element
from decalogo.evaluation.rubric.number_kinds import NumberKind


@dataclass(slots=True, eq=False)
class _Search:
    """A clause in one document: the units in which it may match, and the matches computed so far."""

    clause: Clause
    matcher: Matcher
    candidates: set[int]
    own: bool
    found: dict[int, list[Match]] = field(default_factory=dict)

    def matches(self, unit: Unit) -> list[Match]:
        """Return the matches of the clause in a candidate unit, computed once for all points."""
        found = self.found.get(unit.index)
        if found is None:
            found = self.found[unit.index] = self.matcher.matches(unit)
        return found


class Finder:
    """Finds the elements of one rubric in one document.

    Args:
        rubric: the rubric.
        patterns: its patterns.
        units: all units of the document.
        relevant: units that are relevant to a point, in reading order; their hits include the patterns of clauses.
        postings: indices of the units that contain a pattern, by pattern id.
    """

    def __init__(
        self,
        rubric: Rubric,
        patterns: Patterns,
        units: list[Unit],
        relevant: list[Unit],
        postings: dict[int, list[int]],
    ) -> None:
        self._rubric = rubric
        self.language = rubric.language
        self._patterns = patterns
        self.units = units
        self._relevant = relevant
        self._postings = postings
        read_all_numbers(relevant)
        self._numbered: dict[NumberKind, list[int]] | None = None
        self._filled: dict[str, set[int]] | None = None
        self._under: dict[str, set[int]] = {}
        self._by_element: dict[int, list[_Search]] = {}
        self._by_finder: dict[str, list[_Search]] = {}
        self._sections = Sections(rubric, patterns)
        self._matchers = matchers(rubric, patterns)

    def find(self, element: Element, focus: Focus, among: Set[int] | None = None) -> Iterator[Match]:
        """Yield the matches of an element in the units relevant to a point, best first, one per unit.

        Matches are computed lazily. ``among`` restricts the search to these units.
        """
        searches = self._by_element.get(id(element))
        if searches is None:
            searches = [self._search(clause) for clause in element.find]
            searches += [search for name in element.use for search in self._shared(name)]
            self._by_element[id(element)] = searches
        asked = [
            (search, indexes)
            for search in searches
            if (indexes := search.candidates & (focus.named if search.own else focus.relevant))
        ]
        if not asked:
            return
        units = asked[0][1].union(*(indexes for _, indexes in asked[1:]))
        if among is not None:
            units &= among
        for index in filter(units.__contains__, focus.ranked):
            unit = self.units[index]
            if element.outside and self._sections.kind(unit.section) in element.outside:
                continue
            for search, indexes in asked:
                if index in indexes and (match := self._best(search, unit, focus)):
                    yield match
                    break

    def _search(self, clause: Clause) -> _Search:
        matcher = self._matchers.get(id(clause))
        if matcher is None:
            matcher = self._matchers[id(clause)] = Matcher(clause, self._rubric, self._patterns)
        return _Search(clause, matcher, self._candidates(matcher), clause.about == "own")

    def _shared(self, name: str) -> list[_Search]:
        """Return the searches of a shared finder."""
        searches = self._by_finder.get(name)
        if searches is None:
            searches = self._by_finder[name] = [self._search(clause) for clause in self._rubric.data.finders[name]]
        return searches

    def _best(self, search: _Search, unit: Unit, focus: Focus) -> Match | None:
        """Return the match nearest to the point's terms in a unit; ``None`` if none is near enough."""
        candidates = search.matches(unit)
        if not candidates:
            return None
        clause = search.clause
        if clause.apart:
            candidates = [match for match in candidates if focus.says_more(unit, match.start, match.end)]
            if not candidates:
                return None
        match = candidates[0]
        most = self._rubric.data.relevance.distance
        if search.own and not unit.roles and len(candidates) == 1:
            if not focus.is_near(unit, match.start, match.end, most):
                return None
        elif search.own and not unit.roles:
            distances = [focus.distance(unit, match.start, match.end) for match in candidates]
            least = min(distances)
            if least > most:
                return None
            match = min((m for m, far in zip(candidates, distances, strict=True) if far == least), key=_start)
        return match if not clause.beside or self._has_beside(clause, unit, focus) else None

    def _has_beside(self, clause: Clause, unit: Unit, focus: Focus) -> bool:
        for distance in range(clause.reach + 1):
            for index in {unit.index - distance, unit.index + distance}:
                if index not in focus.relevant:
                    continue
                other = self.units[index]
                if other.section != unit.section and other.passage != unit.passage:
                    continue
                if any(self._stands(name, other, focus) for name in clause.beside):
                    return True
        return False

    def _stands(self, name: str, unit: Unit, focus: Focus) -> bool:
        """Return whether a shared finder matches in a unit, for a point."""
        return any(
            unit.index in search.candidates
            and unit.index in (focus.named if search.own else focus.relevant)
            and self._best(search, unit, focus)
            for search in self._shared(name)
        )

    def _standing(self, ids: frozenset[int]) -> set[int]:
        found = (self._postings[pattern] for pattern in ids if pattern in self._postings)
        return set().union(*found)

    def _candidates(self, matcher: Matcher) -> set[int]:
        """Return the units in which a clause may match: all relevant ones, and possibly others."""
        clause = matcher.clause
        if clause.any:
            candidates = self._standing(matcher.any)
        elif clause.columns:
            candidates = self._with_columns(clause)
        elif clause.number:
            candidates = {index for kind in clause.number for index in self._with_numbers().get(kind, ())}
        else:
            candidates = {
                index for kind in (NumberKind.YEAR, NumberKind.PERIOD) for index in self._with_numbers().get(kind, ())
            }
        if clause.any and clause.columns:
            candidates = candidates & self._with_columns(clause)
        if clause.also:
            candidates = candidates & self._standing(matcher.also)
        if clause.none:
            candidates = candidates - self._standing(matcher.none)
        return candidates

    def _with_columns(self, clause: Clause) -> set[int]:
        """Return the rows with the columns of a clause, own cells or merged cells above them."""
        if self._filled is None:
            self._filled, self._under = {}, {}
            for unit in self._relevant:
                for role in unit.roles:
                    self._filled.setdefault(role, set()).add(unit.index)
                for role in unit.above:
                    self._under.setdefault(role, set()).add(unit.index)
        none: set[int] = set()
        asked = [
            self._filled.get(role, none) | (self._under.get(role, none) if content == "text" else none)
            for role, content in clause.columns.items()
        ]
        return set.intersection(*asked)

    def _with_numbers(self) -> dict[NumberKind, list[int]]:
        if self._numbered is None:
            self._numbered = {}
            for unit in self._relevant:
                kinds: list[NumberKind] = []  # few: a list is faster than a set
                for number in unit.numbers:
                    if number.kind not in kinds:
                        kinds.append(number.kind)
                        self._numbered.setdefault(number.kind, []).append(unit.index)
        return self._numbered


def _start(match: Match) -> int:
    return match.start
