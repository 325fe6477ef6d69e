"""Raised numbers: note marks in a PDF are numbers set smaller and higher than the text they follow.

``pagereader.c`` does the same. Sizes are compared as squares: C and Python then round alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

Span = tuple[int, int]

_SMALLER = 0.7225
"""Square of the largest ratio of a raised number's size to that of the text it belongs to."""
_LEAST_RISE, _MOST_RISE, _MOST_ADVANCE = 0.15, 1.0, 1.8
"""How far up and how far along it stands from the character it belongs to, in sizes of that."""
_LONGEST_MARK = 3
_MOST_BLANKS = 6
_MARKS = re.compile(r"[0-9*\u2020\u2021]+")


class Glyph(NamedTuple):
    """A character as it is set: where it begins, the two directions of its text, and its font size in them."""

    x: float
    y: float
    a: float
    b: float
    c: float
    d: float
    size: float

    @property
    def height(self) -> float:
        """Square of the size as it is seen."""
        return self.size * self.size * (self.c * self.c + self.d * self.d)

    def offset(self, other: Glyph) -> tuple[float, float, float, float]:
        """Return how far up and how far along another character begins, and the font size in the same two units."""
        x, y = other.x - self.x, other.y - self.y
        return (
            x * self.c + y * self.d,
            x * self.a + y * self.b,
            self.size * (self.c * self.c + self.d * self.d),
            self.size * (self.a * self.a + self.b * self.b),
        )


def find_raised(text: str, glyph_at: Callable[[int], Glyph | None]) -> list[Span]:
    """Return the numbers and asterisks that are set smaller and higher than the text they stand in.

    Args:
        text: of the page.
        glyph_at: returns how the character at an offset is set.
    """
    found: list[Span] = []
    for match in _MARKS.finditer(text):
        start, end = match.span()
        before, after = (_neighbour(text, start, end, side, over_break=False) for side in (False, True))
        if before >= 0 or after >= 0:
            begin = _raised_from(glyph_at, start, end, before if before >= 0 else after)
        else:  # alone on its line
            begin = _raised_from(glyph_at, start, end, _neighbour(text, start, end, False, over_break=True))
            if begin == end:
                begin = _raised_from(glyph_at, start, end, _neighbour(text, start, end, True, over_break=True))
        if begin < end <= begin + _LONGEST_MARK:
            found.append((begin, end))
    return found


def _neighbour(text: str, start: int, end: int, after: bool, *, over_break: bool) -> int:
    """Return the character before or after a run that a few blanks (and a line break, if allowed) part from it."""
    for step in range(1, _MOST_BLANKS + 1):
        at = end + step - 1 if after else start - step
        if not 0 <= at < len(text):
            return -1
        if not text[at].isspace():
            return at
        if text[at] != " " and not over_break:
            return -1
    return -1


def _raised_from(glyph_at: Callable[[int], Glyph | None], start: int, end: int, base_at: int) -> int:
    """Return where the raised end of a run begins, seen from the character at ``base_at``; ``end`` if there is none."""
    base, last = (glyph_at(base_at), glyph_at(end - 1)) if base_at >= 0 else (None, None)
    if base is None or last is None or last.height > _SMALLER * base.height:
        return end
    after = base_at > start
    while start < end:  # the digits of the number that the mark follows are its base
        glyph = glyph_at(start)
        if glyph is None:
            return end
        if glyph.height <= _SMALLER * base.height:
            return start if _is_raised(glyph, base, after) else end
        base = glyph
        start += 1
    return end


def _is_raised(glyph: Glyph, base: Glyph, after: bool) -> bool:
    up, along, high, wide = base.offset(glyph)
    if after:
        along = -along
    return _LEAST_RISE * high <= up <= _MOST_RISE * high and 0 <= along <= _MOST_ADVANCE * wide
