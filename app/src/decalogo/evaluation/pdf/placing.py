"""Put typed texts (form values, typewriter notes) where they stand among the lines of a page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from decalogo.evaluation.documents.raw_pages import RawLine, RawPage
from decalogo.evaluation.documents.sheets import Box
from decalogo.evaluation.layout.normalise import Edit

if TYPE_CHECKING:
    from decalogo.evaluation.pdf.text_page import TextPage

_SLACK = 3.0
"""How far a typed text may reach over the text next to it, points."""
_MOST_LINES = 400
"""Lines of a page past which typed texts go to its end: looking for a place costs the product of both."""


def place_typed(page: RawPage, asked: TextPage, typed: Iterable[tuple[str, Box]], edits: list[Edit]) -> None:
    """Add typed texts to a page that was read: behind the word to their left, else above the line below them.

    Args:
        page: as read; its text, lines and the cells of its grids are changed.
        asked: the page that it was read from.
        typed: texts, of one or more lines, with their places.
        edits: of the page's text; they move with it.
    """
    found = [(*_offset(page, asked, box), order, text, box) for order, (text, box) in enumerate(typed)]
    # From the last to the first, so that the offsets found stay right.
    for at, alone, _, text, box in sorted(found, key=lambda one: (one[0], one[2]), reverse=True):
        _insert(page, at, alone, text, box, edits)


def _offset(page: RawPage, asked: TextPage, box: Box) -> tuple[int, bool]:
    """Return where a typed text belongs, and whether it is a line of its own."""
    lines = page.lines if len(page.lines) <= _MOST_LINES else []
    beside = [line for line in lines if _share_a_line(line.box, box)]
    ends = [
        (end_at[0], end)
        for line in beside
        for _, end, _, end_at in asked.words(line)
        if end_at is not None and end_at[0] <= box.left + _SLACK
    ]
    if ends:
        return max(ends)[1], False
    if beside:
        return min(beside, key=lambda line: line.box.left).start, False
    below = [line.start for line in lines if line.box.top >= (box.top + box.bottom) / 2]
    return (min(below), True) if below else (len(page.text), True)


def _share_a_line(line: Box, box: Box) -> bool:
    middle, other = (line.top + line.bottom) / 2, (box.top + box.bottom) / 2
    return box.top - _SLACK <= middle <= box.bottom + _SLACK or line.top <= other <= line.bottom


def _insert(page: RawPage, at: int, alone: bool, text: str, box: Box, edits: list[Edit]) -> None:
    """Put a text at an offset; ``alone``: as lines of its own, before the one that begins there."""
    whole, text = page.text, text.replace("\n", "\r\n")
    line = next((one for one in page.lines if one.start <= at <= one.end), None)
    if line is not None and not alone and at < line.end:
        text = text.replace("\r\n", " ")  # inside a line
    before = "" if at == 0 or whole[at - 1].isspace() else "\r\n" if alone else " "
    after = "" if at == len(whole) or whole[at].isspace() else "\r\n" if alone else " "
    start, shift = at + len(before), len(before) + len(text) + len(after)
    page.text = whole[:at] + before + text + after + whole[at:]
    _shift(page, at, shift)
    edits[:] = [(a + shift * (a >= at), b + shift * (a >= at), new) for a, b, new in edits]
    first, *rest = text.split("\r\n")
    size = line.size if line else 0.0
    if line is not None and not alone:
        line.start, line.end = min(line.start, start), max(line.end, start + len(first))
        line.box = Box(min(line.box.left, box.left), line.box.top, max(line.box.right, box.right), line.box.bottom)
    else:
        rest = [first, *rest]
    high = (box.bottom - box.top) / max(1, len(rest))
    end = start + len(text) - sum(map(len, rest)) - 2 * max(0, len(rest) - 1)
    for number, one in enumerate(rest):
        place = Box(box.left, box.top + number * high, box.right, box.top + (number + 1) * high)
        page.lines.append(RawLine(end, end + len(one), place, size, False, True))
        end += len(one) + 2
    page.lines.sort(key=lambda one: one.start)
    for grid in page.grids:
        if (cell := grid.cell_at((box.left + box.right) / 2, (box.top + box.bottom) / 2)) is not None:
            cell.words.append((start, start + len(text)))


def _shift(page: RawPage, at: int, shift: int) -> None:
    """Move what stands behind an offset."""
    for line in page.lines:
        if line.start >= at:
            line.start += shift
            line.end += shift
        elif line.end > at:
            line.end += shift
    for grid in page.grids:
        for cell in grid.cells:
            cell.words = [(a + shift * (a >= at), b + shift * (b > at)) for a, b in cell.words]
