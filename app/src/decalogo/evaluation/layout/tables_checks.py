"""Tell tables from prose in columns, lists, tables of contents and forms."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from statistics import median

from decalogo.evaluation.layout.tables_regions import Region, TextRow
from decalogo.evaluation.layout.tables_rows import YEAR, is_number

_LEADERS = re.compile(r"\.{4,}|(?:\. ){4,}|_{4,}|…{2,}")
_MARK = re.compile(r"[•●▪■◦○‣✓✔►➢❖*»\-–—·o\uf0b7\uf0a7\uf0d8]|\(?[0-9a-zA-Z]{1,3}[.)]|\d{1,3}(?:\.\d{1,2})+\.?")
_MOST_LEADERS = 0.3
_LONG = 60
"""Maximum median length of the texts of a table, characters."""
_LEAST_ROWS = 3
_PROSE_WORDS = 4
_PROSE_FILL = 0.8
_RULED = 0.7
_LEAST_FILLED = 0.45
_LEAST_WITHOUT_LABELS = 0.8
"""Minimum share of filled cells in a table of numbers alone: the labels of a chart's axes are no table."""


def may_be_table(region: Region, levels: int, numeric: Set[int]) -> bool:
    """Return whether a region may be a table: a test before its lines are joined to rows.

    Args:
        region: rows with their columns.
        levels: number of horizontal rules inside the region.
        numeric: columns of numbers.
    """
    if len(region.strips) < 2 or (len(region.strips) == 2 and levels < 2 and not numeric):
        return False
    if levels < 2 and sum(len(row.segments) > 1 for row in region.rows) < _LEAST_ROWS:
        return False  # the labels of a chart
    texts = [segment.text.strip() for row in region.rows for segment in row.segments]
    if median(map(len, texts)) > _LONG or _is_running_text(texts) or _is_contents(region):
        return False
    return sum(_LEADERS.search(text) is not None for text in texts) < _MOST_LEADERS * len(region.rows)


def is_unruled_table(region: Region, groups: Sequence[Sequence[TextRow]], levels: int, numeric: Set[int]) -> bool:
    """Return whether a region is a table.

    Args:
        region: rows with their columns, for which ``may_be_table`` holds.
        groups: the lines of each row.
        levels: number of horizontal rules inside the region.
        numeric: columns of numbers.
    """
    if len(groups) < 3:
        return False
    columns = _texts(region)
    wide = len(region.strips) - sum(_is_marks(column) for column in columns[:-1])
    if wide < 2:
        return False
    filled = [len({region.column_of(s)[0] for row in group for s in row.segments}) for group in groups]
    labels = any(sum(not is_number(text) for text in column) > 0.5 * len(column) for column in columns)
    least = _LEAST_FILLED if labels else _LEAST_WITHOUT_LABELS
    if sum(filled) < least * len(region.strips) * len(groups) or sum(count > 1 for count in filled) < 3:
        return False
    values = any(not _is_marks(columns[column]) for column in numeric)
    prose = sum(_is_prose(region, column) for column in range(len(region.strips)))
    if levels >= 2 and levels >= _RULED * (len(groups) - 1) and prose < wide:
        return True  # a rule below nearly every row
    if prose > 1 or (prose and wide == 2 and not values):
        return False
    return values or (wide > 2 and not prose and _has_short_rows(region, groups))


def is_value(text: str) -> bool:
    """Return whether a text is a number of a table, not a year and not the number of a list item."""
    return is_number(text) and not YEAR.fullmatch(text) and not _MARK.fullmatch(text)


def _is_running_text(texts: Sequence[str]) -> bool:
    """Return whether few texts are numbers, and many others begin inside a sentence."""
    numbers = sum(is_number(text) and not _MARK.fullmatch(text) for text in texts)
    lower = sum(text[:1].islower() for text in texts)
    return numbers < 0.2 * len(texts) and lower >= 0.3 * len(texts)


def is_prose_in_columns(region: Region) -> bool:
    """Return whether all columns hold prose: a quick test before the rows are joined."""
    return all(_is_prose(region, column) for column in range(len(region.strips)))


def _texts(region: Region) -> list[list[str]]:
    columns: list[list[str]] = [[] for _ in region.strips]
    for row in region.rows:
        for segment in row.segments:
            columns[region.column_of(segment)[0]].append(segment.text.strip())
    return columns


def _is_marks(column: Sequence[str]) -> bool:
    """Return whether a column holds marks of list items or numbers of headings."""
    marks = sum(_MARK.fullmatch(text) is not None for text in column)
    return bool(column) and marks >= 0.7 * len(column)


def _is_contents(region: Region) -> bool:
    """Return whether the last column counts up as page numbers do."""
    last = [row.segments[-1].text.strip() for row in region.rows if len(row.segments) > 1]
    if len(region.strips) > 3 or not last:
        return False
    numbers = [int(text) for text in last if text.isdecimal() and len(text) <= 4]
    return len(numbers) >= 0.8 * len(last) and len(numbers) > 2 and numbers == sorted(numbers) and numbers[0] > 0


def _is_prose(region: Region, column: int) -> bool:
    """Return whether most lines of a column are as wide as it is, and have many words."""
    left, right = region.strips[column]
    lines = [s for row in region.rows for s in row.segments if region.column_of(s) == (column, column + 1)]
    if len(lines) < 3:
        return False
    full = sum(s.right - s.left >= _PROSE_FILL * (right - left) for s in lines)
    words = median(len(s.text.split()) for s in lines)
    return words >= _PROSE_WORDS and full >= 0.6 * len(lines)


def _has_short_rows(region: Region, groups: Sequence[Sequence[TextRow]]) -> bool:
    """Return whether a table without numbers has short texts, and most of its rows fill most of its columns."""
    wide = len(region.strips)
    texts = [s.text for row in region.rows for s in row.segments if not is_number(s.text)]
    full = sum(len({region.column_of(s)[0] for row in group for s in row.segments}) >= wide - 1 for group in groups)
    capital = sum(text[:1].isupper() or text[:1].isdigit() for text in texts)
    short = len(region.rows) <= 1.5 * len(groups) and median(map(len, texts)) <= 30
    return short and full >= 0.75 * len(groups) and capital >= 0.6 * len(texts)
