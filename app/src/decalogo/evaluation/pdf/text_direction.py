"""The direction of most of the text on a page: a landscape page may be drawn sideways without a rotation of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import atan2, degrees

from decalogo.evaluation.documents.raw_pages import RawLine
from decalogo.evaluation.pdf.raised import Glyph
from decalogo.evaluation.pdf.text_page import TextPage

_SAMPLES = 40
_MOST = 0.7
"""Share of the characters that run in one direction at least, for the page to be turned."""


def drawn_at(glyph: Glyph) -> int:
    """Return in which direction a character is drawn: 0, 90, 180 or 270 degrees, counter-clockwise, on its page."""
    return round(degrees(atan2(glyph.b, glyph.a)) / 90) * 90 % 360


def text_direction(asked: TextPage, lines: Sequence[RawLine]) -> int:
    """Return by how many degrees, clockwise, a page must be turned so that most of its text is upright.

    The longest line decides for nearly every page. Others are looked at only if it is not upright.
    """
    rotation = asked.rotation.rotation
    longest = max(lines, key=_length)
    if _direction(asked, longest, rotation) == rotation:
        return rotation
    counts: Counter[int] = Counter()
    for line in lines[:: len(lines) // _SAMPLES + 1]:
        counts[_direction(asked, line, rotation)] += _length(line)
    direction, count = counts.most_common(1)[0]
    # PDFium puts the words of an upside-down line in reverse order, so a page of them is left as it is.
    sideways = (direction - rotation) % 180 == 90
    return direction if sideways and count >= _MOST * counts.total() else rotation


def _length(line: RawLine) -> int:
    return line.end - line.start


def _direction(asked: TextPage, line: RawLine, default: int) -> int:
    glyph = asked.glyph(line.start)
    return default if glyph is None else drawn_at(glyph)
