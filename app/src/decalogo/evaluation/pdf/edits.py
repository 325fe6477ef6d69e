"""What the geometry of a PDF page tells about its raw text: note marks, line breaks and blanks that are none.

Each is an edit of the raw text, applied when the page is normalised; see ``layout.normalise``. Nearly all pages have
none, and a look at the text alone shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from math import hypot
from typing import TYPE_CHECKING

from decalogo.evaluation.documents.sheets import Box
from decalogo.evaluation.layout.normalise import Edit
from decalogo.evaluation.layout.note_marks import is_mark, mark

if TYPE_CHECKING:
    from decalogo.evaluation.documents.raw_pages import RawLine
    from decalogo.evaluation.pdf.raised import Glyph
    from decalogo.evaluation.pdf.text_page import Place, TextPage

_BREAK = re.compile(r" *\r\n *(?=[^\s])")
_END = re.compile(r" *\r\n")
_CLOSING = ".,;:)]!?»”%"
_LIST = re.compile(r"(?:,\d{1,3}){1,4}(?!\d)")
_LEVEL = 0.05
"""How far baselines and sizes of the numbers of a list may differ, as a share of the size."""
_SAME_HEIGHT = 0.25
"""How far the baselines of two letters of one word may differ, font sizes."""
_RISE = 0.8
"""How far the baselines of a raised number and its line may differ, font sizes."""
_GAP = 2.5
"""How wide the gap between two ends of a line that a raised number parts may be, font sizes."""
_BEFORE = 12
_WIDE_GAP = 4.0
"""Distance of two characters that do not belong to one stretch of text, font sizes."""
_EDGE = 2.0
"""How far the box of a line may reach over the page's edge before its characters are looked at, points."""
# The blank comes first and the look-behinds after it, so that the engine skips from blank to blank.
_LIGATURES = ("fi ", "ti ", "fl ", "ff ", "tt ", "ft ", "ﬁ ", "ﬂ ", "ﬀ ", "ﬃ ", "ﬄ ")
_LONE = re.compile(r" [b-df-np-tv-xzñáéíóú](?![\w.,)°º:/-])")
"""What is often a ligature, with a blank behind it; and a lone letter that is no word, with a blank before it."""
_BLANK = re.compile(r"(?<=[^\s]) (?=[^\s])")
_TAKEN_BACK, _INSIDE, _CLOSE = 0.06, 0.15, 0.1
"""How near the next letter is to where the blank begins; how far the blank begins inside the letter before it, and how
near the next letter is to that. Shares of the font size."""


def find_edits(asked: TextPage, lines: Sequence[RawLine]) -> list[Edit]:
    """Return the edits of a page's text, in order.

    Args:
        asked: the page.
        lines: of it; their boxes are cut at the page's edges.
    """
    unseen = [*_unseen(asked, lines)]
    edits = [*_note_marks(asked), *_false_blanks(asked)]
    if unseen:
        edits = [*unseen, *(one for one in edits if not any(low < one[1] and one[0] < high for low, high, _ in unseen))]
    edits.sort()
    return edits


def _unseen(asked: TextPage, lines: Sequence[RawLine]) -> Iterator[Edit]:
    """Yield the stretches of lines that lie outside the visible part of the page.

    A stretch ends at a wide gap. One that begins on the page and runs over its edge is read to its end: its author
    meant it to be seen.
    """
    wide, high = asked.rotation.width, asked.rotation.height
    for line in lines:
        left, top, right, bottom = line.box
        if left > -_EDGE and top > -_EDGE and right < wide + _EDGE and bottom < high + _EDGE:
            continue
        stretches = [*_stretches(asked, line)]
        unseen = [one for one in stretches if one[2] and not any(0 <= x <= wide and 0 <= y <= high for x, y in one[2])]
        if len(unseen) == len(stretches):
            rest = _END.match(asked.text, line.end)
            yield line.start, rest.end() if rest else line.end, ""
        else:
            yield from ((start, end, "") for start, end, _ in unseen)
        line.box = Box(*(min(max(value, 0.0), most) for value, most in zip(line.box, (wide, high) * 2, strict=True)))


def _stretches(asked: TextPage, line: RawLine) -> Iterator[tuple[int, int, list[Place]]]:
    """Yield the stretches of a line between wide gaps: start, end, and the middles of the characters."""
    widest = _WIDE_GAP * (line.size or abs(line.box.bottom - line.box.top))
    start = line.start
    places: list[Place] = []
    for at in range(line.start, line.end):
        place = None if asked.text[at].isspace() else asked.middle(at)
        if place is None:
            continue
        if places and abs(place[0] - places[-1][0]) + abs(place[1] - places[-1][1]) > widest:
            yield start, at, places
            start, places = at, []
        places.append(place)
    yield start, line.end, places


def _note_marks(asked: TextPage) -> Iterator[Edit]:
    """Yield raised numbers as note marks, and the line breaks that PDFium makes where one stands."""
    text = asked.text
    done = 0
    for start, end in asked.raised():
        if start < done:
            continue
        done = end = _list_end(asked, start, end)
        raised = text[start:end]
        left = _left_of(asked, start)
        begins_line = left == 0 or text[left - 1] == "\n"
        rest = _right_of(asked, start if begins_line else left - 1, end)
        if begins_line:  # a note
            yield start, end, f"[{raised}]" + " " * text[end : end + 1].isalpha()
        elif is_mark(text[max(0, left - _BEFORE) : left], raised.partition(",")[0], text[end : end + 1]):
            yield left, end, mark(raised)
        if rest > end:
            yield end, rest, "" if text[rest] in _CLOSING else " "


def _list_end(asked: TextPage, start: int, end: int) -> int:
    """Return where the raised numbers end that begin with one: "2,3"."""
    match = _LIST.match(asked.text, end)
    if match is None:
        return end
    first, last = asked.glyph(start), asked.glyph(match.end() - 1)
    if first is None or last is None:
        return end
    up, _, high, _ = first.offset(last)
    return match.end() if abs(up) < _LEVEL * high and abs(last.height - first.height) < _LEVEL * first.height else end


def _left_of(asked: TextPage, start: int) -> int:
    """Return the end of the text that a raised number follows, on the line before if PDFium broke the line there."""
    before = asked.text[max(0, start - _BEFORE) : start].rstrip(" ")
    left = start - min(start, _BEFORE) + len(before)
    if not before.endswith("\r\n"):
        return left
    end = left - len(before) + len(before.rstrip())
    base, raised = asked.glyph(end - 1) if end > 0 else None, asked.glyph(start)
    return end if base is not None and raised is not None and _continues(base, raised, _RISE) else left


def _right_of(asked: TextPage, base_at: int, end: int) -> int:
    """Return where the text after a raised number goes on: past the line break, if PDFium made one there."""
    match = _BREAK.match(asked.text, end)
    if match is None:
        return end
    base, rest = asked.glyph(base_at), asked.glyph(match.end())
    return match.end() if base is not None and rest is not None and _continues(base, rest, _RISE) else end


def _continues(base: Glyph, other: Glyph, rise: float) -> bool:
    """Return whether a character stands close to the right of ``base``, at most ``rise`` font sizes above or below."""
    up, along, high, wide = base.offset(other)
    return abs(up) <= rise * high and 0 < along <= _GAP * wide


def _false_blanks(asked: TextPage) -> Iterator[Edit]:
    """Yield the blanks that stand inside a word: drawn, as after many a ligature, and taken back.

    All blanks of a line are looked at once one of them is found to be such.
    """
    text, done = asked.text, 0
    suspects = [match.start() for match in _LONE.finditer(text)]
    for ligature in _LIGATURES:
        at = text.find(ligature)
        while at >= 0:
            suspects.append(at + len(ligature) - 1)
            at = text.find(ligature, at + 1)
    for at in sorted(suspects):
        if at < done or not text[at + 1 : at + 2].isalpha() or not _is_taken_back(asked, at):
            continue
        start, end = text.rfind("\n", 0, at) + 1, text.find("\r", at)
        done = len(text) if end < 0 else end
        for blank in _BLANK.finditer(text, start, done):
            if _is_taken_back(asked, blank.start()):
                yield blank.start(), blank.end(), ""


def _is_taken_back(asked: TextPage, at: int) -> bool:
    """Return whether the letters around a blank leave no room for it."""
    if at == 0:
        return False
    blank, after, before = asked.glyph(at), asked.glyph(at + 1), asked.glyph(at - 1)
    if blank is None or after is None or before is None:
        return False
    # Places along the line and above it, in the direction of the text.
    scale = hypot(after.a, after.b)
    size = after.size * scale
    if size <= 0:
        return False
    along, up = (after.a / scale, after.b / scale), (-after.b / scale, after.a / scale)
    if abs((after.x - before.x) * up[0] + (after.y - before.y) * up[1]) > _SAME_HEIGHT * size:
        return False
    blank_at, after_at, before_at = (one.x * along[0] + one.y * along[1] for one in (blank, after, before))
    if after_at - blank_at < _TAKEN_BACK * size:
        return after_at > before_at
    # Boxes are turned with the page: what counts is how wide the letter before the blank is.
    box = asked.box(at - 1)
    if box is None:
        return False
    upright = (asked.rotation.rotation in (90, 270)) == (abs(after.b) > abs(after.a))
    right = before_at + (box.right - box.left if upright else box.bottom - box.top)
    return right - blank_at > _INSIDE * size and after_at - right < _CLOSE * size
