"""Ordinary PDF pages from raw text to sheets by C (``pagetext.c``), where it was built.

It gives what ``normalise`` and ``RawPage.place`` give; a page that is not ordinary is left to these.
"""

from __future__ import annotations

import ctypes
from array import array
from collections.abc import Sequence
from functools import lru_cache

from decalogo.evaluation.extract import native
from decalogo.evaluation.extract.layout import Line, Packed, Sheet
from decalogo.evaluation.extract.nativelines import UTF_16, table
from decalogo.evaluation.extract.normalise import odd_characters
from decalogo.evaluation.extract.pdfpage import RawPage
from decalogo.evaluation.extract.textpage import RawLine
from decalogo.evaluation.fold import fold

_UNPLACED = Line(0, 0, "")


class _Page(ctypes.Structure):
    """As ``Page`` in the source."""

    _fields_ = (
        ("kinds", ctypes.c_char_p),
        ("folds", ctypes.c_char_p),
        ("raw", ctypes.c_char_p),
        ("records", ctypes.c_char_p),
        ("length", ctypes.c_int32),
        ("count", ctypes.c_int32),
        ("room", ctypes.c_int32),
        ("text", ctypes.c_void_p),
        ("folded", ctypes.c_void_p),
        ("starts", ctypes.c_void_p),
        ("ends", ctypes.c_void_p),
        ("owners", ctypes.c_void_p),
        ("boxes", ctypes.c_void_p),
        ("gap", ctypes.c_void_p),
    )


def _kinds(text: str) -> bytes:
    odd = odd_characters(text)
    return bytes((char not in odd) + 2 * char.isalpha() for char in text)


@lru_cache(maxsize=1)
def _tables() -> tuple[bytes, bytes]:
    """Return of every character whether it is ordinary or a letter, and what it folds to."""
    return table(_kinds, b"\0"), table(fold, b"?")


def read_sheet(page: RawPage) -> Sheet | None:
    """Return the sheet of a page, or ``None`` where Python has to make it."""
    library = native.library()
    count, length = len(page.lines), len(page.text)
    if library is None or page.grids or len(page.records) != count * native.LINE.size:
        return None
    raw = page.text.encode(UTF_16, "surrogatepass")
    if len(raw) != 2 * length:
        return None
    room = page.text.count("\r\n") + 1
    text, folded, boxes = array("H", raw), array("B", bytes(length)), array("d", bytes(32 * room))
    starts, ends, owners = array("i", bytes(4 * room)), array("i", bytes(4 * room)), array("i", bytes(4 * room))
    gap = array("B", bytes(room))
    outputs = [one.buffer_info()[0] for one in (text, folded, starts, ends, owners, boxes, gap)]
    asked, found = _Page(*_tables(), raw, page.records, length, count, room, *outputs), ctypes.c_int32()
    length = library.text_cut(ctypes.byref(asked), ctypes.byref(found))
    if length < 0:
        return None
    units = text[:length].tobytes()
    whole = units.decode(UTF_16)
    items: Sequence[RawLine | Line] = page.lines
    if found.value != count:
        items = [items[owner] if owner >= 0 else _UNPLACED for owner in owners[: found.value]]
    parts = [part for part in whole.split("\n") if part]
    places, sizes = [item.box for item in items], [item.size for item in items]
    bold, gaps = [item.bold for item in items], gap[: found.value].tobytes()
    lines = list(map(Line, starts, ends, parts, places, sizes, bold, map(bool, gaps)))
    boxed = bytes([place is not None for place in places])
    packed = Packed(units, starts, ends, boxes, array("d", sizes), boxed, bytes(bold), gaps, bytes(found.value))
    return Sheet(page.number, whole, lines, page.height, page.grids, folded[:length].tobytes(), packed)
