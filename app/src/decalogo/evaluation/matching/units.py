"""Units of text: the sentences, list items and table rows that can match an element and be quoted.

A unit is a span of one page. Its folded text has one byte per character and single-line spaces, so that offsets in it
are offsets in the page from the unit's start.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from decalogo.evaluation.matching.numbers import Number, read_numbers
from decalogo.evaluation.model import Cell, Extracted, Passage, PassageKind, Row

MAX_UNIT = 600
"""Longest unit, characters: a longer sentence is cut at a comma or a space."""

_SPACES = bytes.maketrans(b"\n\r\t\f\v", b"     ")
_END = re.compile(r"[.;!?…][)\"”»]?\s+(?=[A-ZÁÉÍÓÚÑÜ¿¡\"“«(0-9•✓➢▪\-])|\s*\n\s*(?=[•✓➢▪●○]|[-–] )")
_ABBREVIATION = re.compile(
    r"(?:\b(?:art|arts|no|nro|num|dr|dra|sr|sra|ing|lic|av|cra|cll|pag|pág|tel|ext|esq|cap|fig|ej|etc|aprox|min|máx|"
    r"vol|ed|op|cit|vs|n|[A-ZÁÉÍÓÚ])|\b\d{1,2})[.]\s*$",
    re.IGNORECASE,
)
_EVIDENCE_KINDS = (PassageKind.PROSE, PassageKind.LIST, PassageKind.TABLE_ROW)


@dataclass(slots=True, eq=False)
class Unit:
    """A sentence or a table row.

    Attributes:
        index: position in reading order.
        page: from 1; ``start`` and ``end`` are offsets in that page's text.
        text: folded text, ``len(text) == end - start``.
        passage: index of its passage (units of one passage share it).
        section: headings above it, outermost first; for table rows also cells merged over several rows.
        roles: for table rows, column role to its filled cell.
        hits: ids of the patterns that stand in it, ascending.
    """

    index: int
    page: int
    start: int
    end: int
    kind: PassageKind
    text: bytes
    passage: int
    section: tuple[str, ...]
    roles: dict[str, Cell] = field(default_factory=dict)
    hits: list[int] = field(default_factory=list)
    _numbers: tuple[Number, ...] | None = None

    @property
    def numbers(self) -> tuple[Number, ...]:
        """The numbers in it, read once."""
        if self._numbers is None:
            self._numbers = read_numbers(self.text.decode("ascii"))
        return self._numbers


def split_sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the spans of the sentences of ``text[start:end]``, trimmed, none longer than ``MAX_UNIT``."""
    low = start
    for match in _END.finditer(text, start, end):
        stop = match.start() + len(match.group().rstrip())
        if text[match.start()] == "." and _ABBREVIATION.search(text, max(low, stop - 8), stop):
            continue
        yield from _cut(text, low, stop)
        low = match.end()
    yield from _cut(text, low, end)


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > MAX_UNIT:
        stop = text.rfind(", ", start + MAX_UNIT // 2, start + MAX_UNIT)
        if stop < 0:
            stop = max(
                text.rfind(" ", start + MAX_UNIT // 2, start + MAX_UNIT), text.rfind("\n", start + 300, start + 600)
            )
        stop = stop + 1 if stop > 0 else start + MAX_UNIT
        yield from _trim(text, start, stop)
        start = stop
    yield from _trim(text, start, end)


def _trim(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if end - start >= 3:
        yield start, end


def build_units(
    document: Extracted, fold: Callable[[str], bytes], roles_of: Callable[[tuple[str, ...]], tuple[str, ...]]
) -> list[Unit]:
    """Return all units in reading order.

    Args:
        document: what extraction found.
        fold: text to folded bytes, one byte a character.
        roles_of: table header to the role of each column ("" where it has none).
    """
    folded = [fold(page.text).translate(_SPACES) for page in document.pages]
    spans: list[Unit] = []
    covered: dict[int, list[tuple[int, int]]] = {}
    passage_number = len(document.passages)
    for table in document.tables:
        roles = roles_of(table.header)
        if not any(roles):
            continue
        for row, section in _rows(table.rows, roles, table.section):
            unit = _row_unit(row, roles, section, folded, passage_number)
            if unit is not None:
                spans.append(unit)
                covered.setdefault(unit.page, []).append((unit.start, unit.end))
                passage_number += 1
    for ranges in covered.values():
        ranges.sort()
    for number, passage in enumerate(document.passages):
        if passage.kind in _EVIDENCE_KINDS and not _is_covered(passage, covered.get(passage.page, [])):
            text = document.pages[passage.page - 1].text
            for start, end in split_sentences(text, passage.start, passage.end):
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
                    )
                )
    spans.sort(key=lambda unit: (unit.page, unit.start, unit.end))
    for index, unit in enumerate(spans):
        unit.index = index
    return spans


def _rows(
    rows: tuple[Row, ...], roles: tuple[str, ...], section: tuple[str, ...]
) -> Iterator[tuple[Row, tuple[str, ...]]]:
    """Give every row the cells above it that a merged cell leaves empty (programme, indicator) as its heading."""
    carried: dict[int, str] = {}
    for row in rows:
        for index, cell in enumerate(row.cells[: len(roles)]):
            if cell.start >= 0 and cell.text.strip():
                if roles[index] in ("program", "result"):
                    carried = {i: text for i, text in carried.items() if i < index}
                    carried[index] = cell.text
        yield row, (*section, *(" ".join(text.split()) for _, text in sorted(carried.items())))


def _row_unit(
    row: Row, roles: tuple[str, ...], section: tuple[str, ...], folded: list[bytes], passage: int
) -> Unit | None:
    cells = [
        (role, cell) for role, cell in zip(roles, row.cells, strict=False) if cell.start >= 0 and cell.text.strip()
    ]
    if len(cells) < 2:
        return None
    start, end = min(cell.start for _, cell in cells), max(cell.end for _, cell in cells)
    if end - start > 2 * MAX_UNIT:
        return None  # merged cells torn apart: the plain passages serve better
    named = {role: cell for role, cell in reversed(cells) if role}
    return Unit(
        0, row.page, start, end, PassageKind.TABLE_ROW, folded[row.page - 1][start:end], passage, section, named
    )


def _is_covered(passage: Passage, ranges: list[tuple[int, int]]) -> bool:
    index = bisect_right(ranges, (passage.start + 1, 1 << 60)) - 1
    return index >= 0 and ranges[index][1] > passage.start and passage.kind is PassageKind.TABLE_ROW
