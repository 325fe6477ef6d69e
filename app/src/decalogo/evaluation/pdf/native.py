"""The C page reader (``pagereader.c``), used if ``build`` put it into the installation.

A page costs some thousand calls of PDFium. From Python each call takes about a microsecond, from C a few nanoseconds.
The C reader returns the same values as ``text_page`` and ``ruling_lines``, to the bit; a process without it uses those.
It receives PDFium's functions by address and links to no library.
"""

from __future__ import annotations

import ctypes
import hashlib
import platform
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import starmap
from math import hypot, isnan
from pathlib import Path
from struct import Struct
from typing import Any

from decalogo.evaluation.documents.raw_pages import RawLine
from decalogo.evaluation.documents.sheets import Box
from decalogo.evaluation.layout.grids import RulingLines
from decalogo.evaluation.pdf.text_page import Gap, Place, TextPage

SOURCE = Path(__file__).with_name("pagereader.c")
FOLDER = Path(sys.prefix) / "share" / "decalogo" / "native"
# Without contraction, a product and a sum round twice on every processor, as in Python.
OPTIONS = ("-std=c11", "-O2", "-ffp-contract=off", "-shared", "-fPIC")
_FUNCTIONS = (
    "FPDFText_GetCharIndexFromTextIndex",
    "FPDFText_GetLooseCharBox",
    "FPDFText_GetMatrix",
    "FPDFText_GetFontSize",
    "FPDFText_GetCharOrigin",
    "FPDFText_GetFontInfo",
    "FPDFPage_CountObjects",
    "FPDFPage_GetObject",
    "FPDFFormObj_CountObjects",
    "FPDFFormObj_GetObject",
    "FPDFPageObj_GetType",
    "FPDFPageObj_GetBounds",
    "FPDFPageObj_GetMatrix",
    "FPDFPageObj_GetFillColor",
    "FPDFPath_GetDrawMode",
    "FPDFPath_CountSegments",
    "FPDFPath_GetPathSegment",
    "FPDFPathSegment_GetPoint",
    "FPDFPathSegment_GetType",
    "FPDFPathSegment_GetClose",
)
"""In the order of the struct ``Pdfium`` in the source."""
_LINES, _WORDS, _HORIZONTAL, _VERTICAL, _FILLS, _RAISED, _GAPS = range(7)
_line, _word, _rule, _fill, _span = Struct("2i7d2?6x"), Struct("2i4d"), Struct("3d"), Struct("4d"), Struct("2i")
_stretch, _gap = Struct("2i2d"), Struct("3i4x2d")
"""Memory layout of the records; see the structs in the source."""
_new = tuple.__new__


class _Rotation(ctypes.Structure):
    _fields_ = (
        ("left", ctypes.c_double),
        ("bottom", ctypes.c_double),
        ("right", ctypes.c_double),
        ("top", ctypes.c_double),
        ("rotation", ctypes.c_int),
    )


def path() -> Path:
    """Return the path of the reader for this source and this kind of machine, whether or not it is built."""
    source = SOURCE.read_text(encoding="utf-8")
    made_of = f"{source}|{OPTIONS}|{sys.platform}|{platform.machine()}"
    return FOLDER / f"pagereader-{hashlib.sha256(made_of.encode()).hexdigest()[:16]}.so"


@lru_cache(maxsize=1)
def library() -> Any | None:
    """Return the reader's functions; ``None`` if it is not built or does not load."""
    try:
        # PyDLL keeps the interpreter's lock: releasing it takes longer than most calls.
        loaded = ctypes.PyDLL(str(path()))
    except OSError:
        return None
    address, number, double = ctypes.c_void_p, ctypes.c_long, ctypes.c_double
    for name, answer, *arguments in (
        ("reader_new", address, address),
        ("reader_lines", number, address, address, address, address, number, ctypes.c_int),
        ("reader_words", number, address, address, address, number, number, ctypes.c_int),
        ("reader_gaps", number, address, address, address, address, number, double, double, ctypes.c_int),
        ("reader_raised", number, address, address, address, number, ctypes.c_int),
        ("reader_rules", ctypes.c_int, address, address, address),
        ("reader_found", address, address, ctypes.c_int, address),
    ):
        function = getattr(loaded, name)
        function.restype, function.argtypes = answer, arguments
    return loaded


class _Reader:
    """The reader of this process. It keeps the records of the last call until the next one."""

    def __init__(self) -> None:
        import pypdfium2.raw as c

        if (loaded := library()) is None:
            raise RuntimeError("the C page reader is not built")
        self.c = loaded
        table = (ctypes.c_void_p * len(_FUNCTIONS))(
            *(ctypes.cast(getattr(c, name), ctypes.c_void_p).value for name in _FUNCTIONS)
        )
        self.address = self.c.reader_new(ctypes.byref(table))
        if not self.address:
            raise MemoryError
        self.count = ctypes.c_long()
        self.count_at = ctypes.byref(self.count)

    def found(self, kind: int, record: Struct) -> Iterator[tuple[Any, ...]]:
        """Yield the records of one kind that the last call found."""
        start = self.c.reader_found(self.address, kind, self.count_at)
        return record.iter_unpack(ctypes.string_at(start, self.count.value * record.size))


_reader = lru_cache(maxsize=1)(_Reader)


class NativeTextPage(TextPage):
    """A loaded page, read by the C reader."""

    def __init__(self, page: int, textpage: int) -> None:
        super().__init__(page, textpage)
        self.reader = _reader()
        self._pass_rotation()

    def turn(self, degrees: int) -> None:
        """Read the page turned by ``degrees``, clockwise, instead of its own rotation."""
        super().turn(degrees)
        self._pass_rotation()

    def _pass_rotation(self) -> None:
        one = self.rotation
        self.rotation_at = ctypes.byref(_Rotation(one.left, one.bottom, one.right, one.top, one.rotation))

    def lines(self) -> list[RawLine]:
        """Return the lines that are not blank."""
        reader, text = self.reader, ctypes.byref(self.units)
        found = reader.c.reader_lines(reader.address, self.handle, self.rotation_at, text, len(self.text), self.direct)
        if found < 0:
            raise MemoryError
        return [
            RawLine(
                start,
                end,
                _new(Box, (left, top, right, bottom)),
                size * (hypot(shear, scale) if shear else abs(scale)),
                bold,
                level,
            )
            for start, end, left, top, right, bottom, size, shear, scale, bold, level in reader.found(_LINES, _line)
        ]

    def words(self, line: RawLine) -> Iterator[tuple[int, int, Place | None, Place | None]]:
        """Yield start and end of each word of a line, and the middles of its first and last characters."""
        reader, text = self.reader, ctypes.byref(self.units)
        found = reader.c.reader_words(reader.address, self.handle, text, line.start, line.end, self.direct)
        if found < 0:
            raise MemoryError
        for start, end, first_x, first_y, last_x, last_y in reader.found(_WORDS, _word):
            yield start, end, _place(first_x, first_y), _place(last_x, last_y)

    def gaps(self, lines: Sequence[RawLine], least: float, inset: float) -> list[Gap]:
        """Return the wide gaps between the words of lines; see ``TextPage.gaps``."""
        reader, text = self.reader, ctypes.byref(self.units)
        packed = b"".join([_stretch.pack(line.start, line.end, line.box.left, line.size) for line in lines])
        found = reader.c.reader_gaps(reader.address, self.handle, text, packed, len(lines), least, inset, self.direct)
        if found < 0:
            raise MemoryError
        return [_new(Gap, gap) for gap in reader.found(_GAPS, _gap)]

    def raised(self) -> list[tuple[int, int]]:
        """Return the numbers and asterisks that are set smaller and higher than the character they follow."""
        reader, text = self.reader, ctypes.byref(self.units)
        if reader.c.reader_raised(reader.address, self.handle, text, len(self.text), self.direct) < 0:
            raise MemoryError
        return [(start, end) for start, end in reader.found(_RAISED, _span)]

    def rules(self) -> RulingLines:
        """Return the ruling lines of the page."""
        reader = self.reader
        if not reader.c.reader_rules(reader.address, self.page, self.rotation_at):
            raise MemoryError
        horizontal, vertical = (list(reader.found(kind, _rule)) for kind in (_HORIZONTAL, _VERTICAL))
        return RulingLines(horizontal, vertical, list(starmap(Box, reader.found(_FILLS, _fill))))


def _place(x: float, y: float) -> Place | None:
    return None if isnan(x) else (x, y)
