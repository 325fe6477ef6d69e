"""Pages of normalised text, cut into lines, with the ruled tables on them: the input of layout analysis."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple

from decalogo.evaluation.fold import fold


class Box(NamedTuple):
    """A rectangle in points. The origin is the top left of the page as it is read (rotation undone)."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(slots=True)
class Line:
    """One line of a page's text.

    Attributes:
        start: offset of its first character in the page's text.
        end: offset after its last character.
        text: ``page.text[start:end]``, never blank.
        box: its position on the page; ``None`` in formats without positions.
        size: font size of its first character, points; 0 if unknown.
        bold: whether it is set in a bold face.
        gap: whether a blank line precedes it.
        rank: level of a heading, from 1, if the file states it; otherwise 0.
    """

    start: int
    end: int
    text: str
    box: Box | None = None
    size: float = 0.0
    bold: bool = False
    gap: bool = False
    rank: int = 0


@dataclass(slots=True)
class GridCell:
    """A cell of a ruled grid: the rows and columns it spans (ends excluded), and the offsets of its text."""

    row: int
    column: int
    row_end: int
    column_end: int
    words: list[tuple[int, int]] = field(default_factory=list)


@dataclass(slots=True)
class Grid:
    """A ruled grid on a page.

    Attributes:
        box: its outer border.
        columns: positions of the column borders, left to right: number of columns plus one.
        rows: positions of the row borders, top to bottom: number of rows plus one.
        cells: all cells, row by row.
        owner: the cell that covers a row and column.
        turn: by how many degrees, clockwise, its text is turned on the page: 0, 90, 180 or 270.
    """

    box: Box
    columns: tuple[float, ...]
    rows: tuple[float, ...]
    cells: list[GridCell]
    owner: list[list[GridCell]]
    turn: int = 0

    def cell_at(self, x: float, y: float) -> GridCell | None:
        """Return the cell at a point of the page; ``None`` outside the grid."""
        box = self.box
        if not (box.left <= x <= box.right and box.top <= y <= box.bottom):
            return None
        column = bisect_right(self.columns, x, 0, len(self.columns) - 1) - 1
        row = bisect_right(self.rows, y, 0, len(self.rows) - 1) - 1
        return self.owner[row][column]


@dataclass(slots=True)
class Sheet:
    """One page of normalised text.

    Attributes:
        number: position in the document, from 1.
        text: normalised text.
        lines: its lines that are not blank, in text order.
        height: page height, points; 0 in formats without positions.
        grids: ruled grids, top to bottom.
        folded: folded text, one byte per character (see ``fold``).
    """

    number: int
    text: str
    lines: list[Line]
    height: float = 0.0
    grids: list[Grid] = field(default_factory=list)
    folded: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.folded = fold(self.text)


def cut_lines(text: str) -> list[Line]:
    """Return the lines of normalised text that are not blank."""
    lines: list[Line] = []
    start, gap = 0, False
    for part in text.split("\n"):
        if part and not part.isspace():
            lines.append(Line(start, start + len(part), part, gap=gap))
            gap = False
        else:
            gap = bool(lines)
        start += len(part) + 1
    return lines
