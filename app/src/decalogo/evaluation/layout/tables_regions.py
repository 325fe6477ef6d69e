"""Find runs of text rows that keep the same columns.

A line of a page is cut into segments at wide gaps. Rows below each other form a region as long as the same vertical
strips of the page (gutters) stay empty in all of them. Coordinates are points with the origin at the top left.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

GAP = 0.9
"""Minimum width of a gap between two segments, as a share of the font size. A blank has a third of it."""
_GUTTER = 0.45
"""Minimum width of a gutter that stays empty over all rows, as a share of the font size."""
_FAR = 2.6
"""Maximum distance of two lines of one table, top to top, as a multiple of the font size..."""
_PITCH = 1.9
"""... or of the largest distance so far."""
_MOST_SPANNING = 2
_SPANNED = 0.8
"""Maximum width of a title between rows, as a share of the table's width: a wider line is prose."""
_LONG_TITLE = 60
_LONG_LINE = 75
"""Minimum length of a line that is prose wherever it is, characters."""
_SOURCE = re.compile(r"\W*(?:fuentes?|fonte|source|notas?|notes?|elabora\w+)\b", re.IGNORECASE)
"""Beginning of the text below a table."""
_YOUNG = 2
_MOST_TITLES = 3
"""Maximum number of rows of a header whose titles may lie over several columns."""
_CLOSE = 1.5
"""Maximum distance of the lines of one cell, top to top, as a multiple of the font size."""
_MOST_ROWS = 400


@dataclass(slots=True)
class Segment:
    """A stretch of a line between two wide gaps, with its raw offsets and its text."""

    left: float
    right: float
    start: int
    end: int
    text: str


@dataclass(slots=True)
class TextRow:
    """All segments at one height of the page, left to right.

    Attributes:
        top, bottom: their height, points.
        size: their font size, points.
        segments: the stretches of its lines between wide gaps.
    """

    top: float
    bottom: float
    size: float
    segments: list[Segment]


@dataclass(slots=True)
class Region:
    """Rows that may be a table, and the strips of the page that their text covers (its columns)."""

    rows: list[TextRow]
    strips: list[tuple[float, float]]
    spanning: set[int] = field(default_factory=set)
    """Indices of rows with a text over several columns."""
    _edges: tuple[list[tuple[float, float]] | None, list[float], list[float]] = (None, [], [])
    """The strips, and where their text begins and ends: ``column_of`` is called for each segment many times."""

    @property
    def columns(self) -> tuple[float, ...]:
        """Return the column borders: the middles of the gutters, and both sides."""
        inner = [(a[1] + b[0]) / 2 for a, b in zip(self.strips, self.strips[1:], strict=False)]
        return (self.strips[0][0] - 1, *inner, self.strips[-1][1] + 1)

    def column_of(self, segment: Segment) -> tuple[int, int]:
        """Return the first column of a segment and the one after its last."""
        if self._edges[0] is not self.strips:
            inner = [left + 0.5 for left, _ in self.strips], [right - 0.5 for _, right in self.strips]
            self._edges = (self.strips, *inner)
        _, lefts, rights = self._edges
        first = bisect_right(rights, segment.left)
        last = bisect_left(lefts, segment.right)
        if last > first:
            return first, last
        return max(0, first - 1), min(first + 1, len(lefts))  # in the gutter before this column


def find_regions(rows: Sequence[TextRow], seeds: set[int]) -> list[Region]:
    """Return runs of rows that keep the same gutters, top to bottom.

    Args:
        rows: of a page, top to bottom, without what lies in ruled tables.
        seeds: indices of rows that have, or may have, several segments.
    """
    regions: list[Region] = []
    index = 0
    while index < len(rows):
        if index not in seeds or len(rows[index].segments) < 2:
            index += 1
            continue
        region = _grow(rows, index)
        if len(region.rows) >= 3:
            index += len(region.rows)
            _refine(region)
            regions.append(region)
        else:
            index += 1
    return regions


def _grow(rows: Sequence[TextRow], first: int) -> Region:
    region = Region([rows[first]], _strips(rows[first].segments))
    waiting: list[TextRow] = []
    farthest = 0.0
    for row in rows[first + 1 : first + _MOST_ROWS]:
        last = (waiting or region.rows)[-1]
        if _is_prose(row, last):
            break
        step = row.top - last.top
        if step > max(_FAR * max(row.size, last.size), _PITCH * farthest):
            break
        strips = _merged(region.strips, row.segments, _GUTTER * row.size)
        if _fits(region, row, strips) and not (waiting and len(row.segments) < 2):
            region.spanning |= set(range(len(region.rows), len(region.rows) + len(waiting)))
            region.rows += [*waiting, row]
            farthest = max(farthest, step)
            region.strips, waiting = strips, []
            continue
        waiting.append(row)
        wide = region.strips[-1][1] - region.strips[0][0]
        if len(waiting) > _MOST_SPANNING or any(_width(row) > _SPANNED * wide for row in waiting):
            break
    _trim(region)
    return region


def _is_prose(row: TextRow, above: TextRow) -> bool:
    """Return whether a row is a line of prose: one long text, or the second of two shorter ones."""
    if len(row.segments) > 1:
        return False
    length = len(row.segments[0].text)
    alone = len(above.segments) == 1
    return length > _LONG_LINE or (length > _LONG_TITLE and alone and len(above.segments[0].text) > _LONG_TITLE)


def _refine(region: Region) -> None:
    """Take the columns from the rows below the header, if titles over several columns hide some of them."""
    for first in range(1, min(_MOST_TITLES, len(region.rows) - 3) + 1):
        strips: list[tuple[float, float]] = []
        for row in region.rows[first:]:
            if len(row.segments) > 1:
                strips = _merged(strips, row.segments, _GUTTER * row.size)
        if len(strips) > len(region.strips):
            region.strips = strips
    while len(region.rows) > 1 and _is_above(region, region.rows[0]):
        region.rows.pop(0)
        region.spanning = {index - 1 for index in region.spanning if index}


def _is_above(region: Region, row: TextRow) -> bool:
    """Return whether a row is prose above the table: a long text over several columns."""
    spans = [(segment, *region.column_of(segment)) for segment in row.segments]
    return any(last > first + 1 and len(segment.text) > _LONG_TITLE for segment, first, last in spans)


def _fits(region: Region, row: TextRow, strips: Sequence[tuple[float, float]]) -> bool:
    """Return whether a row keeps the columns; the first rows may join two that only a title or a blank set apart."""
    before, after = len(region.strips), len(strips)
    if after >= before:
        return True
    return len(region.rows) <= _YOUNG and len(row.segments) > 1 and after >= max(3, before - 1)


def _width(row: TextRow) -> float:
    return row.segments[-1].right - row.segments[0].left


def _trim(region: Region) -> None:
    """Drop rows with one segment at the end: the text below a table, unless it continues a cell."""
    while len(region.rows) > 1 and len(region.rows[-1].segments) == 1:
        before, last = region.rows[-2], region.rows[-1]
        first = region.column_of(last.segments[0])[0]
        close = last.top - before.top < _CLOSE * last.size and not _SOURCE.match(last.segments[0].text)
        if close and (last.segments[0].text[:1].islower() or first > 0):
            break
        region.rows.pop()


def _strips(segments: Sequence[Segment]) -> list[tuple[float, float]]:
    return [(segment.left, segment.right) for segment in segments]


def _merged(
    strips: Sequence[tuple[float, float]], segments: Sequence[Segment], least: float
) -> list[tuple[float, float]]:
    """Return the strips that old strips and the segments of a row cover; narrower gaps than ``least`` are closed."""
    merged: list[tuple[float, float]] = []
    for left, right in sorted([*strips, *_strips(segments)]):
        if merged and left - merged[-1][1] < least:
            merged[-1] = (merged[-1][0], max(merged[-1][1], right))
        else:
            merged.append((left, right))
    return merged
