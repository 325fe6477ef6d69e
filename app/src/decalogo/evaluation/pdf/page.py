"""Read one PDF page: raw text, lines, and the ruled tables that contain them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from decalogo.evaluation.documents.raw_pages import RawPage
from decalogo.evaluation.documents.sheets import Box, Line, cut_lines
from decalogo.evaluation.layout.normalise import Edit, Normalised, edited
from decalogo.evaluation.pdf import native
from decalogo.evaluation.pdf.crowding import is_too_crowded
from decalogo.evaluation.pdf.doubts import doubt_about
from decalogo.evaluation.pdf.edits import find_edits
from decalogo.evaluation.pdf.page_tables import find_tables, finish_tables
from decalogo.evaluation.pdf.pdfium import functions, loaded
from decalogo.evaluation.pdf.placing import place_typed
from decalogo.evaluation.pdf.text_direction import text_direction
from decalogo.evaluation.pdf.text_page import TextPage

if TYPE_CHECKING:
    from decalogo.evaluation.pdf.fields import Value

_TYPED = {3, 20}
"""FPDF_ANNOT_FREETEXT, FPDF_ANNOT_WIDGET."""


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


def read_page(
    document: Any,
    index: int,
    typed: Callable[[int], Sequence[Value]] | None = None,
    *,
    many_objects: bool = False,
) -> RawPage:
    """Read page ``index`` (from 0). One that PDFium cannot load, or that costs too much, is empty and marked as such.

    Args:
        document: the open PDFium document.
        index: of the page.
        typed: returns what people typed into a page; asked only where annotations may hold something.
        many_objects: whether forms on the page hold many objects.
    """
    result = RawPage(index + 1)

    def is_refused(page: int) -> bool:
        if is_too_crowded(page, forms=many_objects):
            result.costly = "PDFium would take minutes to sort its text"
        return bool(result.costly)

    with loaded(document, index, is_refused) as handles:
        if handles is not None:
            values = typed(index) if typed and has_typed_text(handles[0]) else ()
            _fill(result, *handles, values)
        else:
            result.failed = not result.costly
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
    result.text, result.lines = asked.text, asked.lines()
    if result.lines and (turn := text_direction(asked, result.lines)) != asked.rotation.rotation:
        asked.turn(turn)
        result.lines = asked.lines()
    result.height = asked.rotation.height
    result.doubt = doubt_about(asked, result.lines)
    edits = find_edits(asked, result.lines)
    result.grids = find_tables(asked, result.lines)
    if values:
        place_typed(result, asked, [(value.text, asked.rotation.box(*value.rectangle)) for value in values], edits)
    result.grids = finish_tables(result.grids)
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
