"""Rows of text of a PDF page, which are cut at wide gaps where a table without rules may be.

The box of every word costs two calls of PDFium. So words are looked up only in lines that may hold a wide gap: lines
that are wider than their number of characters explains, and the lines around them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from decalogo.evaluation.documents.raw_pages import RawLine
from decalogo.evaluation.documents.sheets import Grid
from decalogo.evaluation.layout.tables_regions import GAP, Segment, TextRow
from decalogo.evaluation.pdf.text_page import TextPage

_CHARACTER = 0.5
"""Width of a character, as a share of the font size."""
_EXCESS = 1.2
"""Minimum width that the characters of a line do not explain, as a multiple of the font size."""
_LEAST_EXCESS = 0.6
"""The same, for lines next to those."""
_SAME_HEIGHT = 0.4
_LEAST_SEEDS = 3
_NEAR = 5
_MOST_LINES = 2_000
_MARKS = frozenset("•●▪■◦○‣✓✔►➢❖*»·o\uf0b7\uf0a7\uf0d8\uf0fc\uf076")
_DASHES = frozenset("-–—")
_LONG_ITEM = 25
"""Minimum length of a text after a dash that is a list item, characters; after a missing value follow short ones."""


def outside(lines: Sequence[RawLine], grids: Sequence[Grid]) -> list[RawLine]:
    """Return the lines that lie in none of the grids."""
    return [line for line in lines if not any(_is_inside(line, grid) for grid in grids)]


def inside(lines: Sequence[RawLine], grid: Grid) -> list[RawLine]:
    """Return the lines that lie in a grid."""
    return [line for line in lines if _is_inside(line, grid)]


def text_rows(asked: TextPage, lines: Sequence[RawLine]) -> tuple[list[TextRow], set[int]]:
    """Return the rows of text, top to bottom, and the indices of those that may have several columns."""
    free = [line for line in lines if _is_upright(line)]
    if len(free) < _LEAST_SEEDS or len(free) > _MOST_LINES:
        return [], set()
    usual = _density(free)
    groups = _at_one_height(free)
    found = [index for index, group in enumerate(groups) if _may_have_columns(group, usual)]
    # A table has at least three such rows, close to each other.
    seeds = {
        index
        for at, index in enumerate(found)
        if sum(abs(other - index) <= _NEAR for other in found[max(0, at - 2) : at + 3]) >= _LEAST_SEEDS
    }
    return ([_row(asked, group, usual) for group in groups], seeds) if seeds else ([], set())


def _may_have_columns(group: Sequence[RawLine], usual: float) -> bool:
    if len(group) > 1 and not _is_prose(group):
        return True
    return any(_excess(line, usual) > _EXCESS for line in group)


def _is_upright(line: RawLine) -> bool:
    return line.level and line.size > 0 and line.box.right > line.box.left


def _is_inside(line: RawLine, grid: Grid) -> bool:
    x, y = (line.box.left + line.box.right) / 2, (line.box.top + line.box.bottom) / 2
    return grid.box.left <= x <= grid.box.right and grid.box.top <= y <= grid.box.bottom


def _density(lines: Sequence[RawLine]) -> float:
    """Return the usual width of a character on a page, as a share of the font size."""
    densities = sorted(
        (line.box.right - line.box.left) / ((line.end - line.start) * line.size)
        for line in lines
        if line.end - line.start >= 15
    )
    return min(densities[len(densities) // 4], _CHARACTER) if densities else _CHARACTER


def _excess(line: RawLine, usual: float) -> float:
    """Return the width that the characters of a line do not explain, as a multiple of the font size."""
    return (line.box.right - line.box.left) / line.size - (line.end - line.start) * usual


def _is_prose(lines: Sequence[RawLine]) -> bool:
    """Return whether all lines at one height are as long as those of prose in columns."""
    return all(line.end - line.start >= _LONG_ITEM for line in lines)


def _at_one_height(lines: Sequence[RawLine]) -> list[list[RawLine]]:
    groups: list[list[RawLine]] = []
    middle = 0.0
    for line in sorted(lines, key=lambda line: (line.box.top + line.box.bottom, line.box.left)):
        here = (line.box.top + line.box.bottom) / 2
        if groups and here - middle <= _SAME_HEIGHT * line.size:
            groups[-1].append(line)
        else:
            groups.append([line])
            middle = here
    return groups


def _row(asked: TextPage, lines: Sequence[RawLine], usual: float) -> TextRow:
    lines = sorted(lines, key=lambda line: line.box.left)
    whole = [Segment(one.box.left, one.box.right, one.start, one.end, asked.text[one.start : one.end]) for one in lines]
    loose = any(_excess(one, usual) > _LEAST_EXCESS for one in lines)
    cut = partial(_cut, asked, lines, usual) if loose else None
    top, bottom = min(one.box.top for one in lines), max(one.box.bottom for one in lines)
    return TextRow(top, bottom, max(one.size for one in lines), whole, cut)


def _is_mark(text: str, rest: str) -> bool:
    """Return whether a text is the mark of the list item that follows it."""
    return text in _MARKS or (text in _DASHES and len(rest) > _LONG_ITEM)


def _cut(asked: TextPage, lines: Sequence[RawLine], usual: float) -> list[Segment]:
    """Return the segments of the lines of a row, cut at wide gaps, left to right."""
    segments: list[Segment] = []
    for line in lines:
        half = _CHARACTER / 2 * line.size
        start, end, left, right = line.start, line.start, line.box.left, line.box.left
        for word, after, begins, ends in asked.words(line) if _excess(line, usual) > _LEAST_EXCESS else ():
            if begins is None or ends is None:
                continue
            wide = end > start and begins[0] - half - right > GAP * line.size
            if wide and not _is_mark(asked.text[start:end], asked.text[word : line.end]):
                segments.append(Segment(left, right, start, end, asked.text[start:end]))
                start, left = word, begins[0] - half
            end, right = after, ends[0] + half
        segments.append(Segment(left, line.box.right, start, line.end, asked.text[start : line.end]))
    return sorted(segments, key=lambda segment: segment.left)
