"""What the XML of an OpenDocument spreadsheet says: the cells of its sheets as they are displayed.

Source: OASIS OpenDocument 1.3 part 3, section 9 (tables).
"""

from __future__ import annotations

from decalogo.evaluation.formats.blocks import Block
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.cells import Merge, SheetCells, spreadsheet_blocks
from decalogo.evaluation.formats.odf_styles import OdfStyle
from decalogo.evaluation.formats.odf_text import NOT_SHOWN, OdfText
from decalogo.evaluation.formats.xml_stream import Attributes, number, value

_MOST_ROWS = 2_000_000
_MOST_COLUMNS = 20_000
_HIDDEN = frozenset({"collapse", "filter"})


class OdfSheets(OdfText):
    """Handler of the contents of a spreadsheet; ``hidden`` counts sheets, rows and columns that are not shown."""

    skipped = NOT_SHOWN | {"table:shapes", "table:calculation-settings", "table:dde-links", "table:tracked-changes"}

    def __init__(self, budget: Budget, styles: dict[tuple[str, str], OdfStyle] | None = None) -> None:
        super().__init__(budget, styles)
        self.sheets: list[SheetCells] = []
        self.not_shown = 0
        self._row = 0
        self._columns = 0
        self._hidden_columns: list[tuple[int, int]] = []
        self._texts: list[tuple[int, int, str]] = []  # of the open row: column, times, text

    def finish(self) -> list[Block]:
        """Return the blocks of all sheets."""
        return spreadsheet_blocks(self.sheets)

    def _start_table_table(self, attributes: Attributes) -> None:
        if self.build.in_table:
            self.build.begin_table()
            return
        style = self.find_style("table", value(attributes, "table", "style-name"))
        if style.hidden or value(attributes, "table", "display") == "false":
            self.not_shown += 1
            self.skip()
            return
        self.sheets.append(SheetCells(value(attributes, "table", "name"), self.budget))
        self._row = self._columns = 0
        self._hidden_columns = []
        self.build.begin_table()

    def _start_table_table_column(self, attributes: Attributes) -> None:
        count = number(value(attributes, "table", "number-columns-repeated"), _MOST_COLUMNS)
        if value(attributes, "table", "visibility") in _HIDDEN and self.build.in_cells:
            self._hidden_columns.append((self._columns, self._columns + count))
            self.not_shown += 1
        self._columns += count

    def _start_table_table_row(self, attributes: Attributes) -> None:
        if not self.build.in_cells:
            return
        count = number(value(attributes, "table", "number-rows-repeated"), _MOST_ROWS)
        if value(attributes, "table", "visibility") in _HIDDEN:
            self.not_shown += 1
            self._row += count
            self.skip()
            return
        self._row_repeated, self._column, self._texts = count, 0, []

    def _end_table_table_row(self) -> None:
        if not self.build.in_cells:
            return
        sheet = self.sheets[-1]
        for row in range(self._row, self._row + (self._row_repeated if self._texts else 0)):
            for first, times, text in self._texts:
                for column in range(first, first + times):
                    if not self._is_hidden(column):
                        sheet.put(row, column, text)
        self._row += self._row_repeated
        self.build.take_cell_text()

    def _start_table_table_cell(self, attributes: Attributes) -> None:
        if self.build.in_cells:
            self._span = number(value(attributes, "table", "number-columns-spanned"), _MOST_COLUMNS)
            self._down = number(value(attributes, "table", "number-rows-spanned"), _MOST_ROWS)
            self._repeated = number(value(attributes, "table", "number-columns-repeated"), _MOST_COLUMNS)

    def _end_table_table_cell(self) -> None:
        if not self.build.in_cells:
            return
        if text := self.build.take_cell_text().strip():
            self._texts.append((self._column, self._repeated, text))
            if self._span > 1 or self._down > 1:
                end = self._row + self._down, self._column + self._span
                self.sheets[-1].merge(Merge(self._row, self._column, *end))
        self._column += self._repeated

    def _start_table_covered_table_cell(self, attributes: Attributes) -> None:
        if self.build.in_cells:
            self._column += number(value(attributes, "table", "number-columns-repeated"), _MOST_COLUMNS)
        self.skip()

    def _is_hidden(self, column: int) -> bool:
        return any(start <= column < end for start, end in self._hidden_columns)
