"""Query one PDF page through PDFium's C interface: text, positions of lines and words, ruling lines.

PDFium is queried by character index, and a call from Python takes about a microsecond. So a line costs the boxes of its
first and last characters. Boxes of words are requested only for lines that a ruling line crosses. ``native`` does
the same in C, if it is built.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import hypot
from struct import Struct
from typing import Any, NamedTuple

from decalogo.evaluation.documents.raw_pages import RawLine
from decalogo.evaluation.documents.sheets import Box
from decalogo.evaluation.layout.grids import RulingLines
from decalogo.evaluation.pdf.pdfium import functions
from decalogo.evaluation.pdf.raised import Glyph, Span, find_raised
from decalogo.evaluation.pdf.rotation import Rotation
from decalogo.evaluation.pdf.ruling_lines import read_ruling_lines

_WORD = re.compile(r"[^\s\ufffe\x02]+")
_BOLD_NAME = re.compile(rb"bold|black|heavy|demi|negr", re.IGNORECASE)
_FORCE_BOLD = 1 << 18
_NAME_BYTES = 128
_UNITS_BYTES = 1 << 16

Place = tuple[float, float]


class Gap(NamedTuple):
    """A wide gap between two words of a line.

    Attributes:
        line: index of the line among those that were asked for.
        end: offset after the word before the gap.
        start: offset of the word after it.
        right: right edge of the word before the gap, points.
        left: left edge of the word after it, points.
    """

    line: int
    end: int
    start: int
    right: float
    left: float


_new = tuple.__new__
_rectangle = Struct("4f").unpack_from
_numbers = Struct("8f8x2f").unpack_from


@lru_cache(maxsize=1000)
def _is_bold_name(name: bytes) -> bool:
    return _BOLD_NAME.search(name) is not None


class _Buffers:
    """The C variables to which PDFium writes its results; one set per process."""

    def __init__(self) -> None:
        self.f = functions()
        self.numbers = (ctypes.c_float * 14)()
        """Two rectangles (left, top, right, bottom) and a matrix (a to f), which ``_numbers`` unpacks in one call."""
        self.first_at, self.last_at, self.matrix_at = (ctypes.byref(self.numbers, 4 * start) for start in (0, 4, 8))
        self.origin = ctypes.c_double(), ctypes.c_double()
        self.origin_at = ctypes.byref(self.origin[0]), ctypes.byref(self.origin[1])
        self.flags = ctypes.c_int()
        self.flags_at = ctypes.byref(self.flags)
        self.name = ctypes.create_string_buffer(_NAME_BYTES)
        self.name_at = ctypes.byref(self.name)
        self.units = ctypes.create_string_buffer(_UNITS_BYTES)

    def units_for(self, count: int) -> Any:
        """Return a buffer for ``count`` UTF-16 units."""
        if len(self.units) < 2 * count:
            return ctypes.create_string_buffer(2 * count)  # not kept: a page of a million characters is rare
        return self.units


_buffers = lru_cache(maxsize=1)(_Buffers)


class TextPage:
    """One loaded page (see ``pdfium.loaded``), queried by offsets in its text.

    Attributes:
        text: text as PDFium returns it, one character per UTF-16 unit; lines end in CR LF.
        direct: whether offsets in the text equal PDFium's character indices.
        rotation: transform to the coordinates of the page as it is read.
    """

    def __init__(self, page: int, textpage: int) -> None:
        self.b = _buffers()
        self.f, self.page, self.handle = self.b.f, page, textpage
        self.rotation = Rotation(page)
        self.char_box, self.numbers, self.box_at = self.f.FPDFText_GetLooseCharBox, self.b.numbers, self.b.first_at
        self.units: Any = self.b.units
        self.text, self.direct = self._text()

    def _text(self) -> tuple[str, bool]:
        """Return the text, and whether its offsets are PDFium's character indices."""
        count = self.f.FPDFText_CountChars(self.handle)
        if count <= 0:
            return "", True
        units = self.units = self.b.units_for(count + 1)
        written = self.f.FPDFText_GetText(self.handle, 0, count, ctypes.byref(units))
        raw = ctypes.string_at(units, 2 * max(0, written - 1))
        text = raw.decode("utf-16-le", errors="surrogatepass")
        if len(text) != len(raw) // 2:  # beyond the basic plane: keep one character for each unit that PDFium counts
            text = "".join(map(chr, memoryview(raw).cast("H")))
        return text, len(text) == count

    def _index(self, offset: int) -> int:
        return offset if self.direct else int(self.f.FPDFText_GetCharIndexFromTextIndex(self.handle, offset))

    def box(self, offset: int) -> Box | None:
        """Return the box of the character at a text offset; ``None`` if it has none."""
        index = offset if self.direct else self._index(offset)
        if index < 0 or not self.char_box(self.handle, index, self.box_at):
            return None
        left, top, right, bottom = _rectangle(self.numbers)
        return self.rotation.box(left, bottom, right, top)

    def _is_bold(self, index: int) -> bool:
        """Return whether a character is set in a bold face."""
        b = self.b
        size = self.f.FPDFText_GetFontInfo(self.handle, index, b.name_at, _NAME_BYTES, b.flags_at)
        if size <= 0:
            return False
        if b.flags.value & _FORCE_BOLD:
            return True
        return size <= _NAME_BYTES and _is_bold_name(b.name.value)  # a longer name is not written

    def lines(self) -> list[RawLine]:
        """Return the lines that are not blank.

        Their size is the font size as it appears on the page, points. The height of a box depends on the font.
        """
        lines: list[RawLine] = []
        b, text, handle, rotation, is_bold = self.b, self.text, self.handle, self.rotation, self._is_bold
        char_box, matrix, font_size = self.char_box, self.f.FPDFText_GetMatrix, self.f.FPDFText_GetFontSize
        numbers, first_at, last_at, matrix_at = b.numbers, b.first_at, b.last_at, b.matrix_at
        index_of = None if self.direct else self._index
        upright, x, y = not rotation.rotation, rotation.left, rotation.top
        end = -2
        for part in text.split("\r\n"):
            start = end + 2
            end = start + len(part)
            body = part.strip()
            if not body:
                continue
            first = start if len(body) == len(part) else start + part.index(body[0])
            last = first + len(body) - 1
            middle = first + len(body) // 2
            if text[middle].isspace():  # blanks that PDFium made have no size
                middle += 1
            i, j, k = (first, middle, last) if index_of is None else map(index_of, (first, middle, last))
            if not (char_box(handle, i, first_at) and char_box(handle, k, last_at)):
                continue
            known = matrix(handle, j, matrix_at)
            left, top, right, bottom, end_left, end_top, end_right, end_bottom, c, d = _numbers(numbers)
            size = font_size(handle, j) * (hypot(c, d) if c else abs(d)) if known else 0.0
            if upright:  # inlined ``Rotation.box``
                left -= x
                right = end_right - x
                top, bottom, end_top, end_bottom = y - top, y - bottom, y - end_top, y - end_bottom
            else:
                left, top, _, bottom = rotation.box(left, bottom, right, top)
                _, end_top, right, end_bottom = rotation.box(end_left, end_bottom, end_right, end_top)
            level = abs(top - end_top) < 0.5 * (end_bottom - end_top)
            if end_top < top:
                top = end_top
            if end_bottom > bottom:
                bottom = end_bottom
            box = _new(Box, (left, top, right, bottom))
            lines.append(RawLine(first, last + 1, box, size, is_bold(i) and is_bold(k), level))
        return lines

    def turn(self, degrees: int) -> None:
        """Read the page turned by ``degrees``, clockwise, instead of its own rotation."""
        self.rotation.turn(degrees)

    def middle(self, offset: int) -> Place | None:
        """Return the centre of the character at a text offset; ``None`` if it has no box."""
        box = self.box(offset)
        return None if box is None else ((box.left + box.right) / 2, (box.top + box.bottom) / 2)

    def words(self, line: RawLine) -> Iterator[tuple[int, int, Place | None, Place | None]]:
        """Yield start and end of each word of a line, and the centres of its first and last characters."""
        for match in _WORD.finditer(self.text, line.start, line.end):
            start, end = match.span()
            yield start, end, self.middle(start), self.middle(end - 1)

    def gaps(self, lines: Sequence[RawLine], least: float, inset: float) -> list[Gap]:
        """Return the wide gaps between the words of lines, left to right.

        Args:
            lines: of the page.
            least: minimum width of a gap, as a share of the font size.
            inset: distance of a word's edge from the centre of its outer character, as a share of the font size.
        """
        gaps: list[Gap] = []
        for number, line in enumerate(lines):
            half, right, end = inset * line.size, line.box.left, line.start
            for word, after, begins, ends in self.words(line):
                if begins is None or ends is None:
                    continue
                if end > line.start and begins[0] - half - right > least * line.size:
                    gaps.append(Gap(number, end, word, right, begins[0] - half))
                end, right = after, ends[0] + half
        return gaps

    def is_unmapped(self, offset: int) -> bool:
        """Return whether the font of a character does not tell which character it is."""
        index = self._index(offset)
        return index >= 0 and self.f.FPDFText_HasUnicodeMapError(self.handle, index) == 1

    def glyph(self, offset: int) -> Glyph | None:
        """Return how the character at a text offset is set; ``None`` for one that PDFium made."""
        b, index = self.b, self._index(offset)
        if index < 0 or not self.f.FPDFText_GetMatrix(self.handle, index, b.matrix_at):
            return None
        if not self.f.FPDFText_GetCharOrigin(self.handle, index, *b.origin_at):
            return None
        x, y = b.origin
        size = self.f.FPDFText_GetFontSize(self.handle, index)
        return Glyph(x.value, y.value, b.numbers[8], b.numbers[9], b.numbers[10], b.numbers[11], size)

    def raised(self) -> list[Span]:
        """Return the numbers and asterisks that are set smaller and higher than the character they follow."""
        return find_raised(self.text, self.glyph)

    def rules(self) -> RulingLines:
        """Return the ruling lines of the page."""
        return read_ruling_lines(self.page, self.rotation)
