"""Find the ruling lines of a PDF page in its vector paths.

Writers draw the lines of a table as strokes, as thin filled rectangles, or as rectangles whose edges are stroked, often
inside forms with a transform of their own. All of them become horizontal and vertical lines here; curves and slanted
lines are ignored. Filled rectangles are kept apart: some tables have coloured cells and no lines.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator

from decalogo.evaluation.documents.sheets import Box
from decalogo.evaluation.layout.grids import SHORT, THIN, RulingLines
from decalogo.evaluation.pdf.pdfium import functions
from decalogo.evaluation.pdf.rotation import Rotation

_MOST_OBJECTS = 20_000
"""Maximum number of objects per page: maps and drawings have more, tables do not."""
_MOST_SEGMENTS = 400
_MOST_NESTING = 4
_WHITE = 250

Matrix = tuple[float, float, float, float, float, float]


def read_ruling_lines(page: int, rotation: Rotation) -> RulingLines:
    """Return the ruling lines of a loaded page (its PDFium handle), in the coordinates of ``rotation``."""
    reader = _PathReader(rotation)
    for shape, matrix in reader.paths(page, None, 0):
        reader.take(shape, matrix)
    return reader.rules


class _PathReader:
    """Reads path objects. It holds the C variables to which PDFium writes its results."""

    def __init__(self, rotation: Rotation) -> None:
        import pypdfium2.raw as c

        self.c, self.f, self.rotation, self.rules = c, functions(), rotation, RulingLines()
        self.left_over = _MOST_OBJECTS
        self.bounds = self.f.FPDFPageObj_GetBounds
        self.edges = (ctypes.c_float * 4)()
        self.edges_at = [ctypes.byref(self.edges, 4 * index) for index in range(4)]
        self.x, self.y = ctypes.c_float(), ctypes.c_float()
        self.point_at = ctypes.byref(self.x), ctypes.byref(self.y)
        self.fill, self.stroke = ctypes.c_int(), ctypes.c_int()
        self.mode_at = ctypes.byref(self.fill), ctypes.byref(self.stroke)
        self.colour = [ctypes.c_uint() for _ in range(4)]
        self.colour_at = [ctypes.byref(part) for part in self.colour]

    def paths(self, holder: int, matrix: Matrix | None, depth: int) -> Iterator[tuple[int, Matrix | None]]:
        """Yield every path of a page or form, with the transform of the forms around it."""
        f, path, form = self.f, self.c.FPDF_PAGEOBJ_PATH, self.c.FPDF_PAGEOBJ_FORM
        count = f.FPDFFormObj_CountObjects(holder) if depth else f.FPDFPage_CountObjects(holder)
        get, type_of = f.FPDFFormObj_GetObject if depth else f.FPDFPage_GetObject, f.FPDFPageObj_GetType
        for index in range(count):
            self.left_over -= 1
            if self.left_over < 0:
                return
            item = get(holder, index)
            kind = type_of(item)
            if kind == path:
                yield item, matrix
            elif kind == form and depth < _MOST_NESTING:
                yield from self.paths(item, times(matrix_of(item), matrix), depth + 1)

    def take(self, shape: int, matrix: Matrix | None) -> None:
        """Add the lines that a path draws."""
        if not self.bounds(shape, *self.edges_at):
            return
        x0, y0, x1, y1 = self.edges[:]
        box = self._box(x0, y0, x1, y1, matrix)
        left, top, right, bottom = box
        width, height = right - left, bottom - top
        if max(width, height) < SHORT:
            return
        self.f.FPDFPath_GetDrawMode(shape, *self.mode_at)
        if not (self.fill.value or self.stroke.value):
            return
        if min(width, height) <= THIN:
            self.rules.add(box)
            return
        count = self.f.FPDFPath_CountSegments(shape)
        if self.stroke.value:
            if count <= _MOST_SEGMENTS:
                self._segments(shape, count, matrix)
        elif 4 <= count <= 6 and not self._is_white(shape):
            self.rules.fills.append(box)

    def _segments(self, shape: int, count: int, matrix: Matrix | None) -> None:
        c, f = self.c, self.f
        whole = times(matrix_of(shape), matrix)
        move, line = c.FPDF_SEGMENT_MOVETO, c.FPDF_SEGMENT_LINETO
        get, point_of, type_of, closes = (
            f.FPDFPath_GetPathSegment,
            f.FPDFPathSegment_GetPoint,
            f.FPDFPathSegment_GetType,
            f.FPDFPathSegment_GetClose,
        )
        x, y, (x_at, y_at) = self.x, self.y, self.point_at
        first = last = None
        for index in range(count):
            segment = get(shape, index)
            point_of(segment, x_at, y_at)
            point = x.value, y.value
            kind = type_of(segment)
            if kind == move:
                first = point
            elif kind == line and last is not None:
                self.rules.add(self._box(*last, *point, whole))
            if closes(segment) and first is not None:
                self.rules.add(self._box(*point, *first, whole))
            last = point

    def _box(self, x0: float, y0: float, x1: float, y1: float, matrix: Matrix | None) -> Box:
        if matrix is not None:
            a, b, c, d, e, f = matrix
            x0, y0, x1, y1 = a * x0 + c * y0 + e, b * x0 + d * y0 + f, a * x1 + c * y1 + e, b * x1 + d * y1 + f
        if x1 < x0:
            x0, x1 = x1, x0
        if y1 < y0:
            y0, y1 = y1, y0
        return self.rotation.box(x0, y0, x1, y1)

    def _is_white(self, shape: int) -> bool:
        if not self.f.FPDFPageObj_GetFillColor(shape, *self.colour_at):
            return False
        red, green, blue, alpha = (part.value for part in self.colour)
        return alpha == 0 or min(red, green, blue) >= _WHITE


def matrix_of(item: int) -> Matrix:
    """Return the matrix of a page object."""
    matrix = (ctypes.c_float * 6)()
    if not functions().FPDFPageObj_GetMatrix(item, ctypes.byref(matrix)):
        return (1, 0, 0, 1, 0, 0)
    a, b, c, d, e, f = matrix
    return (a, b, c, d, e, f)


def times(inner: Matrix, outer: Matrix | None) -> Matrix:
    """Return the matrix that applies ``inner`` and then ``outer``."""
    if outer is None:
        return inner
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)
