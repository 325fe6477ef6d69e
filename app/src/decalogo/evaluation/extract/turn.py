"""From PDFium's coordinates to those of a reader."""

from __future__ import annotations

from typing import Any

from decalogo.evaluation.extract.layout import Box

_new = tuple.__new__


class Turn:
    """Turns PDF coordinates (origin bottom left, before rotation) into those a reader sees."""

    def __init__(self, page: Any) -> None:
        self.left, self.bottom, self.right, self.top = page.get_bbox()
        self.rotation = page.get_rotation() % 360
        sideways = self.rotation in (90, 270)
        self.height = self.right - self.left if sideways else self.top - self.bottom

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """Return the rectangle as it is read."""
        if not self.rotation:
            # What Box(...) does, without its detour.
            return _new(Box, (left - self.left, self.top - top, right - self.left, self.top - bottom))
        if self.rotation == 90:
            return Box(bottom - self.bottom, left - self.left, top - self.bottom, right - self.left)
        if self.rotation == 180:
            return Box(self.right - right, bottom - self.bottom, self.right - left, top - self.bottom)
        return Box(self.top - top, self.right - right, self.top - bottom, self.right - left)
