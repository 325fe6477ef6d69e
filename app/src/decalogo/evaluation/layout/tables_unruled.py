"""Tables without rules: columns from words that are aligned over several rows.

1. Find runs of lines that keep the same columns (``tables_regions``).
2. Join lines of text to rows of the table (``tables_rows``).
3. Reject prose in columns, lists, tables of contents and forms (``tables_checks``).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from decalogo.evaluation.documents.sheets import Box, Grid, GridCell
from decalogo.evaluation.layout.grids import RulingLines
from decalogo.evaluation.layout.tables_checks import is_prose_in_columns, is_unruled_table, may_be_table
from decalogo.evaluation.layout.tables_regions import Region, TextRow, find_regions
from decalogo.evaluation.layout.tables_rows import is_number, logical_rows, number_columns

_SEVERAL = 3
_THOUSANDS = re.compile(r"(?<=\d) (?=\d{3}\b)")
_CROSSES = 0.6
"""Minimum length of a horizontal rule between rows, as a share of the table's width."""


def find_unruled(rows: Sequence[TextRow], seeds: set[int], rules: RulingLines) -> list[Grid]:
    """Return the filled grids of the tables without rules among the text rows of a page.

    Args:
        rows: top to bottom, without those in ruled tables.
        seeds: indices of the rows that may have several segments.
        rules: of the page.
    """
    grids: list[Grid] = []
    for region in find_regions(rows, seeds):
        if len(region.strips) < 2 or is_prose_in_columns(region):
            continue
        levels, numeric = _levels(region, rules), number_columns(region)
        if not may_be_table(region, len(levels), numeric):
            continue
        groups = logical_rows(region, levels, numeric)
        if is_unruled_table(region, groups, len(levels), numeric):
            grids.append(_grid(region, groups))
    return grids


def is_coarse(grid: Grid, text: str) -> bool:
    """Return whether a cell of a ruled grid holds several numbers: rules between rows or columns are missing."""
    for cell in grid.cells:
        if len(cell.words) > 1 or (cell.words and cell.words[0][1] - cell.words[0][0] > _SEVERAL):
            joined = " ".join(text[start:end] for start, end in cell.words)
            tokens = _THOUSANDS.sub("", joined).split()
            numbers = sum(is_number(token) for token in tokens)
            if numbers >= _SEVERAL and 2 * numbers >= len(tokens):
                return True
    return False


def _levels(region: Region, rules: RulingLines) -> list[float]:
    """Return the heights of the horizontal rules and shaded edges between the rows of a region, top to bottom."""
    left, right = region.strips[0][0], region.strips[-1][1]
    top, bottom = region.rows[0].bottom, region.rows[-1].top
    lengths: dict[int, float] = {}
    edges = [(y, box.left, box.right) for box in rules.fills for y in (box.top, box.bottom)]
    for y, low, high in [*rules.horizontal, *edges]:
        if top - 2 <= y <= bottom + 2:
            key = round(y / 2)
            lengths[key] = lengths.get(key, 0.0) + max(0.0, min(high, right) - max(low, left))
    return [2.0 * key for key in sorted(lengths) if lengths[key] >= _CROSSES * (right - left)]


def _grid(region: Region, groups: Sequence[Sequence[TextRow]]) -> Grid:
    cells: list[GridCell] = []
    owner: list[list[GridCell]] = []
    borders = [groups[0][0].top - 1]
    for number, group in enumerate(groups):
        line = _cells(region, group, number)
        owner.append(line)
        cells += [cell for column, cell in enumerate(line) if cell.column == column]
        bottom = max(row.bottom for row in group)
        borders.append((bottom + groups[number + 1][0].top) / 2 if number + 1 < len(groups) else bottom + 1)
    columns = region.columns
    return Grid(Box(columns[0], borders[0], columns[-1], borders[-1]), columns, tuple(borders), cells, owner)


def _cells(region: Region, group: Sequence[TextRow], number: int) -> list[GridCell]:
    """Return the cells of a row of the table, one for each column; a text over several columns is one cell."""
    line: list[GridCell | None] = [None] * len(region.strips)
    for row in group:
        for segment in row.segments:
            first, last = region.column_of(segment)
            cell = line[first]
            if cell is None:
                while any(line[first:last]):
                    last -= 1
                cell = GridCell(number, first, number + 1, last)
                line[first:last] = [cell] * (last - first)
            cell.words.append((segment.start, segment.end))
    return [cell or GridCell(number, column, number + 1, column + 1) for column, cell in enumerate(line)]
