"""Answers of the renderer's process."""

from __future__ import annotations

import io
import math
from typing import Any, Final

MAX_PIXELS: Final = 12_000_000
"""Pixels of one picture: bounds memory for pages that are very tall or wide."""
_MAX_SIDE: Final = 16_000
"""Longest side of one picture, pixels; WebP has at most 16,383."""
_QUALITY: Final = 78


class RenderError(Exception):
    """A request that cannot be answered: its slug and the reason."""

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.slug = slug


def scale_of(across: float, down: float, width: int) -> float:
    """Return the scale that draws a page ``width`` pixels wide, or less wide where the picture would be too large.

    Args:
        across: width of the page, in any unit.
        down: height of the page, in the same unit.
        width: pixels.
    """
    by_pixels = math.sqrt(MAX_PIXELS / (across * down))
    return min(width / across, by_pixels, _MAX_SIDE / max(across, down))


def picture_answer(image: Any) -> tuple[dict[str, Any], bytes]:
    """Return head and body of an answer with a Pillow image, as WebP."""
    body = io.BytesIO()
    image.convert("RGB").save(body, "WEBP", quality=_QUALITY, method=1)
    return {"width": image.width, "height": image.height}, body.getvalue()
