"""Join the lines of text of an unruled table to its rows.

Horizontal rules between lines decide. Without them a line begins a row if one of these holds:

- It has a number in a column of numbers in which the row before it has one already.
- It lies farther below the line before it than the lines of one cell do.
- Its first column begins with a capital letter.

All other lines continue the row above them. The lines above the first number are the header; a line with a title over
several columns is a row of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from itertools import pairwise

from decalogo.evaluation.layout.tables_regions import Region, TextRow

_NUMERIC = re.compile(
    r"(?:[$€₡%US<>≤≥~≈±(]|COP|USD|RD)*\s*[-–+]?\d[\d\s.,\'’]*\s*(?:%|[$€₡)]|p\.\s?p\.|\w{1,4}\b|[*†‡]|\([^)]{1,30}\))*"
)
_DASH = re.compile(r"[-–—]+|n\.?[ad]\.?|N/?[AD]|nd|s/d|\.\.+|\$\s*[-–—]")
YEAR = re.compile(r"(?:19|20)\d\d\*?")
_NUMBERS = 0.6
"""Minimum share of numbers among the texts of a column of numbers."""
_STEP = 1.3
"""Minimum distance of two rows, as a multiple of the distance of two lines of one cell."""
_LEADING = 1.1
"""Minimum distance of two lines, as a multiple of the font size."""
LONGEST_NUMBER = 40
"""Maximum length of a number with its unit, characters."""
_MOST_HEADER = 6
_MOST_DENSE = 4


def is_number(text: str) -> bool:
    """Return whether a text is a number, with or without a unit, or the sign of a missing one."""
    text = text.strip()
    return len(text) <= LONGEST_NUMBER and (_NUMERIC.fullmatch(text) or _DASH.fullmatch(text)) is not None


def number_columns(region: Region) -> set[int]:
    """Return the columns that hold mostly numbers below their title."""
    full = [0] * len(region.strips)
    numbers = [0] * len(region.strips)
    for index, row in enumerate(region.rows):
        for segment in row.segments if index not in region.spanning else ():
            first, last = region.column_of(segment)
            if last == first + 1:
                numeric = is_number(segment.text)
                # A title of several lines counts once.
                full[first] += numeric or numbers[first] > 0 or full[first] == 0
                numbers[first] += numeric and YEAR.fullmatch(segment.text) is None
    return {column for column, count in enumerate(numbers) if count >= 2 and count >= _NUMBERS * (full[column] - 1)}


def logical_rows(region: Region, levels: Sequence[float], numeric: Set[int]) -> list[list[TextRow]]:
    """Return the lines of each row of the table, top to bottom.

    Args:
        region: rows with their columns.
        levels: heights of the horizontal rules inside the region.
        numeric: columns of numbers.
    """
    bands = _bands(region.rows, levels)
    header = _header(region, numeric, bands)
    groups = _split_titles(region, region.rows[:header])
    rest = region.rows[header:]
    if len(bands) > 2:
        for band in _bands(rest, levels):
            groups += _by_text(region, band, numeric) if _is_dense(region, band, numeric) else [band]
    else:
        groups += _by_text(region, rest, numeric)
    return groups


def _bands(rows: Sequence[TextRow], levels: Sequence[float]) -> list[list[TextRow]]:
    """Cut rows where a horizontal rule lies between them."""
    bands: list[list[TextRow]] = []
    for row in rows:
        middle = (row.top + row.bottom) / 2
        last = (bands[-1][-1].top + bands[-1][-1].bottom) / 2 if bands else 0.0
        if not bands or any(last < level <= middle for level in levels):
            bands.append([])
        bands[-1].append(row)
    return bands


def _numbers_in(region: Region, row: TextRow, numeric: Set[int]) -> set[int]:
    return {
        first
        for segment in row.segments
        for first, last in (region.column_of(segment),)
        if first in numeric and last == first + 1 and is_number(segment.text)
    }


def _header(region: Region, numeric: Set[int], bands: Sequence[Sequence[TextRow]]) -> int:
    """Return the number of lines of the header."""
    rows = region.rows
    if not numeric:
        return len(bands[0]) if len(bands) > 1 and len(bands[0]) <= _MOST_HEADER else 0
    count = 0
    for row in rows:
        found = [segment for segment in row.segments if is_number(segment.text) and not YEAR.fullmatch(segment.text)]
        if found:
            break
        count += 1
    if count > _MOST_HEADER:
        return 0
    if len(bands) > 1 and len(bands[0]) <= count:
        return len(bands[0])
    while count > 1 and len(rows[count - 1].segments) == 1 and rows[count - 1].segments[0].text[:1].isupper():
        count -= 1  # a title of the rows below
    return count


def _split_titles(region: Region, rows: Sequence[TextRow]) -> list[list[TextRow]]:
    """Return the lines of a header in one group; lines with titles over several columns come apart."""
    groups: list[list[TextRow]] = []
    spans = [any(last > first + 1 for first, last in map(region.column_of, row.segments)) for row in rows]
    for index, row in enumerate(rows):
        if groups and not spans[index] and not spans[index - 1]:
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _is_dense(region: Region, band: Sequence[TextRow], numeric: Set[int]) -> bool:
    """Return whether a band between two rules holds several rows."""
    if len(band) < 2:
        return False
    if numeric:
        return sum(len(_numbers_in(region, row, numeric)) > 0 for row in band) > 1
    return len(band) >= _MOST_DENSE and all(len(row.segments) == len(region.strips) for row in band)


def _by_text(region: Region, rows: Sequence[TextRow], numeric: Set[int]) -> list[list[TextRow]]:
    groups: list[list[TextRow]] = []
    steps = [below.top - above.top for above, below in pairwise(rows)]
    size = max((row.size for row in rows), default=0.0)
    wide = _STEP * max(min(steps, default=0.0), _LEADING * size)
    known: set[int] = set()
    for index, row in enumerate(rows):
        here = _numbers_in(region, row, numeric)
        if (
            not groups
            or here & known
            or steps[index - 1] > wide
            or not _continues(region, row, bool(here), bool(known))
        ):
            groups.append([row])
        else:
            groups[-1].append(row)
    return groups


def _continues(region: Region, row: TextRow, here: bool, known: bool) -> bool:
    """Return whether a line without a sign of a new row continues the row above it."""
    first = row.segments[0]
    start, end = region.column_of(first)
    if end - start > 1:
        return False
    if start > 0:
        return not here or not known
    return first.text[:1].islower() or (first.text[:1] in "(" and not here)
