"""Pages that are pictures: how much of a page images cover, and whether an image can hold print."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from decalogo.evaluation.pdf.pdfium import functions, handle
from decalogo.evaluation.pdf.ruling_lines import Matrix, matrix_of, times

if TYPE_CHECKING:
    from PIL.Image import Image

    from decalogo.evaluation.pdf.text_page import TextPage

_TEXT, _IMAGE, _FORM = 1, 3, 5
"""FPDF_PAGEOBJ_TEXT, FPDF_PAGEOBJ_IMAGE, FPDF_PAGEOBJ_FORM."""
_INVISIBLE = 3
"""FPDF_TEXTRENDERMODE_INVISIBLE: the text layer that a scanner's text recognition leaves."""
_LAYER = 40
"""Invisible characters that make a text layer."""
_MOST_OBJECTS, _MOST_NESTING = 5000, 4
_MOST_PASSES = 100
"""Passes of a progressive JPEG; programs write some ten."""
_BAND, _CONTRAST = 24, 40
_LIGHT, _PAPER = 110, 0.4
"""Grey level of paper at least, and its share of a page at least, all levels within a band together."""
_COLUMNS, _STRIPS = 8, 5
_STRIP = re.compile(rb"(?<![\x14-\xff])[\x14-\xff]{3,24}(?![\x14-\xff])", re.DOTALL)
"""A strip of ink at 72 pixels an inch."""


def is_picture(asked: TextPage, share: float) -> bool:
    """Tell whether pictures cover this share of a page, and its text is no layer over them."""
    f, rotation = functions(), asked.rotation
    whole = (rotation.right - rotation.left) * (rotation.top - rotation.bottom)
    covered = 0.0
    for item, matrix in _objects(asked.page, _IMAGE):
        left, bottom, right, top = bounds_of(item, matrix)
        wide = min(right, rotation.right) - max(left, rotation.left)
        high = min(top, rotation.top) - max(bottom, rotation.bottom)
        covered += max(0.0, wide) * max(0.0, high)
    if covered < share * whole:
        return False
    invisible = sum(
        f.FPDFTextObj_GetText(item, asked.handle, None, 0) // 2 - 1
        for item, _ in _objects(asked.page, _TEXT)
        if f.FPDFTextObj_GetTextRenderMode(item) == _INVISIBLE
    )
    return bool(invisible < _LAYER)


def text_objects(page: int, most: int) -> Iterator[tuple[int, Matrix | None]]:
    """Yield the text objects among the first ``most`` objects of a loaded page, with the matrix of their forms."""
    return _objects(page, _TEXT, most)


def has_many_passes(jpeg: bytes) -> bool:
    """Tell whether a progressive JPEG has more passes over all its pixels than any program writes."""
    return jpeg.count(b"\xff\xda") > _MOST_PASSES  # start of scan; no other bytes of a JPEG look like it


def hide_text(page: Any) -> None:
    """Take the text off a loaded pypdfium2 page, so that its picture shows what else is there."""
    f = functions()
    for item, _ in [*_objects(handle(page.raw), _TEXT)]:
        f.FPDFPageObj_SetIsActive(item, 0)


def may_hold_text(image: Image, dpi: int) -> bool:
    """Tell whether a picture can be a printed page: one light colour, and on it strips of print one below another.

    Photographs have no such colour, and the background of a designed page has no print. Strips are counted in columns
    of the page, so that a page scanned askew counts as well.
    """
    small = image.reduce(max(1, round(dpi / 72)))
    levels = small.histogram()
    paper = max(range(256), key=lambda level: sum(levels[max(0, level - _BAND) : level + _BAND + 1]))
    if paper < _LIGHT or sum(levels[max(0, paper - _BAND) : paper + _BAND + 1]) < _PAPER * sum(levels):
        return False
    wide, high = small.size
    ink = small.point([255 if level < paper - _CONTRAST else 0 for level in range(256)])
    columns = (ink.crop((wide * k // _COLUMNS, 0, wide * (k + 1) // _COLUMNS, high)) for k in range(_COLUMNS))
    return any(_strips(column.resize((1, high), resample=4).tobytes()) >= _STRIPS for column in columns)  # 4: BOX


def _strips(column: bytes) -> int:
    """Return how many runs of ink in a column of pixels are as high as lines of print."""
    return len(_STRIP.findall(column))


def _objects(page: int, kind: int, most: int = _MOST_OBJECTS) -> Iterator[tuple[int, Matrix | None]]:
    """Yield the objects of one kind on a page and in its forms, with the matrix of the forms around them."""
    left = most
    f = functions()
    holders: list[tuple[int, Matrix | None, int]] = [(page, None, 0)]
    while holders:
        holder, matrix, depth = holders.pop()
        count = f.FPDFFormObj_CountObjects(holder) if depth else f.FPDFPage_CountObjects(holder)
        get = f.FPDFFormObj_GetObject if depth else f.FPDFPage_GetObject
        for index in range(count):
            left -= 1
            if left < 0:
                return
            item = get(holder, index)
            found = f.FPDFPageObj_GetType(item)
            if found == kind:
                yield item, matrix
            elif found == _FORM and depth < _MOST_NESTING:
                holders.append((item, times(matrix_of(item), matrix), depth + 1))


def bounds_of(item: int, matrix: Matrix | None) -> tuple[float, float, float, float]:
    """Return left, bottom, right and top of an object on its page."""
    edges = (ctypes.c_float * 4)()
    if not functions().FPDFPageObj_GetBounds(item, *(ctypes.byref(edges, 4 * index) for index in range(4))):
        return 0.0, 0.0, 0.0, 0.0
    x0, y0, x1, y1 = edges[:]
    if matrix is None:
        return x0, y0, x1, y1
    a, b, c, d, e, f = matrix
    corners = [(a * x + c * y + e, b * x + d * y + f) for x in (x0, x1) for y in (y0, y1)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)
