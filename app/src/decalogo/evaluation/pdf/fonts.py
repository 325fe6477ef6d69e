"""What the fonts of a page cost: tables of characters that unfold, and font programs that unpack.

A table of characters (``/ToUnicode``, or a CMap) gives a range of 65,536 codes in twenty bytes, and a text of any
length for one code. Import this module after a fork only: it loads a native library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from decalogo.evaluation.pdf.objects import Id, entries, entry, items
from decalogo.evaluation.pdf.unpacking import inflated, most_bytes, unpacked

_MOST_CODES = 1_000_000
"""Codes in the ranges of one table; a font has 65,536 at most, which some programs give a few times."""
_CODES = 1 << 16
_MOST_TABLE_BYTES = 4 << 20
_MOST_PROGRAM_BYTES = 64 << 20
_MOST_PROGRAMS_BYTES = 256 << 20
"""Font programs of a document, unpacked; and as much again of those that are too short to hold more."""
_PROGRAMS = ("/FontFile", "/FontFile2", "/FontFile3")
_RANGES = re.compile(rb"(begin|end)(?:bf|cid|notdef)range")
_RANGE = re.compile(rb"<([0-9A-Fa-f\s]{1,40})>\s*<([0-9A-Fa-f\s]{1,40})>\s*(?:<[^>]*>|\[[^\]]*\]|\d+)")
_LONG = re.compile(rb"<[0-9A-Fa-f\s]{33,}")
"""A text of more than eight characters for one code."""


@dataclass(frozen=True, slots=True)
class FontCost:
    """What a font costs: why it must not be used, and how many characters one code may give."""

    reason: str = ""
    longest: int = 1


_CHEAP = FontCost()


@dataclass(slots=True)
class Fonts:
    """Looks at each font of a document once."""

    _known: dict[Id, FontCost] = field(default_factory=dict)
    _programs: set[Id] = field(default_factory=set)
    _short: int = 0
    _long: int = 0

    def of(self, resources: Any) -> FontCost:
        """Return the cost of the fonts that resources name, as one."""
        names = entry(resources, "/Font")
        if names is None:
            return _CHEAP
        if names.is_indirect:
            if (known := self._known.get(names.objgen)) is None:
                known = self._known[names.objgen] = self._worst(names)
            return known
        return self._worst(names)

    def _worst(self, names: Any) -> FontCost:
        reason, longest = "", 1
        for _, font in entries(names):
            cost = self._font(font)
            reason, longest = reason or cost.reason, max(longest, cost.longest)
        return FontCost(reason, longest) if reason or longest > 1 else _CHEAP

    def _font(self, font: Any) -> FontCost:
        if not isinstance(font, pikepdf.Dictionary):
            return _CHEAP
        if not font.is_indirect:
            return self._look(font)
        if (known := self._known.get(font.objgen)) is None:
            known = self._known[font.objgen] = self._look(font)
        return known

    def _look(self, font: Any) -> FontCost:
        longest = 1
        for table in (entry(font, "/ToUnicode"), entry(font, "/Encoding")):
            if isinstance(table, pikepdf.Stream):
                cost = _table(table)
                if cost.reason:
                    return cost
                longest = max(longest, cost.longest)
        descendants = [entry(one, "/FontDescriptor") for one in items(entry(font, "/DescendantFonts"))]
        for descriptor in (entry(font, "/FontDescriptor"), *descendants):
            for name in _PROGRAMS:
                if reason := self._program(entry(descriptor, name)):
                    return FontCost(reason)
        return FontCost(longest=longest) if longest > 1 else _CHEAP

    def _program(self, program: Any) -> str:
        """Return why a font program must not be unpacked."""
        if not isinstance(program, pikepdf.Stream) or program.objgen in self._programs:
            return ""
        most = most_bytes(program)
        if most <= _MOST_PROGRAM_BYTES and self._short + most <= _MOST_PROGRAMS_BYTES:
            self._short += most
        else:
            size = inflated(program, _MOST_PROGRAM_BYTES)
            if size > _MOST_PROGRAM_BYTES or self._long + size > _MOST_PROGRAMS_BYTES:
                return "its fonts unpack to too many bytes"
            self._long += size
        self._programs.add(program.objgen)
        return ""


def _table(stream: Any) -> FontCost:
    data = unpacked(stream)
    if data is None or len(data) > _MOST_TABLE_BYTES:
        return FontCost(f"a table of characters has more than {_MOST_TABLE_BYTES >> 20} MiB")
    codes = 0
    marks = [*_RANGES.finditer(data)]
    for mark, end in zip(marks, [*(after.start() for after in marks[1:]), len(data)], strict=False):
        if mark[1] == b"begin":
            codes += _codes(data, mark.end(), end)
        if codes > _MOST_CODES:
            return FontCost(f"a table of characters has more than {_MOST_CODES:,} codes")
    return FontCost(longest=max((len(text) // 4 for text in _LONG.findall(data)), default=1))


def _codes(data: bytes, start: int, end: int) -> int:
    """Return how many codes a list of ranges holds at most; few rows are not added up."""
    if (most := data.count(b"<", start, end) * _CODES) <= _MOST_CODES // 4:
        return most
    codes = 0
    for low, high in _RANGE.findall(data, start, end):
        first, last = (int(b"".join(number.split()) or b"0", 16) for number in (low, high))
        codes += max(0, min(last - first + 1, _CODES))
    return codes
