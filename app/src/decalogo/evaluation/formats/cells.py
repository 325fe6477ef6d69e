"""Sheets of spreadsheets as blocks: the sheet's name, texts that stand alone, and tables.

A sheet is a grid of cells, in which tables, their titles and their notes stand under one another. Empty rows part them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from decalogo.evaluation.formats.blocks import Block, Break, PageBreak, Paragraph, RowCell, TableRow
from decalogo.evaluation.formats.budgets import Budget

_DEFAULT_NAME = re.compile(r"(?:hoja|sheet|tabla|table|planilha|feuille|foglio|blatt)\s?\d{0,4}", re.IGNORECASE)
_NUMERIC = re.compile(r"[\d\s.,%$€()+\-–—/]*\d[\d\s.,%$€()+\-–—/]*")
_TITLE_RANK = 2
_LONGEST_TITLE = 160
_MOST_MERGES = 100_000
_MOST_MERGED_ROWS = 100_000
_Row = dict[int, str]


@dataclass(frozen=True, slots=True)
class Merge:
    """Cells that are one cell: rows and columns from 0, ends excluded."""

    row: int
    column: int
    row_end: int
    column_end: int


@dataclass(slots=True)
class SheetCells:
    """One sheet: the texts of its cells by row and column, from 0, and which of them are merged."""

    name: str
    budget: Budget
    rows: dict[int, _Row] = field(default_factory=dict)
    merges: list[Merge] = field(default_factory=list)

    def put(self, row: int, column: int, text: str) -> None:
        """Set the text of a cell."""
        if text and not text.isspace():
            self.budget.add_cells()
            self.budget.add_paragraph(len(text))
            cells = self.rows.get(row)
            if cells is None:
                self.budget.add_row()
                cells = self.rows[row] = {}
            cells[column] = text

    def merge(self, merge: Merge) -> None:
        """Make a block of cells one cell."""
        if len(self.merges) < _MOST_MERGES:
            self.merges.append(merge)


def spreadsheet_blocks(sheets: list[SheetCells]) -> list[Block]:
    """Return the blocks of the sheets, a page break between two of them."""
    blocks: list[Block] = []
    table = 0
    for number, sheet in enumerate(sheets):
        if number:
            blocks.append(PageBreak(Break.HARD))
        if sheet.rows and sheet.name.strip() and not _DEFAULT_NAME.fullmatch(sheet.name.strip()):
            blocks.append(Paragraph(sheet.name.strip(), rank=1))
        for block in _sheet_blocks(sheet, table):
            if isinstance(block, TableRow):
                table = block.table
            blocks.append(block)
    return blocks


def _sheet_blocks(sheet: SheetCells, table: int) -> Iterator[Block]:
    tops, covered = _merged(sheet)
    beside = Counter(row for row, _ in covered)
    before: set[int] = set()
    for region in _regions(sheet):
        columns = sorted({column for row in region for column in sheet.rows[row]})
        wide = [row for row in region if len(sheet.rows[row]) + beside[row] > 1]
        if not wide:
            for row in region:
                yield from map(Paragraph, sheet.rows[row].values())
            continue
        if before.issuperset(columns) and _has_number(sheet.rows[wide[0]]):
            first, last, columns = region[0], region[-1], sorted(before)  # the table above goes on
        else:
            table, first, last = table + 1, wide[0], wide[-1]
            before = set(columns)
        for row in region:
            if first <= row <= last:
                yield TableRow(table, list(_cells(row, sheet.rows[row], columns, tops, covered)))
            else:
                for text in sheet.rows[row].values():
                    is_title = row < first and len(text) <= _LONGEST_TITLE and text.rstrip()[-1] not in ".;,"
                    yield Paragraph(text, _TITLE_RANK if is_title else 0)


def _regions(sheet: SheetCells) -> Iterator[list[int]]:
    """Yield the rows that follow one another without an empty row between them."""
    region: list[int] = []
    end = -1
    bottoms: dict[int, int] = {}
    for merge in sheet.merges:
        bottoms[merge.row] = max(bottoms.get(merge.row, 0), merge.row_end)
    for row in sorted(sheet.rows):
        if region and row > end:
            yield region
            region = []
        region.append(row)
        end = max(end, row + 1, bottoms.get(row, 0))
    if region:
        yield region


def _merged(sheet: SheetCells) -> tuple[dict[tuple[int, int], Merge], dict[tuple[int, int], Merge]]:
    """Return the merged cells by their first cell, and by the first cell of each row below it."""
    tops: dict[tuple[int, int], Merge] = {}
    covered: dict[tuple[int, int], Merge] = {}
    for merge in sheet.merges:
        tops[merge.row, merge.column] = merge
        for row in range(merge.row + 1, min(merge.row_end, merge.row + _MOST_MERGED_ROWS)):
            if row in sheet.rows and len(covered) < _MOST_MERGES:
                covered[row, merge.column] = merge
    return tops, covered


def _cells(
    row: int,
    texts: _Row,
    columns: list[int],
    tops: dict[tuple[int, int], Merge],
    covered: dict[tuple[int, int], Merge],
) -> Iterator[RowCell]:
    """Yield the cells of a row for the columns of its table."""
    end = -1
    for column in columns:
        if column < end:
            continue
        merge = tops.get((row, column)) or covered.get((row, column))
        if merge is None:
            yield RowCell(texts.get(column, ""))
            continue
        end = merge.column_end
        span = sum(1 for one in columns if column <= one < end)
        yield RowCell(texts.get(column, ""), span, continues=merge.row < row)


def _has_number(texts: _Row) -> bool:
    return any(_NUMERIC.fullmatch(text) for text in texts.values())
