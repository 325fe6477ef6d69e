"""Build tables from ruled grids: titles, header and rows, joined where a table continues on the next page.

- Rows at the top with one cell over the full width are titles of the table. They go into its section path.
- The next one to three rows are the header if they look like column titles: short texts, hardly any numbers except
  years. A header spans several rows if a cell of its first row does, or if a title spans several columns.
- A cell merged over several rows holds in each of them, with the same offsets.
- A table continues the last one of the previous page if both have the same columns (by position, after a shift) and
  only headers and footers lie between them. A repeated header is dropped; other text in its place is data.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from decalogo.evaluation.documents.model import Cell, Row, Table
from decalogo.evaluation.documents.sheets import Grid, GridCell, Line, Sheet
from decalogo.evaluation.fold import fold

_EMPTY = Cell("", -1, -1)
_HEADER_ROWS = 3
_SAME_COLUMN = 6.0
"""Maximum difference of the column borders of a table on two pages, points."""
_NUMERIC = re.compile(r"[\d\s.,%$()+\-–—/]*\d[\d\s.,%$()+\-–—/]*")
_YEARS = re.compile(r"(?:19|20)\d\d(?:\s*[-–/]\s*(?:(?:19|20)?\d\d))?|\d{1,3}\s*[-–]\s*\d{1,3}")
"""Years, and ranges such as those of ages."""
_OVERLAP = 2.0
"""Maximum overlap of a line's box with a grid above or below it, points."""


@dataclass(slots=True)
class _Part:
    """The part of a table on one page."""

    columns: tuple[float, ...]
    header: list[tuple[Cell, ...]]
    titles: list[str]
    rows: list[Row]
    top: float
    bottom: float


def build_tables(
    sheets: Sequence[Sheet], furniture: Sequence[set[int]], sections: Mapping[tuple[int, int], tuple[str, ...]]
) -> list[Table]:
    """Return the tables of a document.

    Args:
        sheets: its pages.
        furniture: indices of the lines that are headers, footers or page numbers, per sheet.
        sections: headings above each grid, by index of the sheet and of the grid on it.
    """
    tables: list[Table] = []
    open_part: _Part | None = None
    open_index = -1
    for number, sheet in enumerate(sheets):
        for index, grid in enumerate(sheet.grids):
            part = _read(sheet, grid)
            if part is None:
                continue
            if (
                open_part is not None
                and index == 0
                and open_index == number - 1
                and _continues(open_part, part, sheets[number - 1], sheet, furniture[number - 1], furniture[number])
            ):
                body = part.rows if _same_header(open_part, part) else [*_as_rows(part, sheet.number), *part.rows]
                tables[-1] = _longer(tables[-1], body)
                open_part.bottom = part.bottom
            else:
                section = sections.get((number, index), ())
                tables.append(_table(part, sheet.number, (*section, *part.titles)))
                open_part = part
            open_index = number
        if open_index != number:
            open_part = None
    return [table for table in tables if table.rows]


def _table(part: _Part, page: int, section: tuple[str, ...]) -> Table:
    wide = len(part.columns) - 1
    header = tuple(" ".join(_distinct(row[column].text for row in part.header)) for column in range(wide))
    return Table(header, tuple(part.rows), part.rows[0].page if part.rows else page, section)


def _distinct(texts: object) -> list[str]:
    found: list[str] = []
    for text in texts:  # type: ignore[attr-defined]
        if text and text not in found:
            found.append(text)
    return found


def _longer(table: Table, rows: Sequence[Row]) -> Table:
    return Table(table.header, (*table.rows, *rows), table.rows[0].page if table.rows else table.page, table.section)


def _as_rows(part: _Part, page: int) -> list[Row]:
    return [Row(page, cells) for cells in part.header]


def _cell(text: str, cell: GridCell) -> Cell:
    """Return a cell's text, with the offsets of its longest stretch that is contiguous in the page's text."""
    runs: list[tuple[int, int]] = []
    for start, end in sorted(cell.words):
        if runs and not text[runs[-1][1] : start].strip():
            runs[-1] = (runs[-1][0], end)
        elif start < end:
            runs.append((start, end))
    if not runs:
        return _EMPTY
    start, end = max(runs, key=lambda run: (run[1] - run[0], -run[0]))
    return Cell(" ".join(" ".join(text[a:b].split()) for a, b in runs), start, end)


def _read(sheet: Sheet, grid: Grid) -> _Part | None:
    wide, high = len(grid.columns) - 1, len(grid.rows) - 1
    rows: list[list[Cell]] = [[_EMPTY] * wide for _ in range(high)]
    origin: list[list[GridCell | None]] = [[None] * wide for _ in range(high)]
    for cell in grid.cells:
        value = _cell(sheet.text, cell)
        for row in range(cell.row, cell.row_end):  # a merged cell holds in each of its rows
            rows[row][cell.column] = value
            for column in range(cell.column, cell.column_end):
                origin[row][column] = cell
    if not any(cell.words for cell in grid.cells):
        return None
    titles: list[str] = []
    top = 0
    while top < high - 1 and sum(1 for cell in rows[top] if cell.text) <= 1 and _spans_all(origin[top], wide):
        titles += [cell.text for cell in rows[top] if cell.text]
        top += 1
    depth = _header_depth(rows, origin, top)
    header = [_spread(rows[row], origin[row]) for row in range(top, top + depth)]
    body = [Row(sheet.number, tuple(cells)) for cells in rows[top + depth :] if any(cell.text for cell in cells)]
    return _Part(grid.columns, header, titles, body, grid.box.top, grid.box.bottom)


def _spans_all(cells: Sequence[GridCell | None], wide: int) -> bool:
    first = cells[0]
    return first is not None and first.column_end - first.column == wide


def _spread(cells: Sequence[Cell], origin: Sequence[GridCell | None]) -> tuple[Cell, ...]:
    """Repeat a title over several columns in each of them."""
    spread = list(cells)
    for column, cell in enumerate(origin):
        if cell is not None and cell.column < column:
            spread[column] = spread[cell.column]
    return tuple(spread)


def _header_depth(rows: Sequence[Sequence[Cell]], origin: Sequence[Sequence[GridCell | None]], top: int) -> int:
    """Return the number of header rows from ``top`` on; 0 if the first row holds data."""
    if len(rows) - top < 2 or not _titles(_spread(rows[top], origin[top])):
        return 0
    depth = max((cell.row_end - top for cell in origin[top] if cell is not None), default=1)
    if depth == 1 and any(cell is not None and cell.column_end - cell.column > 1 for cell in origin[top]):
        depth = 2
    depth = min(depth, _HEADER_ROWS, len(rows) - top - 1)
    while depth > 1 and not all(_titles(_spread(rows[row], origin[row])) for row in range(top + 1, top + depth)):
        depth -= 1
    return max(depth, 1)


def _titles(cells: Sequence[Cell]) -> bool:
    """Return whether a row can be column titles: short texts, hardly any numbers except years."""
    texts = [cell.text for cell in cells if cell.text]
    if not texts or any(len(text) > 150 for text in texts):
        return False
    numeric = [text for text in texts if _NUMERIC.fullmatch(text) and not _YEARS.fullmatch(text)]
    return len(numeric) <= 0.2 * len(texts) and len(texts) >= 0.5 * len(cells)


def _same_header(before: _Part, part: _Part) -> bool:
    if not part.header or not before.header:
        return not part.header
    old, new = before.header[0], part.header[0]
    pairs = [(fold(a.text), fold(b.text)) for a, b in zip(old, new, strict=True) if a.text or b.text]
    return sum(a == b for a, b in pairs) >= 0.6 * len(pairs)


def _continues(
    before: _Part, part: _Part, old: Sheet, new: Sheet, old_furniture: set[int], new_furniture: set[int]
) -> bool:
    """Return whether ``part`` continues ``before``: same columns, and only headers and footers between them."""
    if part.titles or len(before.columns) != len(part.columns):
        return False
    shift = part.columns[0] - before.columns[0]
    if any(abs(a + shift - b) > _SAME_COLUMN for a, b in zip(before.columns, part.columns, strict=True)):
        return False
    below = any(_top(line) >= before.bottom for index, line in enumerate(old.lines) if index not in old_furniture)
    above = any(_bottom(line) <= part.top for index, line in enumerate(new.lines) if index not in new_furniture)
    return not below and not above


def _top(line: Line) -> float:
    return line.box.top + _OVERLAP if line.box else float(line.start)  # a format without positions: text order


def _bottom(line: Line) -> float:
    return line.box.bottom - _OVERLAP if line.box else float(line.end)
