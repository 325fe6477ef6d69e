"""Pages of documents without a fixed layout: from blocks to sheets with offsets.

A file that keeps where its pages ended has real pages. Where it does not, what is longer than a page is cut into pages
of about 3,000 characters, and a flag reports it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from decalogo.errors import DocumentTooLargeError
from decalogo.evaluation.documents.model import Flag
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.documents.sheets import Box, Grid, GridCell, Sheet, cut_lines
from decalogo.evaluation.formats.blocks import Block, Break, Note, PageBreak, Paragraph, RowCell, TableRow
from decalogo.evaluation.formats.text import make_pages
from decalogo.evaluation.layout.grids import is_table
from decalogo.evaluation.layout.normalise import normalise

_PAGE_CHARACTERS = 3000
_LONGEST_PAGE = 4500
"""Characters between two breaks set by the author, past which there must be a page border that the file keeps not."""
_LONGEST_RENDERED = 9000
"""The same where the file keeps its page borders: more fits on no page."""
_LONGEST_PARAGRAPH = 6000
_MOST_COLUMNS = 100


@dataclass(slots=True)
class _Page:
    """A page under construction: its text so far, heading ranks by offset, rows by table, and the notes at its end."""

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    ranks: dict[int, int] = field(default_factory=dict)
    tables: dict[int, list[list[tuple[RowCell, int, int]]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def put(self, text: str, gap: str) -> tuple[int, int]:
        if self.length and text:
            self.pieces.append(gap)
            self.length += len(gap)
        start = self.length
        self.pieces.append(text)
        self.length += len(text)
        return start, self.length

    def add(self, block: Paragraph | TableRow | Note) -> None:
        if isinstance(block, Note):
            self.notes.append(block.text)
            return
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
        for note in self.notes:
            self.put(normalise(note).text, "\n\n")
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


def make_sheets(media_type: str, blocks: Iterable[Block], limits: Limits, *, fixed: bool = False) -> Reading:
    """Return one sheet per page.

    Args:
        media_type: of the document.
        blocks: its content.
        limits: how far it is read.
        fixed: whether every page break is a border and no other is made up (sheets, slides).

    Raises:
        DocumentTooLargeError: more than ``limits.max_pages`` pages.
    """
    blocks = list(blocks)
    stretches = _fixed(blocks) if fixed else _stretches(blocks)
    rendered = any(isinstance(block, PageBreak) and block.kind is Break.RENDERED for block in blocks)
    planned = [[stretch] for stretch in stretches] if fixed else [_cut(s, rendered, len(stretches)) for s in stretches]
    made = [page for pages in planned for page in pages]
    if len(made) > limits.max_pages:
        raise DocumentTooLargeError(
            f"The document has over {limits.max_pages} pages; split it or raise evaluation.max_pages."
        )
    sheets: list[Sheet] = []
    at_end: list[Note] = []
    for number, content in enumerate(made, 1):
        if limits.reached(number - 1):
            break
        page = _Page()
        for block in content:
            if isinstance(block, Note) and block.at_end:
                at_end.append(block)
            else:
                page.add(block)
        if number == len(made):
            for note in at_end:
                page.add(note)
        sheets.append(page.sheet(number))
    flags = [] if fixed else _synthetic(len(stretches), len(made))
    return Reading(media_type, sheets, flags, len(sheets) < len(made), total=len(made))


def _synthetic(kept: int, made: int) -> list[Flag]:
    if kept == made > 1:
        return []
    how = "keeps no page borders" if kept == 1 else f"keeps {kept - 1} page borders, too few for its length"
    return [Flag("pages-synthetic", f"The file {how}; it was cut into {made} parts, numbered as pages.")]


_Content = list[Paragraph | TableRow | Note]


def _fixed(blocks: Iterable[Block]) -> list[_Content]:
    pages: list[_Content] = [[]]
    for block in blocks:
        if isinstance(block, PageBreak):
            pages.append([])
        else:
            pages[-1].append(block)
    return pages


def _stretches(blocks: Iterable[Block]) -> list[_Content]:
    """Return what stands between the page borders that the file keeps; no page is counted after its last text."""
    pages: list[_Content] = [[]]
    fresh, owed = True, 0  # whether the page has nothing yet; breaks whose rendered twin may follow
    for block in blocks:
        if not isinstance(block, PageBreak):
            pages[-1].append(block)
            fresh, owed = False, 0
        elif block.kind is Break.RENDERED and owed:
            owed -= 1
        elif block.kind is Break.HARD or block.kind is Break.RENDERED or (block.kind is Break.FRESH and not fresh):
            pages.append([])
            fresh, owed = True, owed + (block.kind is not Break.RENDERED)
    while len(pages) > 1 and not pages[-1]:
        pages.pop()
    return pages


def _cut(content: _Content, rendered: bool, stretches: int) -> list[_Content]:
    """Cut what is longer than a page at the borders of its blocks."""
    longest = _PAGE_CHARACTERS if stretches == 1 else _LONGEST_RENDERED if rendered else _LONGEST_PAGE
    if sum(map(_length, content)) <= longest:
        return [content]
    pages: list[_Content] = [[]]
    length = 0
    for block in _short(content):
        if length >= _PAGE_CHARACTERS and not isinstance(block, Note):
            pages.append([])
            length = 0
        pages[-1].append(block)
        length += _length(block) + 2
    return pages


def _short(content: _Content) -> Iterator[Paragraph | TableRow | Note]:
    for block in content:
        if isinstance(block, Paragraph) and len(block.text) > _LONGEST_PARAGRAPH:
            for piece in make_pages(block.text):
                yield Paragraph(piece, block.rank)
        else:
            yield block


def _length(block: Paragraph | TableRow | Note) -> int:
    if isinstance(block, TableRow):
        return sum(len(cell.text) + 1 for cell in block.cells)
    return len(block.text) if isinstance(block, Paragraph) else 0
