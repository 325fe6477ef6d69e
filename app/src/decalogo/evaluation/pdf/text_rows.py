"""Rows of text of a PDF page, cut at wide gaps, if a table without rules may be on it.

Most pages are prose, and the search for tables costs more than the rest of the page. So each look is cheaper than the
next one, and the search ends early on a page without a sign of a table:

1. Lines that are wider than their characters explain, or at one height, in three rows close to each other.
2. The gaps between the words of such lines: the box of every word costs two calls of PDFium.
3. What every table without rules has: numbers, rows of three texts, or rules between its rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from operator import attrgetter

from decalogo.evaluation.documents.raw_pages import RawLine
from decalogo.evaluation.documents.sheets import Grid
from decalogo.evaluation.layout.grids import RulingLines
from decalogo.evaluation.layout.tables_checks import is_value
from decalogo.evaluation.layout.tables_regions import GAP, Segment, TextRow
from decalogo.evaluation.layout.tables_rows import LONGEST_NUMBER, is_number
from decalogo.evaluation.pdf.page_columns import halves
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
_JUSTIFIED = 4
_NO_PROSE = re.compile(r"[\d\s]")
_SPREAD = 0.5
"""Maximum difference of the gaps of a justified line, as a share of the font size: boxes of characters are rough."""
_LEAST_COLUMNS = 3
_LEAST_NUMBERS = 2
_LEAST_LEVELS = 2
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


def text_rows(
    asked: TextPage, lines: Sequence[RawLine], rules: RulingLines
) -> Iterator[tuple[list[TextRow], set[int]]]:
    """Yield rows of text, top to bottom, and the indices of those that have several segments.

    The columns of a page of prose are apart. A page that holds no table without rules yields nothing.
    """
    free = [line for line in lines if _is_upright(line)]
    for side in halves(free) if len(free) <= _MOST_LINES else ():
        rows, seeds = _rows(asked, side, rules)
        if seeds:
            yield rows, seeds


def _rows(asked: TextPage, free: Sequence[RawLine], rules: RulingLines) -> tuple[list[TextRow], set[int]]:
    if len(free) < _LEAST_SEEDS:
        return [], set()
    usual = _density(free)
    groups = _at_one_height(free)
    seeds = _close([index for index, group in enumerate(groups) if _may_have_columns(group, usual)])
    if not seeds:
        return [], set()
    cut = _cut(asked, [line for line in free if _excess(line, usual) > _LEAST_EXCESS])
    seeds = {index for index in seeds if len(groups[index]) > 1 or groups[index][0].start in cut}
    if not seeds or not _may_be_table(asked.text, groups, cut, seeds, rules):
        return [], set()
    return [_row(asked.text, group, cut) for group in groups], seeds


def _close(found: Sequence[int]) -> set[int]:
    """Return the rows among ``found`` that have two others close to them: a table has at least three."""
    return {
        index
        for at, index in enumerate(found)
        if sum(abs(other - index) <= _NEAR for other in found[max(0, at - 2) : at + 3]) >= _LEAST_SEEDS
    }


def _may_be_table(
    text: str,
    groups: Sequence[Sequence[RawLine]],
    cut: Mapping[int, list[Segment]],
    seeds: set[int],
    rules: RulingLines,
) -> bool:
    """Return whether a page has what ``is_unruled_table`` asks for, in any of its lines."""
    if sum(_has_titles(text, groups[index], cut) for index in seeds) >= _LEAST_SEEDS:
        return True
    numbers = 0
    for group in groups:
        for line in group:
            if line.start in cut:
                numbers += sum(is_value(segment.text) for segment in cut[line.start])
            elif line.end - line.start <= LONGEST_NUMBER:
                numbers += is_value(text[line.start : line.end])
    if numbers >= _LEAST_NUMBERS:
        return True
    top, bottom = groups[min(seeds)][0].box.top, groups[max(seeds)][0].box.bottom
    levels = {round(y / 2) for y, *_ in rules.horizontal if top < y < bottom}
    levels |= {round(y / 2) for box in rules.fills for y in (box.top, box.bottom) if top < y < bottom}
    return len(levels) >= _LEAST_LEVELS


def _has_titles(text: str, group: Sequence[RawLine], cut: Mapping[int, list[Segment]]) -> bool:
    """Return whether a row has three texts, and half of them begin as a title or a value does."""
    starts: list[int] = []
    for line in group:
        starts += [segment.start for segment in cut[line.start]] if line.start in cut else [line.start]
    return len(starts) >= _LEAST_COLUMNS and 2 * sum(not text[start].islower() for start in starts) >= len(starts)


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


def _row(text: str, lines: Sequence[RawLine], cut: Mapping[int, list[Segment]]) -> TextRow:
    """Return the lines at one height as a row, its segments left to right."""
    segments: list[Segment] = []
    for line in lines:
        segments += cut.get(line.start) or [
            Segment(line.box.left, line.box.right, line.start, line.end, text[line.start : line.end])
        ]
    if len(segments) > 1:
        segments.sort(key=lambda segment: segment.left)
    top, bottom = min(one.box.top for one in lines), max(one.box.bottom for one in lines)
    return TextRow(top, bottom, max(one.size for one in lines), segments)


def _cut(asked: TextPage, lines: Sequence[RawLine]) -> dict[int, list[Segment]]:
    """Return the segments of the lines with wide gaps, by their start; the mark of a list item stays with the item."""
    text = asked.text
    cut: dict[int, list[Segment]] = {}
    for number, found in groupby(asked.gaps(lines, GAP, _CHARACTER / 2), key=attrgetter("line")):
        line = lines[number]
        start, left = line.start, line.box.left
        segments: list[Segment] = []
        for gap in found:
            if start > line.start or not _is_mark(text[start : gap.end], text[gap.start : line.end]):
                segments.append(Segment(left, gap.right, start, gap.end, text[start : gap.end]))
                start, left = gap.start, gap.left
        if segments:
            segments.append(Segment(left, line.box.right, start, line.end, text[start : line.end]))
            if not _is_justified(segments, line.size):
                cut[line.start] = segments
    return cut


def _is_justified(segments: Sequence[Segment], size: float) -> bool:
    """Return whether the segments are the words of a line of prose that is set to the width of its column."""
    if len(segments) < _JUSTIFIED or any(_NO_PROSE.search(segment.text) for segment in segments):
        return False
    gaps = [after.left - before.right for before, after in pairwise(segments)]
    return max(gaps) - min(gaps) <= _SPREAD * size


def _is_mark(text: str, rest: str) -> bool:
    """Return whether a text is the mark of the list item that follows it."""
    if text in _MARKS:
        return not is_number(rest.split(maxsplit=1)[0])
    return text in _DASHES and len(rest) > _LONG_ITEM
