"""Paragraphs: which lines of a page belong together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from decalogo.evaluation.extract.headings import is_capitals, is_column_titles, opens_section
from decalogo.evaluation.extract.layout import Line, Sheet

_LIST = re.compile(
    r"(?:[•●▪■◦○‣✓✔►➢❖*»\-–—·]"
    r"|\?(?= )|o(?= [A-ZÁÉÍÓÚÑ])|\d{1,2}[.)][-–]?(?=\s)|\d{1,2}\)|[a-zA-ZñÑ][.)](?=\s)|[a-zñ]\)|[ivx]{1,5}[.)])"
)
_CLOSED = re.compile(r"[.:;!?][\"'”’»)]*$")
_HANGING = re.compile(
    r"(?:,|\b(?:a|al|con|de|del|e|el|en|entre|es|la|las|los|ni|o|para|por|que|se|sin|sobre|su|sus|u|un|una|y))$",
    re.IGNORECASE,
)
_NEIGHBOURS = 5
_LONE_CAPITALS = 9
_FULL = 0.82
"""A line that reaches this share of its neighbours' width is full: the next may continue its sentence."""


def starts_list_item(text: str) -> bool:
    """Tell whether a line begins with the mark of a list item."""
    return _LIST.match(text) is not None


@dataclass(slots=True)
class Block:
    """Lines ``first`` to ``last`` (both included) of one sheet that form a paragraph, a list item or a heading."""

    first: int
    last: int


def find_blocks(sheet: Sheet, skip: AbstractSet[int]) -> list[Block]:
    """Return the paragraphs of a sheet; lines in ``skip`` belong to none and end the paragraph before them."""
    pitch = _pitch(sheet.lines)
    blocks: list[Block] = []
    for index in range(len(sheet.lines)):
        if index in skip:
            continue
        if blocks and blocks[-1].last == index - 1 and _continues(sheet.lines, index, pitch):
            blocks[-1].last = index
        else:
            blocks.append(Block(index, index))
    return blocks


def _pitch(lines: Sequence[Line]) -> float:
    """Return the usual distance from line to line, points; 0 without boxes."""
    steps = [
        after.box.top - before.box.top
        for before, after in pairwise(lines)
        if before.box and after.box and 0 < after.box.top - before.box.top < 40
    ]
    return median(steps) if steps else 0.0


def _extent(line: Line) -> float:
    return line.box.right if line.box else float(len(line.text))


def _is_full(lines: Sequence[Line], index: int) -> bool:
    """Tell whether a line is about as wide as the widest around it."""
    around = lines[max(0, index - _NEIGHBOURS) : index + _NEIGHBOURS + 1]
    left = min((line.box.left for line in around if line.box), default=0.0)
    widest = max(_extent(line) for line in around)
    return _extent(lines[index]) - left >= _FULL * (widest - left)


def _style_breaks(before: Line, line: Line) -> bool:
    if before.box and line.box:
        if before.size > 0 and not 0.88 < line.size / before.size < 1.14:
            return True
        if before.bold and not line.bold and _CLOSED.search(before.text) is None and line.text[0].isupper():
            return True
        if line.bold and not before.bold and line.text[0].isupper():
            return True
    if is_capitals(line.text) and not is_capitals(before.text):
        return len(line.text) >= _LONE_CAPITALS  # a shorter one may be an acronym that wrapped
    return is_capitals(before.text) and not is_capitals(line.text) and line.text[0].isupper()


def _far(before: Line, line: Line, pitch: float) -> bool:
    """Tell whether the line stands too far from the one before it, or above it (another column)."""
    if before.box is None or line.box is None:
        return line.gap
    step = line.box.top - before.box.top
    height = max(before.size, line.size)
    if step < -0.5 * height:
        return not line.text[0].islower()
    return step > 1.4 * max(pitch, 1.1 * height)


def _continues(lines: Sequence[Line], index: int, pitch: float) -> bool:
    """Tell whether line ``index`` continues the paragraph of the line before it."""
    before, line = lines[index - 1], lines[index]
    if is_column_titles(line.text) or is_column_titles(before.text):
        return False
    if _far(before, line, pitch) or _style_breaks(before, line):
        return False
    if starts_list_item(line.text) and not (line.text[0] == "o" and not _CLOSED.search(before.text)):
        return False  # "o" is a mark in some lists and a word ("or") where a sentence goes on
    full = _is_full(lines, index - 1)
    if _CLOSED.search(before.text):
        new = before.text[-1] == ":" and line.text[0].isupper()
        if not full or new or opens_section(line.text):
            return False
    if line.text[0].islower() or _HANGING.search(before.text):
        return True
    return full
