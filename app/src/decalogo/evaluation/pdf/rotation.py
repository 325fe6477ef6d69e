"""Transform PDFium's coordinates to those of the page as it is read."""

from __future__ import annotations

import ctypes
from struct import Struct

from decalogo.evaluation.documents.sheets import Box
from decalogo.evaluation.pdf.pdfium import functions

_new = tuple.__new__
_rectangle = Struct("4f")


class Rotation:
    """Turns PDF coordinates (origin bottom left, before rotation) of a loaded page into those a reader sees.

    Attributes:
        left, top, right, bottom: the visible part of the page (its crop box), PDF coordinates.
        rotation: degrees, clockwise, by which the page is turned to be read.
        width, height: of the page as it is seen, points.
    """

    def __init__(self, page: int) -> None:
        f, box = functions(), ctypes.create_string_buffer(_rectangle.size)
        f.FPDF_GetPageBoundingBox(page, ctypes.byref(box))  # never fails for a loaded page
        self.left, self.top, self.right, self.bottom = _rectangle.unpack(box)
        self.turn(90 * f.FPDFPage_GetRotation(page))

    def turn(self, degrees: int) -> None:
        """Set the rotation: that of the page, or that of the text on it."""
        self.rotation = degrees
        self.width, self.height = self.right - self.left, self.top - self.bottom
        if degrees in (90, 270):
            self.width, self.height = self.height, self.width

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """Return a rectangle with its origin at the top left of the page as it is read."""
        if not self.rotation:
            # Faster than Box(...): no argument parsing.
            return _new(Box, (left - self.left, self.top - top, right - self.left, self.top - bottom))
        if self.rotation == 90:
            return Box(bottom - self.bottom, left - self.left, top - self.bottom, right - self.left)
        if self.rotation == 180:
            return Box(self.right - right, bottom - self.bottom, self.right - left, top - self.bottom)
        return Box(self.top - top, self.right - right, self.top - bottom, self.right - left)
