"""Read one PDF page: raw text, lines, and the ruled tables that contain them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from decalogo.evaluation.documents.raw_pages import RawLine, RawPage
from decalogo.evaluation.documents.sheets import Box, Grid, GridCell, Line, cut_lines
from decalogo.evaluation.layout.grids import find_grids, is_table
from decalogo.evaluation.layout.normalise import Normalised
from decalogo.evaluation.pdf import native
from decalogo.evaluation.pdf.edits import find_edits
from decalogo.evaluation.pdf.pdfium import loaded
from decalogo.evaluation.pdf.text_page import Place, TextPage

_INSET = 1.0
"""Distance from a line's ends at which its cell is looked up, points: character boxes may touch a border."""


def place_lines(page: RawPage, normal: Normalised) -> list[Line]:
    """Return the lines of a page's normalised text with the boxes of its raw lines."""
    lines = cut_lines(normal.text)
    if normal.lines_kept and len(lines) == len(page.lines):
        for line, item in zip(lines, page.lines, strict=True):
            line.box, line.size, line.bold = item.box, item.size, item.bold
        return lines
    last = len(lines) - 1
    index = 0
    for item in page.lines:
        start = normal.at(item.start)
        while index < last and lines[index].end <= start:
            index += 1
        if index > last:
            break
        line = lines[index]
        if line.box is None:
            line.box, line.size, line.bold = item.box, item.size, item.bold
        else:  # two raw lines joined where a hyphen was removed
            line.box = Box(line.box.left, line.box.top, item.box.right, max(line.box.bottom, item.box.bottom))
    return lines


@lru_cache(maxsize=1)
def text_page() -> type[TextPage]:
    """Return the page reader of this process: the C reader if it is built."""
    return native.NativeTextPage if native.library() else TextPage


def read_page(document: Any, index: int) -> RawPage:
    """Read page ``index`` (from 0). A page that PDFium cannot load is empty and marked ``failed``."""
    result = RawPage(index + 1)
    with loaded(document, index) as handles:
        if handles is None:
            result.failed = True
        else:
            _fill(result, *handles)
    return result


def _fill(result: RawPage, page: int, textpage: int) -> None:
    asked = text_page()(page, textpage)
    result.text, result.height = asked.text, asked.rotation.height
    result.lines = asked.lines()
    result.edits = find_edits(asked)
    if result.lines and (rules := asked.rules()):
        grids = find_grids(rules)
        for grid in grids:
            _fill_grid(grid, asked, result.lines)
        result.grids = [grid for grid in grids if is_table(grid)]


def _fill_grid(grid: Grid, asked: TextPage, lines: Sequence[RawLine]) -> None:
    """Assign the text inside a grid to its cells, as raw offsets.

    A line with both ends in one cell is assigned whole, without a look at its words. Other lines go word by word.
    """
    for line in lines:
        box = line.box
        if box.bottom < grid.box.top or box.top > grid.box.bottom:
            continue
        y = (box.top + box.bottom) / 2
        first, last = grid.cell_at(box.left + _INSET, y), grid.cell_at(box.right - _INSET, y)
        if first is last and line.level and box.right > box.left:
            if first is not None:
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
