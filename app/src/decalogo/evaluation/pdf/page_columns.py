"""The two columns of a page of prose: a table in one of them has nothing to do with the lines of the other one."""

from __future__ import annotations

from collections.abc import Sequence

from decalogo.evaluation.documents.raw_pages import RawLine

_LEAST_LINES = 10
"""Minimum number of lines of each column."""
_LEAST_CHARACTERS = 30
_FULL = 0.8
"""Minimum width of a line of prose, as a share of its column."""
_PROSE = 0.5
"""Minimum share of such lines in one column."""
_CROSSING = 0.05
"""Maximum share of lines over the gutter, such as titles."""
_PLACES = (0.5, 0.48, 0.52, 0.46, 0.54, 0.44, 0.56)
"""Where the gutter is looked for, as shares of the width of the text."""


def halves(lines: Sequence[RawLine]) -> list[list[RawLine]]:
    """Return the lines of each column of a page in two columns; otherwise all lines as one."""
    if len(lines) >= 2 * _LEAST_LINES:
        left, right = min(line.box.left for line in lines), max(line.box.right for line in lines)
        most = int(_CROSSING * len(lines))
        for place in _PLACES:
            x = left + place * (right - left)
            first = [line for line in lines if line.box.right <= x]
            if len(first) < _LEAST_LINES:
                continue
            second = [line for line in lines if line.box.left >= x]
            if len(second) < _LEAST_LINES or len(lines) - len(first) - len(second) > most:
                continue
            if _is_prose(first) or _is_prose(second):
                return [first, second]
    return [list(lines)]


def _is_prose(lines: Sequence[RawLine]) -> bool:
    wide = max(line.box.right for line in lines) - min(line.box.left for line in lines)
    full = sum(
        line.end - line.start >= _LEAST_CHARACTERS and line.box.right - line.box.left >= _FULL * wide for line in lines
    )
    return full >= max(_LEAST_LINES, _PROSE * len(lines))
