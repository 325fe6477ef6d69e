"""Units of text: the sentences, list items and table rows that can match an element and be quoted.

A unit is a span of one page. Its folded text has one byte per character and single-line spaces, so that offsets in it
are offsets in the page from the unit's start.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import zip_longest
from operator import attrgetter

from decalogo.evaluation.documents.model import Cell, Extracted, Passage, PassageKind, Row, Table
from decalogo.evaluation.languages import Language
from decalogo.evaluation.layout.note_marks import AFTER_SENTENCE
from decalogo.evaluation.matching.numbers import Number, NumberReader, number_reader
from decalogo.evaluation.matching.patterns import Patterns
from decalogo.evaluation.matching.scanner import Hits
from decalogo.evaluation.re2_search import Span
from decalogo.evaluation.rubric.number_kinds import NumberKind

MAX_UNIT = 600
"""Longest unit, characters: a longer sentence is cut at a comma or a space."""

_SPACES = bytes.maketrans(b"\n\r\t\f\v", b"     ")
# One class of signs to begin with: the engine skips to the next of them at full speed.
_END = re.compile(
    rf"[.;!?…\n](?:(?<!\n)[)\"”»]?{AFTER_SENTENCE}\s+(?=[A-ZÁÉÍÓÚÑÜ¿¡\"“«(0-9•✓➢▪\-])|(?<=\n)\s*(?=[•✓➢▪●○]|[-–] ))"
)
_HEADS = ("program", "result")
_EVIDENCE_KINDS = (PassageKind.PROSE, PassageKind.LIST, PassageKind.TABLE_ROW)


@dataclass(slots=True, eq=False)
class Unit:
    """A sentence or a table row.

    Attributes:
        index: position in reading order.
        page: page number, from 1.
        start: offset in the page's text.
        end: offset after the unit in the page's text.
        kind: kind of its passage.
        text: folded text, ``len(text) == end - start``.
        passage: index of its passage, shared by all units of the passage.
        section: headings above it, outermost first. For table rows, they include cells merged over several rows.
        reader: number reader of the language.
        roles: for table rows, the filled cells by column role.
        above: for table rows, the roles of merged cells above, whose texts are in ``section``.
        merged: texts of those cells.
        hits: ids of the patterns that match, as far as they were searched.
    """

    index: int
    page: int
    start: int
    end: int
    kind: PassageKind
    text: bytes
    passage: int
    section: tuple[str, ...]
    reader: NumberReader
    roles: dict[str, Cell] = field(default_factory=dict)
    above: frozenset[str] = frozenset()
    merged: tuple[str, ...] = ()
    hits: Hits = frozenset()
    _spans: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    _numbers: tuple[Number, ...] | None = None
    _cells: dict[str, Number | None] = field(default_factory=dict)

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The numbers in it, read once."""
        if self._numbers is None:
            self._numbers = self.reader.read(self.text)
        return self._numbers

    def spans(self, pattern_id: int, patterns: Patterns) -> list[tuple[int, int]]:
        """Return the spans of one pattern, searched once."""
        spans = self._spans.get(pattern_id)
        if spans is None:
            spans = self._spans[pattern_id] = patterns.spans(pattern_id, self.text)
        return spans

    def spans_outside(self, pattern_id: int, patterns: Patterns, exclude: frozenset[int]) -> list[Span]:
        """Return the spans of one pattern that overlap no span of the patterns ``exclude``."""
        spans = self.spans(pattern_id, patterns)
        if exclude.isdisjoint(self.hits):
            return spans
        masked = [span for other in sorted(exclude & self.hits) for span in self.spans(other, patterns)]
        return [(start, end) for start, end in spans if not any(low < end and start < high for low, high in masked)]

    def cell_number(self, role: str) -> Number | None:
        """Return the first number of a cell that is not a reference, with its offsets in the unit."""
        if role not in self._cells:
            self._cells[role] = None
            cell = self.roles[role]
            start = cell.start - self.start
            for number in self.reader.read(self.text[start : cell.end - self.start]):
                if number.kind is not NumberKind.REFERENCE:
                    place = start + number.start, start + number.end
                    self._cells[role] = Number(number.kind, number.value, *place)
                    break
        return self._cells[role]


def read_all_numbers(units: Sequence[Unit]) -> None:
    """Read the numbers of many units together, which is faster than one by one."""
    if units:
        found = units[0].reader.read_all([unit.text for unit in units])
        for unit, numbers in zip(units, found, strict=True):
            unit._numbers = numbers


@lru_cache(maxsize=8)
def _abbreviation(language: Language) -> re.Pattern[str]:
    """Return the pattern of abbreviations, whose full stop does not end a sentence."""
    words = "|".join(map(re.escape, language.abbreviations))
    return re.compile(rf"(?:\b(?:{words}|[A-ZÁÉÍÓÚ])|\b\d{{1,2}})[.]\s*$", re.IGNORECASE)


def split_sentences(text: str, start: int, end: int, abbreviation: re.Pattern[str]) -> list[Span]:
    """Return the spans of the sentences of ``text[start:end]``, trimmed, none longer than ``MAX_UNIT``."""
    spans: list[Span] = []
    low = start
    for match in _END.finditer(text, start, end):
        stop = match.start() + len(match.group().rstrip())
        if text[match.start()] == "." and abbreviation.search(text, max(low, stop - 8), stop):
            continue
        spans += _cut(text, low, stop)
        low = match.end()
    return spans + _cut(text, low, end)


def _cut(text: str, start: int, end: int) -> list[Span]:
    spans: list[Span] = []
    while end - start > MAX_UNIT:
        stop = text.rfind(", ", start + MAX_UNIT // 2, start + MAX_UNIT)
        if stop < 0:
            stop = max(
                text.rfind(" ", start + MAX_UNIT // 2, start + MAX_UNIT), text.rfind("\n", start + 300, start + 600)
            )
        stop = stop + 1 if stop > 0 else start + MAX_UNIT
        spans += _trim(text, start, stop)
        start = stop
    return spans + _trim(text, start, end)


def _trim(text: str, start: int, end: int) -> list[Span]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return [(start, end)] if end - start >= 3 else []


def build_units(
    document: Extracted,
    fold: Callable[[str], bytes],
    roles_of: Callable[[tuple[str, ...], tuple[str, ...]], tuple[str, ...]],
    language: Language,
    headings: bool = False,
) -> list[Unit]:
    """Return all units in reading order.

    Args:
        document: the extracted document.
        fold: folds a text to bytes, one byte per character.
        roles_of: returns the role of each column, or "", for a table header and the headings above it.
        language: language of numbers and abbreviations.
        headings: whether headings are units too.
    """
    reader, abbreviation = number_reader(language), _abbreviation(language)
    kinds = (*_EVIDENCE_KINDS, PassageKind.HEADING) if headings else _EVIDENCE_KINDS
    folded = [fold(page.text).translate(_SPACES) for page in document.pages]
    spans: list[Unit] = []
    covered: dict[int, list[tuple[int, int]]] = {}
    passage_number = len(document.passages)
    for table in document.tables:
        roles = roles_of(table.header, table.section)
        if not any(roles):
            continue
        for unit in _table_units(table, roles, folded, passage_number, reader):
            unit.passage = passage_number
            passage_number += 1
            spans.append(unit)
            covered.setdefault(unit.page, []).append((unit.start, unit.end))
    for ranges in covered.values():
        ranges.sort()
    for number, passage in enumerate(document.passages):
        if passage.kind in kinds and not _is_covered(passage, covered.get(passage.page, [])):
            text = document.pages[passage.page - 1].text
            for start, end in split_sentences(text, passage.start, passage.end, abbreviation):
                spans.append(
                    Unit(
                        0,
                        passage.page,
                        start,
                        end,
                        passage.kind,
                        folded[passage.page - 1][start:end],
                        number,
                        passage.section,
                        reader,
                    )
                )
    spans.sort(key=attrgetter("page", "start", "end"))
    for index, unit in enumerate(spans):
        unit.index = index
    return spans


def _table_units(
    table: Table, roles: tuple[str, ...], folded: list[bytes], passage: int, reader: NumberReader
) -> Iterator[Unit]:
    """Yield the rows of a table as units.

    A cell merged over several rows is in each of them with the same offsets, or in the first one only. It forms a unit
    of its own with the adjacent merged cells (an indicator and its target), and it is context for the rows it spans.
    """
    rows_of: Counter[tuple[int, int, int]] = Counter()
    for row in table.rows:
        rows_of.update({(row.page, cell.start, cell.end) for cell in row.cells if cell.start >= 0})
    seen: set[tuple[int, int, int]] = set()
    above: dict[int, str] = {}
    heads = roles.index("product") if "product" in roles else 0
    for row, following in zip_longest(table.rows, table.rows[1:]):
        own: dict[int, Cell] = {}
        merged: dict[int, Cell] = {}
        for index, cell in enumerate(row.cells[: len(roles)]):
            if cell.start < 0 or not cell.text.strip():
                continue
            place = (row.page, cell.start, cell.end)
            if rows_of[place] == 1 and not (index < heads and _goes_on(following, index, heads)):
                own[index] = cell
            elif place not in seen:
                seen.add(place)
                merged[index] = cell
        for index, cell in sorted({**own, **merged}.items()):
            if index in merged or roles[index] in _HEADS:
                above = {i: text for i, text in above.items() if i < index}
                above[index] = " ".join(cell.text.split())
        beyond = tuple(text for i, text in sorted(above.items()) if i not in own)
        section = (*table.section, *beyond)
        known = frozenset(roles[i] for i in above)
        for cells in _runs(merged):
            if unit := _row_unit(row.page, cells, roles, table.section, folded, passage, reader):
                yield unit
        if unit := _row_unit(row.page, own, roles, section, folded, passage, reader):
            unit.above, unit.merged = known.difference(unit.roles), beyond
            yield unit


def _runs(cells: dict[int, Cell]) -> list[dict[int, Cell]]:
    """Divide merged cells into runs of adjacent columns."""
    runs: list[dict[int, Cell]] = []
    for index, cell in sorted(cells.items()):
        if not runs or index - 1 not in runs[-1]:
            runs.append({})
        runs[-1][index] = cell
    return runs


def _goes_on(row: Row | None, index: int, product: int) -> bool:
    """Return whether a row has an empty cell in a column left of a product: the cell above extends to it."""
    return row is not None and row.cells[index].start < 0 <= row.cells[product].start


def _row_unit(
    page: int,
    cells: dict[int, Cell],
    roles: tuple[str, ...],
    section: tuple[str, ...],
    folded: list[bytes],
    passage: int,
    reader: NumberReader,
) -> Unit | None:
    if len(cells) < 2:
        return None
    start, end = min(cell.start for cell in cells.values()), max(cell.end for cell in cells.values())
    if end - start > 2 * MAX_UNIT:
        return None  # cells torn apart: the plain passages serve better
    named = {roles[index]: cell for index, cell in sorted(cells.items(), reverse=True) if roles[index]}
    return Unit(
        0, page, start, end, PassageKind.TABLE_ROW, folded[page - 1][start:end], passage, section, reader, named
    )


def _is_covered(passage: Passage, ranges: list[tuple[int, int]]) -> bool:
    index = bisect_right(ranges, (passage.start + 1, 1 << 60)) - 1
    return index >= 0 and ranges[index][1] > passage.start and passage.kind is PassageKind.TABLE_ROW
