"""Find the tables of a PDF page and assign its text to their cells.

A table on a page may be drawn sideways or upside down. Its grid is filled as it lies on the page, and then turned so
that its rows and columns are those that a reader sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import mode

from decalogo.evaluation.documents.raw_pages import RawLine
from decalogo.evaluation.documents.sheets import Grid, GridCell
from decalogo.evaluation.layout.grids import RulingLines, find_grids, is_table, turned
from decalogo.evaluation.layout.tables_unruled import find_unruled, is_coarse
from decalogo.evaluation.pdf.text_direction import drawn_at
from decalogo.evaluation.pdf.text_page import Place, TextPage
from decalogo.evaluation.pdf.text_rows import inside, outside, text_rows

_INSET = 1.0
"""Distance from a line's ends at which its cell is looked up, points: character boxes may touch a border."""
_KEPT = 0.98
_SAMPLE = 12
"""Number of cells whose direction is looked up, approximately."""


def find_tables(asked: TextPage, lines: Sequence[RawLine]) -> list[Grid]:
    """Return the grids of a page, filled with raw offsets. ``finish_tables`` completes them."""
    if not lines:
        return []
    rules = asked.rules()
    grids = find_grids(rules) if rules else []
    for grid in grids:
        _fill(grid, asked, lines)
        grid.turn = _turn(grid, asked)
    tables = [grid for grid in grids if is_table(grid)]
    unruled = _find_unruled(asked, outside(lines, tables), rules)
    for grid in tables:
        if is_coarse(grid, asked.text) and (finer := _finer(grid, asked, lines, rules)) is not None:
            grids[grids.index(grid)] = finer
    return sorted([*grids, *unruled], key=lambda grid: (grid.box.top, grid.box.left)) if unruled else grids


def _find_unruled(asked: TextPage, lines: Sequence[RawLine], rules: RulingLines) -> list[Grid]:
    return [grid for rows, seeds in text_rows(asked, lines, rules) for grid in find_unruled(rows, seeds, rules)]


def _finer(grid: Grid, asked: TextPage, lines: Sequence[RawLine], rules: RulingLines) -> Grid | None:
    """Return the grid that the alignment of the text in a half-ruled grid gives; ``None`` if it loses text."""
    found = _find_unruled(asked, inside(lines, grid), rules)
    if len(found) != 1 or _characters(found[0], asked.text) < _KEPT * _characters(grid, asked.text):
        return None
    return found[0]


def _characters(grid: Grid, text: str) -> int:
    return sum(len("".join(text[start:end].split())) for cell in grid.cells for start, end in cell.words)


def finish_tables(grids: Sequence[Grid]) -> list[Grid]:
    """Return the grids that are tables, each turned so that its text is upright."""
    return [turned(grid) for grid in grids if is_table(grid)]


def _fill(grid: Grid, asked: TextPage, lines: Sequence[RawLine]) -> None:
    """Assign the text inside a grid to its cells, as raw offsets.

    A line with both ends in one cell is assigned whole, without a look at its words. Other lines go word by word; they
    may begin and end outside of the grid, with text on both sides of it.
    """
    for line in lines:
        box = line.box
        if box.bottom < grid.box.top or box.top > grid.box.bottom:
            continue
        if max(box.left, box.right) < grid.box.left or min(box.left, box.right) > grid.box.right:
            continue
        y = (box.top + box.bottom) / 2
        first, last = grid.cell_at(box.left + _INSET, y), grid.cell_at(box.right - _INSET, y)
        if first is not None and first is last and line.level and box.right > box.left:
            first.words.append((line.start, line.end))
            continue
        for start, end, begins, ends in asked.words(line):
            first, last = _cell(grid, begins), _cell(grid, ends)
            if first is not last:
                _part(grid, asked, start, end)
            elif first is not None:
                first.words.append((start, end))


def _part(grid: Grid, asked: TextPage, start: int, end: int) -> None:
    """Assign a word that crosses a border character by character: two narrow cells without a blank between them."""
    for index in range(start, end):
        cell = _cell(grid, asked.middle(index))
        if cell is None:
            continue
        if cell.words and cell.words[-1][1] == index > start:
            cell.words[-1] = (cell.words[-1][0], index + 1)
        else:
            cell.words.append((index, index + 1))


def _cell(grid: Grid, place: Place | None) -> GridCell | None:
    return None if place is None else grid.cell_at(*place)


def _turn(grid: Grid, asked: TextPage) -> int:
    """Return by how many degrees, clockwise, most of the text in a grid is turned: 0, 90, 180 or 270.

    Some column titles of an upright table are often sideways; the majority of the cells decides.
    """
    filled = [cell.words[0] for cell in grid.cells if cell.words]
    turns = [0]
    for start, _ in filled[:: len(filled) // _SAMPLE + 1]:
        if (glyph := asked.glyph(start)) is not None:
            turns.append((asked.rotation.rotation - drawn_at(glyph)) % 360)
    return mode(turns[1:] or turns)
