"""Join the lines of a page to paragraphs.

A line continues the paragraph of the line before it, unless a sign of a new paragraph is found. In this order:

1. It lies far from the line before it, or above it (a new column).
2. Its style differs: font size, bold face, or capitals.
3. It begins with the mark of a list item.
4. One of both lines is a row of a flattened table (a label and numbers, or column titles).
5. The line before it ends a sentence and is short, ends with a colon before a capital letter, or the line begins like a
   heading. Lines are long or short compared with the lines around them.

A line without such a sign continues the paragraph in three cases. The line before it is full, it begins in lower case,
or the line before it ends with a word that needs a continuation ("de", "para", a comma).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from decalogo.evaluation.documents.sheets import Line, Sheet
from decalogo.evaluation.layout.headings import (
    LEAST_NUMBERS,
    LEAST_TITLES,
    column_words,
    is_capitals,
    is_column_titles,
    is_number_row,
    opens_section,
)
from decalogo.evaluation.layout.words import Words

_LIST = re.compile(
    r"(?:[•●▪■◦○‣✓✔►➢❖*»\-–—·]"
    r"|\?(?= )|o(?= [A-ZÁÉÍÓÚÑ])|\d{1,2}[.)][-–]?(?=\s)|\d{1,2}\)|[a-zA-ZñÑ][.)](?=\s)|[a-zñ]\)|[ivx]{1,5}[.)])"
)
_STOPS, _QUOTES = ".:;!?", "\"'”’»)"
_CLOSED = re.compile(rf"[{_STOPS}][{_QUOTES}]*$")
_NUMERIC = bytes(code in b"0123456789%-?" for code in range(256))
"""Marks the first and last characters of numbers in folded text (``?`` replaces characters that do not fold)."""
_NEIGHBOURS = 5
_LONE_CAPITALS = 9
_FULL = 0.82
"""Minimum width of a full line, as a share of the widest line around it."""


def starts_list_item(text: str) -> bool:
    """Return whether a line begins with the mark of a list item."""
    if text[:2].isalpha() and text[0] not in "ivx":
        return False  # a word: the usual case
    return _LIST.match(text) is not None


def _is_closed(text: str) -> bool:
    """Return whether a line ends with the end of a sentence."""
    last = text[-1]
    return last in _STOPS or (last in _QUOTES and _CLOSED.search(text, max(0, len(text) - 4)) is not None)


@dataclass(slots=True)
class Block:
    """Lines ``first`` to ``last`` (both included) of one sheet that form a paragraph, a list item or a heading.

    ``row``: they are a row of a flattened table, or its column titles; ``listed``: they begin as list items do.
    """

    first: int
    last: int
    row: bool = False
    listed: bool = False


class _Lines:
    """The lines of a sheet with the properties that several tests use, computed once for lines not in ``skip``."""

    def __init__(self, sheet: Sheet, skip: AbstractSet[int], words: Words) -> None:
        lines = self.lines = sheet.lines
        self.text = sheet.text
        self.words = words
        self.pitch = _pitch(lines)
        self.rights = [line.box.right if line.box else float(len(line.text)) for line in lines]
        self.widest = max(self.rights, default=0.0)
        self.lefts = [line.box.left if line.box else 0.0 for line in lines]
        self.numeric = sheet.folded.translate(_NUMERIC)
        self.title_counts = self._count_titles(sheet, skip)
        self.capitals, self.closed, self.rows = ([False] * len(lines) for _ in range(3))
        self.boxed = any(line.box is not None for line in lines)
        for index, line in enumerate(lines):
            if index not in skip:
                text = line.text
                self.capitals[index] = is_capitals(text)
                self.closed[index] = text[-1] in _STOPS or _is_closed(text)
                self.rows[index] = self._is_row(line.start, line.end, text, index, index)

    def _count_titles(self, sheet: Sheet, skip: AbstractSet[int]) -> dict[int, int]:
        """Return the number of column titles in each line that contains any."""
        counts: dict[int, int] = {}
        starts = [line.start for line in sheet.lines]
        for start, _ in self.words.column_title(sheet.folded):
            index = bisect_right(starts, start) - 1
            if index not in skip:
                counts[index] = counts.get(index, 0) + 1
        return counts

    def _is_row(self, start: int, end: int, text: str, first: int, last: int) -> bool:
        """Return whether lines ``first`` to ``last``, as ``text``, are a row of a flattened table or column titles."""
        if self.numeric.count(1, start, end) >= LEAST_NUMBERS and is_number_row(text):
            return True
        counts = self.title_counts
        if not counts or (first == last and counts.get(first, 0) < LEAST_TITLES):
            return False
        if sum(counts.get(index, 0) for index in range(first, last + 1)) < LEAST_TITLES:
            return False
        lines = (self.lines[index] for index in range(first, last + 1) if index in counts)
        return is_column_titles(text, [word for line in lines for word in column_words(line.text, self.words.columns)])

    def is_full(self, index: int) -> bool:
        """Return whether a line is about as wide as the widest line around it."""
        right = self.rights[index]
        if right >= _FULL * self.widest + (1 - _FULL) * self.lefts[index]:
            return True  # full compared with the whole page
        first, end = max(0, index - _NEIGHBOURS), index + _NEIGHBOURS + 1
        left, widest = min(self.lefts[first:end]), max(self.rights[first:end])
        return right - left >= _FULL * (widest - left)

    def style_breaks(self, index: int) -> bool:
        """Return whether the style of line ``index`` differs from that of the line before it."""
        before, line = self.lines[index - 1], self.lines[index]
        upper = line.text[0].isupper()
        if before.box and line.box:
            if before.size > 0 and not 0.88 < line.size / before.size < 1.14:
                return True
            if upper and (line.bold != before.bold) and not (before.bold and self.closed[index - 1]):
                return True
        if self.capitals[index] and not self.capitals[index - 1]:
            return len(line.text) >= _LONE_CAPITALS  # a shorter line may be an acronym that wrapped
        return upper and self.capitals[index - 1] and not self.capitals[index]

    def is_far(self, index: int) -> bool:
        """Return whether line ``index`` is far below the line before it, or above it (another column)."""
        before, line = self.lines[index - 1], self.lines[index]
        if before.box is None or line.box is None:
            return line.gap
        step = line.box.top - before.box.top
        height = max(before.size, line.size)
        if step < -0.5 * height:
            return not line.text[0].islower()
        return step > 1.4 * max(self.pitch, 1.2 * height)

    def continues(self, index: int) -> bool:
        """Return whether line ``index`` continues the paragraph of the line before it."""
        before, line = self.lines[index - 1], self.lines[index]
        closed = self.closed[index - 1]
        if self.rows[index] or self.rows[index - 1] or (self.is_far(index) if self.boxed else line.gap):
            return False
        # Without positions, only a change to or from capitals is a change of style.
        if (self.boxed or self.capitals[index] is not self.capitals[index - 1]) and self.style_breaks(index):
            return False
        if starts_list_item(line.text) and not (line.text[0] == "o" and not closed):
            return False  # "o" is the mark of some lists, and the word "or" inside a sentence
        full = self.is_full(index - 1)
        if closed:
            new = before.text[-1] == ":" and line.text[0].isupper()
            if not full or new or opens_section(line.text, self.words):
                return False
        if full or line.text[0].islower():
            return True
        return self.words.hanging.search(before.text, max(0, len(before.text) - 8)) is not None

    def finish(self, block: Block) -> None:
        """Set the flags of a finished block."""
        first, last = block.first, block.last
        if first == last:
            text, block.row = self.lines[first].text, self.rows[first]
        else:
            start, end = self.lines[first].start, self.lines[last].end
            text = self.text[start:end].replace("\n", " ")
            block.row = self._is_row(start, end, text, first, last)
        block.listed = starts_list_item(text)


def find_blocks(sheet: Sheet, skip: AbstractSet[int], words: Words) -> list[Block]:
    """Return the paragraphs of a sheet. Lines in ``skip`` belong to no paragraph and end the one before them."""
    lines = _Lines(sheet, skip, words)
    blocks: list[Block] = []
    for index in range(len(sheet.lines)):
        if index in skip:
            continue
        if blocks and blocks[-1].last == index - 1 and lines.continues(index):
            blocks[-1].last = index
        else:
            blocks.append(Block(index, index))
    for block in blocks:
        lines.finish(block)
    return blocks


def _pitch(lines: Sequence[Line]) -> float:
    """Return the median distance from line to line, points; 0 without positions."""
    steps = [
        after.box.top - before.box.top
        for before, after in pairwise(lines)
        if before.box and after.box and 0 < after.box.top - before.box.top < 40
    ]
    return median(steps) if steps else 0.0
