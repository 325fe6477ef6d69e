"""Gathers blocks while a reader goes through a file: open paragraphs, tables, notes and page breaks."""

from __future__ import annotations

from dataclasses import dataclass, field

from decalogo.evaluation.formats.blocks import (
    Block,
    Break,
    Note,
    PageBreak,
    Paragraph,
    plain_text,
    with_own_tables,
)
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.open_table import OpenTable
from decalogo.evaluation.layout.note_marks import raised

_TAIL_PIECES = 8


@dataclass(slots=True)
class _Open:
    """A paragraph that is open."""

    rank: int
    listed: bool
    pieces: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    dropped: bool = False  # whether text that is not shown came last


@dataclass(slots=True)
class _Outside:
    """What is put aside while a note is read."""

    blocks: list[Block]
    open: list[_Open]
    table: OpenTable | None
    depth: int
    mark: str
    at_end: bool


class BlockBuilder:
    """Turns what a reader finds into blocks.

    A table inside a cell counts as that cell's text. A page break inside a paragraph parts it. A break inside a row
    ends the page before the row, where it comes before the text of a cell, else after it. Notes follow the paragraph
    or row that refers to them.

    Args:
        budget: limits that rows, cells and paragraphs count against.
    """

    def __init__(self, budget: Budget) -> None:
        self.blocks: list[Block] = []
        self.budget = budget
        self.tables = 0
        self._open: list[_Open] = []
        self._table: OpenTable | None = None
        self._depth = 0
        self._aside: list[_Outside] = []
        self._notes: list[Note] = []

    # Paragraphs

    def begin_paragraph(self, rank: int = 0, *, listed: bool = False) -> None:
        """Begin a paragraph; text boxes put paragraphs inside paragraphs."""
        self._open.append(_Open(rank, listed))

    def style_paragraph(self, *, rank: int | None = None, listed: bool | None = None) -> None:
        """Set the heading level of the open paragraph, or that it is a list item."""
        if self._open:
            if rank is not None:
                self._open[-1].rank = rank
            if listed is not None:
                self._open[-1].listed = listed

    def put(self, text: str) -> None:
        """Add text to the open paragraph; text outside of paragraphs is dropped."""
        if self._open:
            paragraph = self._open[-1]
            if paragraph.raised:
                self._settle(paragraph)
            if paragraph.dropped and text:
                if text[0] == " " and paragraph.pieces and paragraph.pieces[-1][-1:] in {" ", ""}:
                    text = text[1:]
                paragraph.dropped = not text
            paragraph.pieces.append(text)

    def drop(self) -> None:
        """Note that text which is not shown comes here, so that the blanks around it are one blank."""
        if self._open:
            self._open[-1].dropped = True

    def put_raised(self, text: str) -> None:
        """Add superscript text to the open paragraph; what follows one another is one superscript."""
        if self._open:
            self._open[-1].raised.append(text)

    def clear_paragraph(self) -> None:
        """Drop the text of the open paragraph."""
        if self._open:
            self._open[-1].pieces, self._open[-1].raised = [], []

    def end_paragraph(self) -> None:
        """End the open paragraph."""
        if self._open:
            self._flush(self._open.pop())

    def _settle(self, paragraph: _Open) -> None:
        before, superscript = "".join(paragraph.pieces[-_TAIL_PIECES:]), "".join(paragraph.raised)
        paragraph.raised = []
        paragraph.pieces.append(raised(before, superscript))

    def _flush(self, paragraph: _Open) -> None:
        if paragraph.raised:
            self._settle(paragraph)
        text = "".join(paragraph.pieces)
        paragraph.pieces = []
        blank = not text or text.isspace()
        self.budget.add_paragraph(len(text))
        if paragraph.listed and not blank and not paragraph.rank:
            text = f"• {text}"
            paragraph.listed = False
        if self._table is not None:
            self._table.texts.append(text)
        elif not blank:
            self.blocks.append(Paragraph(text, paragraph.rank))
            self._put_notes()

    # Page breaks

    def page_break(self, kind: Break) -> PageBreak | None:
        """End the page here; returns the break, whose kind may still change, unless it is inside a table."""
        if self._aside or len(self._open) > 1:
            return None  # a note or a text box
        if self._table is not None:
            self._table.page_break(kind, begun=bool(self._open) and any(self._open[-1].pieces))
            return None
        if self._open:
            self._flush(self._open[-1])
        found = PageBreak(kind)
        self.blocks.append(found)
        return found

    # Tables

    @property
    def in_cells(self) -> bool:
        """Whether the open table is an outermost one, whose cells are cells."""
        return self._depth == 1

    @property
    def in_table(self) -> bool:
        """Whether a table is open."""
        return self._depth > 0

    def take_cell_text(self) -> str:
        """Return the text since the last cell, and end the cell without adding it to the row."""
        return self._table.take_text() if self._table is not None else ""

    def begin_table(self) -> None:
        """Begin a table."""
        self._depth += 1
        if self._depth == 1:
            self.tables += 1
            self._table = OpenTable(self.tables, self.budget)

    def end_table(self) -> None:
        """End a table."""
        self._depth = max(0, self._depth - 1)
        if self._depth == 0:
            self._table = None

    def end_cell(self, span: int = 1, *, continues: bool = False, times: int = 1) -> None:
        """End a cell of the outermost table, with the text since the last one.

        Args:
            span: columns it spans.
            continues: whether it only continues the cell above it.
            times: how often it is repeated.
        """
        if self._table is not None and self._depth == 1:
            self._table.end_cell(span, continues=continues, times=times)

    def widen_cell(self, span: int) -> None:
        """End a cell that is merged with the one before it in its row."""
        if self._table is not None:
            self._table.widen_cell(span)

    def skip_columns(self, count: int) -> None:
        """Leave columns of the row without a cell."""
        if count > 0:
            self.end_cell(count)

    def end_row(self, times: int = 1) -> None:
        """End a row of the outermost table; rows without any cell are left out."""
        if self._table is not None and self._depth == 1:
            self.blocks += self._table.end_row(times, [*self._notes])
            self._notes = []

    # Notes

    def begin_note(self, mark: str, *, at_end: bool = False) -> None:
        """Write a note's mark and read its text, until ``end_note``, apart from the text around it."""
        if mark:
            self.put_raised(mark)
        self._aside.append(_Outside(self.blocks, self._open, self._table, self._depth, mark, at_end))
        self.blocks, self._open, self._table, self._depth = [], [], None, 0

    def move_note_to_end(self) -> None:
        """Put the open note at the end of the document, not of its page."""
        if self._aside:
            self._aside[-1].at_end = True

    def end_note(self, *, keep: bool = True) -> str:
        """End a note and return its text; ``keep`` it for the end of the page."""
        if not self._aside:
            return ""
        while self._open:
            self.end_paragraph()
        text, outside = plain_text(self.blocks), self._aside.pop()
        self.blocks, self._open = outside.blocks, outside.open
        self._table, self._depth = outside.table, outside.depth
        if keep:
            self._add_note(outside.mark, text, at_end=outside.at_end)
        return text

    def refer_to_note(self, mark: str, text: str, *, at_end: bool = False) -> None:
        """Write the mark of a note whose text is known."""
        if mark:
            self.put_raised(mark)
        self._add_note(mark, text, at_end=at_end)

    def _add_note(self, mark: str, text: str, *, at_end: bool) -> None:
        if text.strip():
            self._notes.append(Note(f"{raised('', mark)}{text.strip()}", at_end))

    def _put_notes(self) -> None:
        if self._notes and not self._aside:
            self.blocks += self._notes
            self._notes = []

    # Blocks of other files

    def add(self, blocks: list[Block]) -> None:
        """Add the blocks of a document inside this one."""
        if self._open and not self._aside:
            self._flush(self._open[-1])
        moved, self.tables = with_own_tables(blocks, self.tables)
        if self._table is not None:
            self._table.texts.append(plain_text(moved))
        else:
            self.blocks += moved

    def finish(self) -> list[Block]:
        """End what the file left open, and return its blocks."""
        while self._aside:
            self.end_note()
        while self._open:
            self.end_paragraph()
        if self._table is not None:
            self._depth = 1
            self.end_cell()
            self.end_row()
        self._put_notes()
        return self.blocks
