"""Matching a rubric's clauses against the units of a document.

What a clause matches does not depend on the point, so it is worked out once a document; a point then keeps the matches
in units that are relevant to it, best first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from decalogo.evaluation.matching.engine import Patterns
from decalogo.evaluation.matching.numbers import Number, NumberKind, read_numbers
from decalogo.evaluation.matching.relevance import Focus
from decalogo.evaluation.matching.units import Unit
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.model import Clause, Element


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
    """Finds the elements of one rubric in one document."""

    def __init__(self, rubric: Rubric, patterns: Patterns, units: list[Unit], postings: dict[int, list[int]]) -> None:
        self._rubric = rubric
        self._patterns = patterns
        self.units = units
        self._postings = postings
        self._numbered: dict[NumberKind, list[int]] | None = None
        self._by_clause: dict[int, dict[int, Match]] = {}
        self._ids: dict[tuple[str, ...], frozenset[int]] = {}

    def find(self, element: Element, focus: Focus) -> list[Match]:
        """Return the matches of an element in what is relevant to a point, best first, one a unit."""
        clauses = [*element.find, *(clause for name in element.use for clause in self._rubric.data.finders[name])]
        best: dict[int, Match] = {}
        for clause in clauses:
            for index, match in self._matches(clause).items():
                if index not in best and self._counts(clause, match, focus):
                    best[index] = match
        return sorted(best.values(), key=lambda match: (-focus.relevance[match.unit.index], match.order))

    def _counts(self, clause: Clause, match: Match, focus: Focus) -> bool:
        index = match.unit.index
        if index not in (focus.own if clause.about == "own" else focus.relevance):
            return False
        return not clause.beside or self._has_beside(clause, match.unit, focus)

    def _has_beside(self, clause: Clause, unit: Unit, focus: Focus) -> bool:
        for distance in range(clause.reach + 1):
            for index in {unit.index - distance, unit.index + distance}:
                if not 0 <= index < len(self.units) or index not in focus.relevance:
                    continue
                other = self.units[index]
                if other.section != unit.section and other.passage != unit.passage:
                    continue
                if any(index in self._matches(c) for name in clause.beside for c in self._rubric.data.finders[name]):
                    return True
        return False

    def _matches(self, clause: Clause) -> dict[int, Match]:
        known = self._by_clause.get(id(clause))
        if known is None:
            known = {}
            for index in self._candidates(clause):
                match = self._match(clause, self.units[index])
                if match is not None:
                    known[index] = match
            self._by_clause[id(clause)] = known
        return known

    def _pattern_ids(self, written: tuple[str, ...]) -> frozenset[int]:
        ids = self._ids.get(written)
        if ids is None:
            ids = self._ids[written] = self._rubric.ids(written)
        return ids

    def _standing(self, written: tuple[str, ...]) -> set[int]:
        return {index for pattern in self._pattern_ids(written) for index in self._postings.get(pattern, ())}

    def _candidates(self, clause: Clause) -> Iterable[int]:
        if clause.any:
            candidates = self._standing(clause.any)
        elif clause.columns:
            candidates = {unit.index for unit in self.units if unit.roles}
        elif clause.number:
            candidates = {index for kind in clause.number for index in self._with_numbers().get(kind, ())}
        else:
            candidates = {
                index for kind in (NumberKind.YEAR, NumberKind.PERIOD) for index in self._with_numbers().get(kind, ())
            }
        if clause.also:
            candidates = candidates & self._standing(clause.also)
        if clause.none:
            candidates = candidates - self._standing(clause.none)
        return sorted(candidates)

    def _with_numbers(self) -> dict[NumberKind, list[int]]:
        if self._numbered is None:
            self._numbered = {}
            for unit in self.units:
                for kind in sorted({number.kind for number in unit.numbers}):
                    self._numbered.setdefault(kind, []).append(unit.index)
        return self._numbered

    def _match(self, clause: Clause, unit: Unit) -> Match | None:
        if clause.years and len({n.value for n in unit.numbers if n.kind is NumberKind.YEAR}) < clause.years:
            return None
        if clause.columns:
            return self._row_match(clause, unit)
        numbers = [number for number in unit.numbers if number.kind in clause.number]
        if not clause.any:
            first = numbers[0] if numbers else None
            years = [n for n in unit.numbers if n.kind in (NumberKind.YEAR, NumberKind.PERIOD)]
            if first is None and not (clause.years and years):
                return None
            spans = [first] if first else years
            return Match(unit, spans[0].start, spans[-1].end, first)
        anchors = self._anchors(clause.any, unit)
        if not anchors:
            return None
        if not clause.number:
            start, end = anchors[0]
            return Match(unit, start, end, None, unit.text[start:end])
        near = [
            (max(start - n.end, n.start - end, 0), start, end, n)
            for start, end in anchors
            for n in numbers
            if max(start - n.end, n.start - end, 0) <= clause.near
            and not (start <= n.start and n.end <= end and start == n.start)
        ]
        if not near:
            return None
        _, start, end, number = min(near, key=lambda item: (item[0], item[1], item[3].start))
        return Match(unit, min(start, number.start), max(end, number.end), number, unit.text[start:end])

    def _row_match(self, clause: Clause, unit: Unit) -> Match | None:
        cells = []
        number = None
        for role, content in clause.columns.items():
            cell = unit.roles.get(role)
            if cell is None:
                return None
            if content == "number":
                start, end = cell.start - unit.start, cell.end - unit.start
                inside = [
                    n for n in read_numbers(unit.text[start:end].decode("ascii")) if n.kind is not NumberKind.REFERENCE
                ]
                if not inside:
                    return None
                number = number or Number(
                    inside[0].kind, inside[0].value, start + inside[0].start, start + inside[0].end
                )
            cells.append(cell)
        anchor = b""
        if clause.any:
            anchors = self._anchors(clause.any, unit)
            if not anchors:
                return None
            anchor = unit.text[slice(*anchors[0])]
        start, end = min(c.start for c in cells) - unit.start, max(c.end for c in cells) - unit.start
        return Match(unit, start, end, number, anchor)

    def _anchors(self, written: tuple[str, ...], unit: Unit) -> list[tuple[int, int]]:
        ids = self._pattern_ids(written)
        return sorted(span for hit in unit.hits if hit in ids for span in self._patterns.spans(hit, unit.text))
