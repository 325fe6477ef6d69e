"""The table that a reader is in: the cells of its open row, and the page breaks inside that row."""

from __future__ import annotations

from dataclasses import dataclass, field

from decalogo.evaluation.formats.blocks import Block, Break, PageBreak, RowCell, TableRow
from decalogo.evaluation.formats.budgets import Budget

_MOST_COLUMNS = 100
_MOST_BLANKS = 10
"""What repeated empty cells count for against the budget."""


@dataclass(slots=True)
class OpenTable:
    """An outermost table.

    Empty cells are added only when a cell with text follows: writers fill rows up to the last column of the sheet.

    Attributes:
        number: of the table in the document.
        budget: limits that rows and cells count against.
        texts: paragraphs of the open cell.
    """

    number: int
    budget: Budget
    texts: list[str] = field(default_factory=list)
    _cells: list[RowCell] = field(default_factory=list)
    _blanks: int = 0  # columns without text since the last cell
    _break_before: Break | None = None
    _breaks_in_row: int = 0  # most page breaks inside one cell of the row
    _breaks_in_cell: int = 0

    def page_break(self, kind: Break, *, begun: bool) -> None:
        """Take a page break inside the open cell, whose text has ``begun`` or not."""
        if begun or any(text.strip() for text in self.texts):
            self._breaks_in_cell += 1
        elif self._break_before is None:
            self._break_before = kind

    def take_text(self) -> str:
        """Return the text of the open cell, and empty it."""
        text = "\n".join(self.texts)
        self.texts = []
        return text

    def end_cell(self, span: int, *, continues: bool, times: int) -> None:
        """Add the open cell to the row."""
        text = self.take_text()
        self._breaks_in_row, self._breaks_in_cell = max(self._breaks_in_row, self._breaks_in_cell), 0
        span = max(1, min(span, _MOST_COLUMNS))
        blank = not continues and (not text or text.isspace())
        self.budget.add_cells(min(times, _MOST_BLANKS) if blank else times)
        if blank:
            self._blanks += span * times
            return
        room = max(0, _MOST_COLUMNS - len(self._cells))
        self._cells += [RowCell("")] * min(self._blanks, room)
        self._cells += [RowCell(text, span, continues)] * min(times, max(0, room - self._blanks))
        self._blanks = 0

    def widen_cell(self, span: int) -> None:
        """End a cell that is merged with the one before it in its row."""
        self.texts = []
        if self._blanks:
            self._blanks += span
        elif self._cells:
            last = self._cells[-1]
            self._cells[-1] = RowCell(last.text, min(last.span + span, _MOST_COLUMNS), last.continues)

    def end_row(self, times: int, notes: list[Block]) -> list[Block]:
        """Return the blocks of the open row and of the notes in it; a row without text is none."""
        self.budget.add_row(times)
        blocks: list[Block] = []
        if self._break_before is not None:
            blocks.append(PageBreak(self._break_before))
        if self._cells:
            blocks += [TableRow(self.number, self._cells)] * times
        blocks += notes
        blocks += [PageBreak(Break.RENDERED)] * self._breaks_in_row
        self.texts, self._cells, self._blanks = [], [], 0
        self._break_before, self._breaks_in_row, self._breaks_in_cell = None, 0, 0
        return blocks
