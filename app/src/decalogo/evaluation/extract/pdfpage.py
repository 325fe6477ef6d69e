"""One PDF page as PDFium gives it: raw text, where its lines and words stand, and its ruling lines.

The calls go to PDFium's C interface by character index; one call costs about a microsecond, so boxes are asked for the
two ends of a line, and for the two ends of a word only on pages that have ruling lines.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import hypot
from struct import Struct
from typing import Any

from decalogo.evaluation.extract.grids import find_grids, is_table
from decalogo.evaluation.extract.layout import Box, Grid, GridCell, Line, cut_lines
from decalogo.evaluation.extract.normalise import Normalised
from decalogo.evaluation.extract.pdfium import functions, handle
from decalogo.evaluation.extract.rules import read_rules

_WORD = re.compile(r"[^\s\ufffe\x02]+")
_BOLD_NAME = re.compile(rb"bold|black|heavy|demi|negr", re.IGNORECASE)
_FORCE_BOLD = 1 << 18
_NAME_BYTES = 128
_UNITS_BYTES = 1 << 16
_INSET = 1.0
"""How far inside a line's ends its cell is looked for, points: character boxes may touch a border."""

_new = tuple.__new__
_rectangle = Struct("4f").unpack_from
_numbers = Struct("8f8x2f").unpack_from


@dataclass(slots=True)
class RawLine:
    """One raw line: offsets of its visible characters, and how it is set; ``level``: both ends at one height."""

    start: int
    end: int
    box: Box
    size: float
    bold: bool
    level: bool


@dataclass(slots=True)
class RawPage:
    """What one page holds, before normalisation. Points, origin at the top left as the page is read."""

    number: int
    text: str = ""
    height: float = 0.0
    lines: list[RawLine] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    failed: bool = False

    def place(self, normal: Normalised) -> list[Line]:
        """Return the lines of the normalised text with their boxes."""
        lines = cut_lines(normal.text)
        if normal.lines_kept and len(lines) == len(self.lines):
            for line, item in zip(lines, self.lines, strict=True):
                line.box, line.size, line.bold = item.box, item.size, item.bold
            return lines
        last = len(lines) - 1
        index = 0
        for item in self.lines:
            start = normal.at(item.start)
            while index < last and lines[index].end <= start:
                index += 1
            if index > last:
                break
            line = lines[index]
            if line.box is None:
                line.box, line.size, line.bold = item.box, item.size, item.bold
            else:  # two raw lines joined by a mended hyphen
                line.box = Box(line.box.left, line.box.top, item.box.right, max(line.box.bottom, item.box.bottom))
        return lines


def read_page(document: Any, index: int) -> RawPage:
    """Read page ``index`` (from 0); a page that PDFium cannot load is returned empty and marked ``failed``."""
    import pypdfium2

    result = RawPage(index + 1)
    try:
        page = document[index]
    except pypdfium2.PdfiumError:
        result.failed = True
        return result
    try:
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError:
        result.failed = True
        page.close()
        return result
    try:
        _fill(result, page, textpage)
    finally:
        textpage.close()
        page.close()
    return result


def _fill(result: RawPage, page: Any, textpage: Any) -> None:
    reader = _Reader(page, textpage)
    result.text, result.height = reader.text, reader.turn.height
    result.lines = reader.lines()
    if result.lines and (rules := read_rules(page.raw, reader.turn)):
        grids = find_grids(rules)
        for grid in grids:
            reader.fill(grid, result.lines)
        result.grids = [grid for grid in grids if is_table(grid)]


@lru_cache(maxsize=1000)
def _is_bold_name(name: bytes) -> bool:
    return _BOLD_NAME.search(name) is not None


class Turn:
    """Turns PDF coordinates (origin bottom left, before rotation) into those a reader sees."""

    def __init__(self, page: Any) -> None:
        self.left, self.bottom, self.right, self.top = page.get_bbox()
        self.rotation = page.get_rotation() % 360
        sideways = self.rotation in (90, 270)
        self.height = self.right - self.left if sideways else self.top - self.bottom

    def box(self, left: float, bottom: float, right: float, top: float) -> Box:
        """Return the rectangle as it is read."""
        if not self.rotation:
            # What Box(...) does, without its detour.
            return _new(Box, (left - self.left, self.top - top, right - self.left, self.top - bottom))
        if self.rotation == 90:
            return Box(bottom - self.bottom, left - self.left, top - self.bottom, right - self.left)
        if self.rotation == 180:
            return Box(self.right - right, bottom - self.bottom, self.right - left, top - self.bottom)
        return Box(self.top - top, self.right - right, self.top - bottom, self.right - left)


class _Buffers:
    """What PDFium's answers are written to, and the functions that give them: made once a process."""

    def __init__(self) -> None:
        self.f = functions()
        self.numbers = (ctypes.c_float * 14)()
        """Two rectangles (left, top, right, bottom each) and a matrix (a to f): ``_numbers`` reads them at once."""
        self.first_at, self.last_at, self.matrix_at = (ctypes.byref(self.numbers, 4 * start) for start in (0, 4, 8))
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


class _Reader:
    """Asks one text page."""

    def __init__(self, page: Any, textpage: Any) -> None:
        self.b = _buffers()
        self.f, self.handle = self.b.f, handle(textpage.raw)
        self.turn = Turn(page)
        self.char_box, self.numbers, self.box_at = self.f.FPDFText_GetLooseCharBox, self.b.numbers, self.b.first_at
        self.text, self.direct = self._text()

    def _text(self) -> tuple[str, bool]:
        """Return the text, and whether its offsets are PDFium's character indices."""
        count = self.f.FPDFText_CountChars(self.handle)
        if count <= 0:
            return "", True
        units = self.b.units_for(count + 1)
        written = self.f.FPDFText_GetText(self.handle, 0, count, ctypes.byref(units))
        raw = ctypes.string_at(units, 2 * max(0, written - 1))
        text = raw.decode("utf-16-le", errors="surrogatepass")
        if len(text) != len(raw) // 2:  # beyond the basic plane: keep one character for each unit that PDFium counts
            text = "".join(map(chr, memoryview(raw).cast("H")))
        return text, len(text) == count

    def _index(self, offset: int) -> int:
        return offset if self.direct else int(self.f.FPDFText_GetCharIndexFromTextIndex(self.handle, offset))

    def box(self, offset: int) -> Box | None:
        """Return the box of the character at a text offset; ``None`` when it has none."""
        index = offset if self.direct else self._index(offset)
        if index < 0 or not self.char_box(self.handle, index, self.box_at):
            return None
        left, top, right, bottom = _rectangle(self.numbers)
        return self.turn.box(left, bottom, right, top)

    def _is_bold(self, index: int) -> bool:
        """Tell whether a character is set in a bold face."""
        b = self.b
        size = self.f.FPDFText_GetFontInfo(self.handle, index, b.name_at, _NAME_BYTES, b.flags_at)
        if size <= 0:
            return False
        return bool(b.flags.value & _FORCE_BOLD) or _is_bold_name(b.name.value)

    def lines(self) -> list[RawLine]:
        """Return the lines that are not blank.

        Their size is that of the font as it is seen, points: boxes differ from font to font.
        """
        lines: list[RawLine] = []
        b, text, handle, turn, is_bold = self.b, self.text, self.handle, self.turn, self._is_bold
        char_box, matrix, font_size = self.char_box, self.f.FPDFText_GetMatrix, self.f.FPDFText_GetFontSize
        numbers, first_at, last_at, matrix_at = b.numbers, b.first_at, b.last_at, b.matrix_at
        index_of = None if self.direct else self._index
        upright, x, y = not turn.rotation, turn.left, turn.top
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
            if upright:  # what ``Turn.box`` does, without its detour
                left -= x
                right = end_right - x
                top, bottom, end_top, end_bottom = y - top, y - bottom, y - end_top, y - end_bottom
            else:
                left, top, _, bottom = turn.box(left, bottom, right, top)
                _, end_top, right, end_bottom = turn.box(end_left, end_bottom, end_right, end_top)
            level = abs(top - end_top) < 0.5 * (end_bottom - end_top)
            if end_top < top:
                top = end_top
            if end_bottom > bottom:
                bottom = end_bottom
            box = _new(Box, (left, top, right, bottom))
            lines.append(RawLine(first, last + 1, box, size, is_bold(i) and is_bold(k), level))
        return lines

    def fill(self, grid: Grid, lines: Sequence[RawLine]) -> None:
        """Put what stands inside a grid into its cells, as raw offsets: whole lines if they fit, else words."""
        for line in lines:
            box = line.box
            if box.bottom < grid.box.top or box.top > grid.box.bottom:
                continue
            y = (box.top + box.bottom) / 2
            first, last = grid.cell_at(box.left + _INSET, y), grid.cell_at(box.right - _INSET, y)
            if first is last and line.level and box.right > box.left:
                if first is not None:
                    first.words.append((line.start, line.end))
                continue
            for match in _WORD.finditer(self.text, line.start, line.end):
                self._put(grid, *match.span())

    def _put(self, grid: Grid, start: int, end: int) -> None:
        first, last = self._cell(grid, start), self._cell(grid, end - 1)
        if first is last:
            if first is not None:
                first.words.append((start, end))
            return
        for index in range(start, end):  # words of two narrow cells, written without a blank between them
            cell = self._cell(grid, index)
            if cell is None:
                continue
            if cell.words and cell.words[-1][1] == index > start:
                cell.words[-1] = (cell.words[-1][0], index + 1)
            else:
                cell.words.append((index, index + 1))

    def _cell(self, grid: Grid, index: int) -> GridCell | None:
        box = self.box(index)
        return None if box is None else grid.cell_at((box.left + box.right) / 2, (box.top + box.bottom) / 2)
