"""The blocks of documents without a fixed layout, in reading order: paragraphs, table rows, notes and page breaks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, auto


@dataclass(slots=True)
class Paragraph:
    """A paragraph; ``rank`` is a heading's level from 1, or 0."""

    text: str
    rank: int = 0


@dataclass(slots=True)
class RowCell:
    """A cell of a row: its text, the columns it spans, and whether it only continues the cell above it."""

    text: str
    span: int = 1
    continues: bool = False


@dataclass(slots=True)
class TableRow:
    """A row of table number ``table``."""

    table: int
    cells: list[RowCell]


@dataclass(slots=True)
class Note:
    """A note with its mark; it goes to the end of the page that refers to it, or of the document (``at_end``)."""

    text: str
    at_end: bool = False


class Break(Enum):
    """Why a page ends.

    A program that lays out a document writes where its pages ended (``RENDERED``). It does so too after a break by the
    author (``HARD``), or before a paragraph or section that begins on a new page (``FRESH``). These are one border.
    """

    HARD = auto()
    FRESH = auto()
    RENDERED = auto()
    NONE = auto()  # a section break that begins no page


@dataclass(slots=True)
class PageBreak:
    """The end of a page."""

    kind: Break = Break.HARD


Block = Paragraph | TableRow | Note | PageBreak


def plain_text(blocks: Iterable[Block]) -> str:
    """Return the text of blocks whose layout does not matter, such as those of a note."""
    lines: list[str] = []
    for block in blocks:
        if isinstance(block, TableRow):
            lines.append(" ".join(cell.text for cell in block.cells if cell.text.strip()))
        elif not isinstance(block, PageBreak):
            lines.append(block.text)
    return "\n".join(line for line in lines if line.strip())


def with_own_tables(blocks: Iterable[Block], tables: int) -> tuple[list[Block], int]:
    """Return blocks whose tables are numbered after the first ``tables``, and the number of their last table."""
    last = tables
    moved: list[Block] = []
    for block in blocks:
        if isinstance(block, TableRow):
            block = TableRow(block.table + tables, block.cells)
            last = max(last, block.table)
        moved.append(block)
    return moved, last
