"""Matching a rubric's clauses against the units of a document.

What a clause matches in a unit does not depend on the point, so it is worked out once a document, and only where it is
asked for: a point asks in the units that are relevant to it, best first, and mostly needs the first few.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from decalogo.evaluation.matching.engine import Patterns
from decalogo.evaluation.matching.numbers import Number, NumberKind
from decalogo.evaluation.matching.relevance import Focus
from decalogo.evaluation.matching.sections import Sections
from decalogo.evaluation.matching.units import Unit, read_all_numbers
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.clauses import Clause, Element

_LEAD = 12
"""How far from the start of its cell an anchor still leads it, characters ("Nuevas familias", "100 familias")."""


@dataclass(frozen=True, slots=True)
class Match:
    """Where a clause is fulfilled: a span of a unit (offsets in the unit), and the number that took part."""

    unit: Unit
    start: int
    end: int
    number: Number | None = None
    anchor: bytes = b""

    @property
    def order(self) -> tuple[int, int, int]:
        """Reading order."""
        return (self.unit.index, self.start, self.end)


class Finder:
    """Finds the elements of one rubric in one document.

    Args:
        rubric: whose elements they are.
        patterns: its patterns.
        units: all of the document.
        relevant: those that are relevant to a point, in reading order; the clauses' patterns are noted in them.
        postings: pattern id to the indexes of units that hold it.
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
        self._possible: dict[int, set[int]] = {}
        self._by_clause: dict[int, dict[int, list[Match]]] = {}
        self._sections = Sections(rubric, patterns)

    def find(self, element: Element, focus: Focus, among: Set[int] | None = None) -> Iterator[Match]:
        """Yield the matches of an element in what is relevant to a point, best first, one a unit.

        Each is looked for when it is asked for. ``among``: look in these units only.
        """
        asked = [
            (clause, self._candidates(clause) & (focus.named if clause.about == "own" else focus.relevant))
            for clause in (*element.find, *(c for name in element.use for c in self._rubric.data.finders[name]))
        ]
        units: set[int] = set().union(*(indexes for _, indexes in asked))
        if among is not None:
            units &= among
        for index in filter(units.__contains__, focus.ranked) if units else ():
            if element.outside and self._sections.kind(self.units[index].section) in element.outside:
                continue
            for clause, indexes in asked:
                if index in indexes and (match := self._best(clause, index, focus)):
                    yield match
                    break

    def _best(self, clause: Clause, index: int, focus: Focus) -> Match | None:
        candidates = self._matches(clause, index)
        return self._nearest(clause, candidates, focus) if candidates else None

    def _nearest(self, clause: Clause, candidates: list[Match], focus: Focus) -> Match | None:
        """Return the candidate that stands nearest to the point's own words, if near enough."""
        unit = candidates[0].unit
        if unit.index not in (focus.own if clause.about == "own" else focus.relevance):
            return None
        if clause.apart:
            candidates = [match for match in candidates if focus.says_more(unit, match.start, match.end)]
            if not candidates:
                return None
        match = candidates[0]
        if clause.about == "own" and not unit.roles:
            distances = [(focus.distance(unit, match.start, match.end), match.start, match) for match in candidates]
            distance, _, match = min(distances, key=lambda item: item[:2])
            if distance > self._rubric.data.relevance.distance:
                return None
        return match if not clause.beside or self._has_beside(clause, unit, focus) else None

    def _has_beside(self, clause: Clause, unit: Unit, focus: Focus) -> bool:
        for distance in range(clause.reach + 1):
            for index in {unit.index - distance, unit.index + distance}:
                if not 0 <= index < len(self.units) or index not in focus.relevance:
                    continue
                other = self.units[index]
                if other.section != unit.section and other.passage != unit.passage:
                    continue
                if any(self._stands(name, index, focus) for name in clause.beside):
                    return True
        return False

    def _stands(self, name: str, index: int, focus: Focus) -> bool:
        """Tell whether a shared finder matches in one unit, for one point."""
        return any(
            index in self._candidates(clause) and self._best(clause, index, focus)
            for clause in self._rubric.data.finders[name]
        )

    def _matches(self, clause: Clause, index: int) -> list[Match]:
        """Return where a clause matches in one of its candidates; worked out once, whatever the point."""
        known = self._by_clause.setdefault(id(clause), {})
        found = known.get(index)
        if found is None:
            found = known[index] = self._match(clause, self.units[index])
        return found

    def _standing(self, written: tuple[str, ...]) -> set[int]:
        return {index for pattern in self._rubric.ids(written) for index in self._postings.get(pattern, ())}

    def _candidates(self, clause: Clause) -> set[int]:
        """Return the relevant units in which a clause may match (and others, where it asks for a point's term)."""
        known = self._possible.get(id(clause))
        if known is None:
            known = self._possible[id(clause)] = self._look_up(clause)
        return known

    def _look_up(self, clause: Clause) -> set[int]:
        if clause.any:
            candidates = self._standing(clause.any)
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
            candidates = candidates & self._standing(clause.also)
        if clause.none:
            candidates = candidates - self._standing(clause.none)
        return candidates

    def _with_columns(self, clause: Clause) -> set[int]:
        """Return the rows that have the columns a clause asks for, or stand under a merged cell that has."""
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
                for kind in sorted({number.kind for number in unit.numbers}):
                    self._numbered.setdefault(kind, []).append(unit.index)
        return self._numbered

    def _match(self, clause: Clause, unit: Unit) -> list[Match]:
        if any(role in unit.roles for role in clause.without):
            return []
        if clause.years and len({n.value for n in unit.numbers if n.kind is NumberKind.YEAR}) < clause.years:
            return []
        if clause.columns:
            return self._row_match(clause, unit)
        numbers = [n for n in unit.numbers if n.kind in clause.number and n.value > 0]  # "0 1": a flattened table
        if len(numbers) < clause.numbers:
            return []
        if not clause.any:
            if not clause.number:
                numbers = [n for n in unit.numbers if n.kind in (NumberKind.YEAR, NumberKind.PERIOD)]
            return [Match(unit, number.start, number.end, number) for number in numbers]
        anchors = self._anchors(clause.any, unit)
        if clause.also:
            others = self._anchors(clause.also, unit)
            most = clause.also_near
            anchors = [(s, e) for s, e in anchors if any(low - e <= most and s - high <= most for low, high in others)]
        if not clause.number:
            return [Match(unit, start, end, None, unit.text[start:end]) for start, end in anchors]
        found = []
        for start, end in anchors:
            near = [
                (max(start - n.end, n.start - end, 0), n.start, n)
                for n in numbers
                if clause.order == "any" or (n.start < start if clause.order == "before" else n.start >= end)
            ]
            if near and (closest := min(near, key=lambda item: item[:2]))[0] <= clause.near:
                number = closest[2]
                span = min(start, number.start), max(end, number.end)
                found.append(Match(unit, *span, number, unit.text[start:end]))
        return found

    def _row_match(self, clause: Clause, unit: Unit) -> list[Match]:
        cells = []
        number = None
        for role, content in clause.columns.items():
            cell = unit.roles.get(role)
            if cell is None:
                if content == "text" and role in unit.above:
                    continue
                return []
            if content == "number":
                counted = unit.cell_number(role)
                if counted is None:
                    return []
                number = number or counted
            cells.append(cell)
        anchors = self._anchors(clause.any, unit) if clause.any else []
        if clause.leads:
            led = unit.roles.get(clause.leads)
            first = led.start - unit.start if led else 0
            anchors = [(s, e) for s, e in anchors if led and first <= s <= first + _LEAD]
        if not cells or (clause.any and not anchors):
            return []
        start, end = min(c.start for c in cells) - unit.start, max(c.end for c in cells) - unit.start
        return [Match(unit, start, end, number, unit.text[anchors[0][0] : anchors[0][1]] if anchors else b"")]

    def _anchors(self, written: tuple[str, ...], unit: Unit) -> list[tuple[int, int]]:
        ids = self._rubric.ids(written)
        return sorted(span for hit in unit.hits if hit in ids for span in unit.spans(hit, self._patterns))
