"""Match one clause of a rubric in a unit of text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from decalogo.evaluation.matching.numbers import Number
from decalogo.evaluation.matching.patterns import Patterns
from decalogo.evaluation.matching.units import Unit
from decalogo.evaluation.re2_search import Span
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.rubric.clauses import Clause
from decalogo.evaluation.rubric.number_kinds import NumberKind

_LEAD = 12
"""Maximum distance of an anchor from the start of its cell, characters ("Nuevas familias", "100 familias")."""


@dataclass(slots=True, eq=False)
class Match:
    """A match of a clause.

    Attributes:
        unit: the unit.
        start: offset of the match in the unit's text.
        end: offset after the match.
        number: the number that belongs to the match, if any.
        anchor: text of the anchor.
    """

    unit: Unit
    start: int
    end: int
    number: Number | None = None
    anchor: bytes = b""

    @property
    def order(self) -> tuple[int, int, int]:
        """Reading order."""
        return (self.unit.index, self.start, self.end)


class Matcher:
    """Matches a clause in units that contain its patterns.

    Attributes:
        clause: the clause.
        any: pattern ids of ``clause.any``.
        also: pattern ids of ``clause.also``.
        none: pattern ids of ``clause.none``.
    """

    def __init__(self, clause: Clause, rubric: Rubric, patterns: Patterns) -> None:
        self.clause = clause
        self._patterns = patterns
        self.any, self.also, self.none = (rubric.ids(written) for written in (clause.any, clause.also, clause.none))
        self._first_only = clause.about != "own"

    def matches(self, unit: Unit) -> list[Match]:
        """Return the matches in reading order; only the first one unless ``about`` is ``own``."""
        clause = self.clause
        if clause.without and any(role in unit.roles for role in clause.without):
            return []
        if clause.years and len({n.value for n in unit.numbers if n.kind is NumberKind.YEAR}) < clause.years:
            return []
        if clause.columns:
            return self._row_match(unit)
        numbers: list[Number] = []
        if clause.number:
            # Zeros are cells of a flattened table.
            numbers = [n for n in unit.numbers if n.kind in clause.number and n.value > 0]
            if len(numbers) < clause.numbers:
                return []
        if not clause.any:
            if not clause.number:
                numbers = [n for n in unit.numbers if n.kind in (NumberKind.YEAR, NumberKind.PERIOD)]
            return [Match(unit, number.start, number.end, number) for number in numbers]
        if clause.number and not numbers:
            return []
        found = self._beside_numbers(unit, numbers) if clause.number else self._anchored(unit)
        if self._first_only:
            first = next(found, None)
            return [first] if first else []
        return list(found)

    def _anchored(self, unit: Unit) -> Iterator[Match]:
        for start, end in self._anchors(unit):
            yield Match(unit, start, end, None, unit.text[start:end])

    def _beside_numbers(self, unit: Unit, numbers: list[Number]) -> Iterator[Match]:
        """Yield each anchor with its nearest number, if one is near enough."""
        near, order = self.clause.near, self.clause.order
        for start, end in self._anchors(unit):
            closest, least = None, near + 1
            for n in numbers:
                if order == "any" or (n.start < start if order == "before" else n.start >= end):
                    away = n.start - end if n.start > end else max(start - n.end, 0)
                    if away < least:
                        closest, least = n, away
            if closest:
                span = min(start, closest.start), max(end, closest.end)
                yield Match(unit, *span, closest, unit.text[start:end])

    def _anchors(self, unit: Unit) -> list[Span]:
        anchors = self._spans(self.any, unit)
        if self.also and anchors:
            others = self._spans(self.also, unit)
            most = self.clause.also_near
            return [(s, e) for s, e in anchors if any(low - e <= most and s - high <= most for low, high in others)]
        return anchors

    def _spans(self, ids: frozenset[int], unit: Unit) -> list[Span]:
        return sorted([span for hit in unit.hits if hit in ids for span in unit.spans(hit, self._patterns)])

    def _row_match(self, unit: Unit) -> list[Match]:
        clause = self.clause
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
        anchors = self._spans(self.any, unit)
        if clause.leads:
            led = unit.roles.get(clause.leads)
            first = led.start - unit.start if led else 0
            anchors = [(s, e) for s, e in anchors if led and first <= s <= first + _LEAD]
        if not cells or (clause.any and not anchors):
            return []
        start, end = min(c.start for c in cells) - unit.start, max(c.end for c in cells) - unit.start
        return [Match(unit, start, end, number, unit.text[anchors[0][0] : anchors[0][1]] if anchors else b"")]


@lru_cache(maxsize=8)
def matchers(rubric: Rubric, patterns: Patterns) -> dict[int, Matcher]:
    """Return the cache of a rubric's matchers, by the ``id`` of their clause."""
    return {}
