"""Documents that come as paragraphs and tables (office files, HTML): from blocks to pages with offsets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from decalogo.errors import DocumentTooLargeError
from decalogo.evaluation.documents.model import Flag
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.documents.sheets import Box, Grid, GridCell, Sheet, cut_lines
from decalogo.evaluation.layout.grids import is_table
from decalogo.evaluation.layout.normalise import normalise

_PAGE_CHARACTERS = 3000
_MOST_COLUMNS = 100


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
class PageBreak:
    """The end of a page."""


Block = Paragraph | TableRow | PageBreak


@dataclass(slots=True)
class _Page:
    """A page under construction: its text so far, heading ranks by offset, and rows by table."""

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    ranks: dict[int, int] = field(default_factory=dict)
    tables: dict[int, list[list[tuple[RowCell, int, int]]]] = field(default_factory=dict)

    def put(self, text: str, gap: str) -> tuple[int, int]:
        if self.length and text:
            self.pieces.append(gap)
            self.length += len(gap)
        start = self.length
        self.pieces.append(text)
        self.length += len(text)
        return start, self.length

    def add(self, block: Paragraph | TableRow) -> None:
        if isinstance(block, Paragraph):
            text = normalise(block.text).text
            start, _ = self.put(text, "\n\n")
            if block.rank and text:
                self.ranks[start] = block.rank
            return
        row: list[tuple[RowCell, int, int]] = []
        gap = "\n\n"
        for cell in block.cells[:_MOST_COLUMNS]:
            text = normalise(cell.text).text.replace("\n\n", "\n")
            start, end = self.put(text, gap)
            gap = "\n" if text else gap
            row.append((cell, start, end))
        self.tables.setdefault(block.table, []).append(row)

    def sheet(self, number: int) -> Sheet:
        text = "".join(self.pieces)
        lines = cut_lines(text)
        for line in lines:
            line.rank = self.ranks.get(line.start, 0)
        grids = [grid for rows in self.tables.values() if is_table(grid := _grid(rows))]
        return Sheet(number, text, lines, grids=grids)


def _grid(rows: list[list[tuple[RowCell, int, int]]]) -> Grid:
    """Return the grid of a table's rows; its box spans text offsets instead of points."""
    cells: list[GridCell] = []
    above: dict[int, GridCell] = {}
    for number, row in enumerate(rows):
        column = 0
        for cell, start, end in row:
            span = max(1, min(cell.span, _MOST_COLUMNS - column))
            found = above.get(column)
            if cell.continues and found is not None and found.row_end == number:
                found.row_end = number + 1
            else:
                words = [(start, end)] if start < end else []
                above[column] = found = GridCell(number, column, number + 1, column + span, words)
                cells.append(found)
            column += span
            if column >= _MOST_COLUMNS:
                break
    # Writers fill rows up to the last column of the sheet with empty cells.
    wide = max((one.column_end for one in cells if one.words), default=1)
    cells = [one for one in cells if one.column < wide]
    for one in cells:
        one.column_end = min(one.column_end, wide)
    offsets = [at for one in cells for word in one.words for at in word] or [0]
    columns, borders = tuple(map(float, range(wide + 1))), tuple(map(float, range(len(rows) + 1)))
    return Grid(Box(0, min(offsets), wide, max(offsets)), columns, borders, cells, [])


def make_sheets(media_type: str, blocks: Iterable[Block], limits: Limits) -> Reading:
    """Return one sheet a page. Without page breaks, pages of about 3,000 characters are made up, and a flag says so.

    Raises:
        DocumentTooLargeError: more than ``limits.max_pages`` pages.
    """
    blocks = list(blocks)
    breaks = sum(isinstance(block, PageBreak) for block in blocks)
    broken = breaks > 0
    pages = [_Page()]
    cut = False
    for block in blocks:
        full = not broken and pages[-1].length >= _PAGE_CHARACTERS
        if full or isinstance(block, PageBreak):
            if cut := limits.reached(len(pages)):
                break
            pages.append(_Page())
            if len(pages) > limits.max_pages:
                raise DocumentTooLargeError(
                    f"The document has over {limits.max_pages} pages; split it or raise evaluation.max_pages."
                )
        if not isinstance(block, PageBreak):
            pages[-1].add(block)
    flags = []
    if not broken:
        flags.append(
            Flag(
                "pages-synthetic",
                f"The file keeps no page borders; it was cut into {len(pages)} parts, numbered as pages.",
            )
        )
    sheets = [page.sheet(number) for number, page in enumerate(pages, 1)]
    return Reading(media_type, sheets, flags, cut, total=breaks + 1 if broken else None)
