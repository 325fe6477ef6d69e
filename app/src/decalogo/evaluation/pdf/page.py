"""Read one PDF page: raw text, lines, and the ruled tables that contain them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from decalogo.evaluation.documents.raw_pages import RawLine, RawPage
from decalogo.evaluation.documents.sheets import Box, Grid, GridCell, Line, cut_lines
from decalogo.evaluation.layout.grids import find_grids, is_table
from decalogo.evaluation.layout.normalise import Edit, Normalised, edited
from decalogo.evaluation.pdf import native
from decalogo.evaluation.pdf.edits import find_edits
from decalogo.evaluation.pdf.pdfium import functions, loaded
from decalogo.evaluation.pdf.placing import place_typed
from decalogo.evaluation.pdf.text_page import Place, TextPage

if TYPE_CHECKING:
    from decalogo.evaluation.pdf.fields import Value

_TYPED = {3, 20}
"""FPDF_ANNOT_FREETEXT, FPDF_ANNOT_WIDGET."""
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


def read_page(document: Any, index: int, typed: Callable[[int], Sequence[Value]] | None = None) -> RawPage:
    """Read page ``index`` (from 0); a page that PDFium cannot load is returned empty and marked ``failed``.

    Args:
        document: the open PDFium document.
        index: of the page.
        typed: returns what people typed into a page; asked only where annotations may hold something.
    """
    result = RawPage(index + 1)
    with loaded(document, index) as handles:
        if handles is None:
            result.failed = True
        else:
            values = typed(index) if typed and has_typed_text(handles[0]) else ()
            _fill(result, *handles, values)
    return result


def has_typed_text(page: int) -> bool:
    """Tell whether a loaded page has form fields or typewriter notes."""
    f = functions()
    for number in range(f.FPDFPage_GetAnnotCount(page)):
        if annotation := f.FPDFPage_GetAnnot(page, number):
            kind = f.FPDFAnnot_GetSubtype(annotation)
            f.FPDFPage_CloseAnnot(annotation)
            if kind in _TYPED:
                return True
    return False


def _fill(result: RawPage, page: int, textpage: int, values: Sequence[Value]) -> None:
    asked = text_page()(page, textpage)
    result.text, result.height = asked.text, asked.rotation.height
    result.lines = asked.lines()
    edits = find_edits(asked, result.lines)
    rules = asked.rules() if result.lines else None
    if rules:
        result.grids = find_grids(rules)
        for grid in result.grids:
            _fill_grid(grid, asked, result.lines)
    if values:
        place_typed(result, asked, [(value.text, asked.rotation.box(*value.rectangle)) for value in values], edits)
    if rules:
        result.grids = [grid for grid in result.grids if is_table(grid)]
    if edits:
        _apply(result, edits)


def _apply(page: RawPage, edits: Sequence[Edit]) -> None:
    """Apply edits to a page's text, and move what refers to it; a line without a character left is dropped."""
    normal = edited(page.text, edits)
    page.text = normal.text
    for line in page.lines:
        line.start, line.end = normal.at(line.start), normal.at(line.end)
    page.lines = [line for line in page.lines if page.text[line.start : line.end].strip()]
    for cell in (cell for grid in page.grids for cell in grid.cells):
        cell.words = [(start, end) for a, b in cell.words if (start := normal.at(a)) < (end := normal.at(b))]


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
