"""Paragraphs by C (``pagelines.c``), where it was built; what ``paragraphs`` and ``headings`` tell, to the bit.

A sheet is asked about in two calls. Lines that the words of the language decide come back as questions and are decided
here, and a sheet with characters from ``CHARACTERS`` on is not taken at all.
"""

from __future__ import annotations

import ctypes
import re
import sys
from array import array
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import chain
from operator import ne

from decalogo.evaluation.extract import native
from decalogo.evaluation.extract.headings import column_words, is_column_titles, opens_section
from decalogo.evaluation.extract.layout import Box, Packed, Sheet
from decalogo.evaluation.extract.paragraphs import Block
from decalogo.evaluation.extract.words import Words
from decalogo.evaluation.fold import fold

UTF_16 = f"utf-16-{sys.byteorder[0]}e"
CHARACTERS = 0x2800
"""Below this the source has tables; as in the source."""
_LETTERS, _SIGNS = range(0x500), range(0x2000, CHARACTERS)
"""The characters of European texts; those between would only cost time at start-up."""
_NOWHERE = Box(0, 0, 0, 0)
_BEGINS, _CONTINUES, _SKIPS, _UNLESS_SECTION, _IF_HANGING = range(5)
_ROW, _MAYBE_ROW, _LISTED, _PLAIN, _CAPITALS, _NAMED = 1, 2, 4, 8, 16, 32
_QUESTION = re.compile(rb"[\x03\x04]")
_ROWS = re.compile(rb"[\x01\x02]")
_BLOCK = re.compile(rb"\x00\x01*")
_LONGEST_TITLE = 31


class _Sheet(ctypes.Structure):
    """As ``Sheet`` in the source."""

    _fields_ = (
        ("traits", ctypes.c_char_p),
        ("titles", ctypes.c_char_p),
        ("text", ctypes.c_char_p),
        ("folded", ctypes.c_char_p),
        ("starts", ctypes.c_void_p),
        ("ends", ctypes.c_void_p),
        ("boxes", ctypes.c_void_p),
        ("sizes", ctypes.c_void_p),
        ("boxed", ctypes.c_char_p),
        ("bold", ctypes.c_char_p),
        ("gap", ctypes.c_char_p),
        ("ranked", ctypes.c_char_p),
        ("skipped", ctypes.c_char_p),
        ("length", ctypes.c_int32),
        ("count", ctypes.c_int32),
    )


def table(of: Callable[[str], bytes], other: bytes) -> bytes:
    """Return a byte for every character: what ``of`` gives for a text, or ``other`` outside European texts."""
    between = other * (_SIGNS.start - _LETTERS.stop)
    return of("".join(map(chr, _LETTERS))) + between + of("".join(map(chr, _SIGNS)))


def _traits(text: str) -> bytes:
    """Return what ``str`` says of each character."""
    upper = list(map(str.isupper, text))
    said: list[Iterable[bool]] = [
        map(str.isspace, text),
        map(str.isalpha, text),
        upper,
        map(str.islower, text),
        map(ne, upper, map(str.istitle, text)),
        map(str.isdecimal, text),
        map(str.isdigit, text),
        (len(char.lower()) > 1 for char in text),
    ]
    found = 0
    for bit, trait in enumerate(said):
        found |= int.from_bytes(bytes(trait), "little") << bit
    return found.to_bytes(len(text), "little")


@lru_cache(maxsize=1)
def traits() -> bytes:
    """Return what is said of all characters; those outside European texts are odd."""
    return table(_traits, b"\x80")


@lru_cache(maxsize=8)
def _titles(columns: frozenset[str]) -> bytes | None:
    """Return what columns are called, folded, each after its length; ``None`` if one is too long for that."""
    folded = sorted({fold(title) for title in columns})
    if any(len(title) > _LONGEST_TITLE for title in folded):
        return None
    return b"".join(bytes([len(title)]) + title for title in folded if title) + b"\0"


def _pack(sheet: Sheet) -> Packed:
    lines = sheet.lines
    placed = [line.box or _NOWHERE for line in lines]
    return Packed(
        sheet.text.encode(UTF_16, "surrogatepass"),
        array("i", [line.start for line in lines]),
        array("i", [line.end for line in lines]),
        array("d", chain.from_iterable(placed)),
        array("d", [line.size for line in lines]),
        bytes([box is not _NOWHERE for box in placed]),
        bytes([line.bold for line in lines]),
        bytes([line.gap for line in lines]),
        bytes([line.rank != 0 for line in lines]),
    )


def find_blocks(sheet: Sheet, skip: AbstractSet[int], words: Words, body_size: float) -> list[Block] | None:
    """Return what ``paragraphs.find_blocks`` returns, or ``None`` where that has to be asked.

    What is known for ``heading_rank`` applies to ``body_size``.
    """
    library, titles = native.library(), _titles(words.columns)
    packed = sheet.packed or _pack(sheet)
    text, count = sheet.text, len(sheet.lines)
    if library is None or titles is None or len(packed.text) != 2 * len(text) or len(sheet.folded) != len(text):
        return None
    skipped = bytearray(count)
    for index in skip:
        skipped[index] = 1
    starts, ends = packed.starts, packed.ends
    asked = _Sheet(
        traits(),
        titles,
        packed.text,
        sheet.folded,
        starts.buffer_info()[0],
        ends.buffer_info()[0],
        packed.boxes.buffer_info()[0],
        packed.sizes.buffer_info()[0],
        packed.boxed,
        packed.bold,
        packed.gap,
        packed.ranked,
        bytes(skipped),
        len(text),
        count,
    )
    at = ctypes.byref(asked)
    joints, rows = array("B", bytes(count)), array("B", bytes(count))
    if not library.lines_joints(at, joints.buffer_info()[0], rows.buffer_info()[0]):
        return None
    _answer(sheet, words, joints, rows)
    found = [match.span() for match in _BLOCK.finditer(joints)]
    firsts, lasts = array("i", [first for first, _ in found]), array("i", [end - 1 for _, end in found])
    kinds = array("B", bytes(len(found)))
    if not library.lines_kinds(
        at, firsts.buffer_info()[0], lasts.buffer_info()[0], len(found), body_size, kinds.buffer_info()[0]
    ):
        return None
    blocks: list[Block] = []
    for (first, end), kind in zip(found, kinds, strict=True):
        row = kind & _ROW != 0 or (kind & _MAYBE_ROW != 0 and _has_titles(sheet, words, first, end - 1))
        known = kind & _LISTED != 0, kind & _PLAIN != 0, kind & _NAMED != 0, kind & _CAPITALS != 0
        blocks.append(Block(first, end - 1, row, *known))
    return blocks


def _answer(sheet: Sheet, words: Words, joints: array[int], rows: array[int]) -> None:
    """Answer what is asked of the words of the language, and part rows from what stands around them."""
    lines = sheet.lines
    for match in _QUESTION.finditer(joints):
        index = match.start()
        if joints[index] == _UNLESS_SECTION:
            begins = opens_section(lines[index].text, words)
        else:
            before = lines[index - 1].text
            begins = words.hanging.search(before, max(0, len(before) - 8)) is None
        joints[index] = _BEGINS if begins else _CONTINUES
    for match in _ROWS.finditer(rows):
        index = match.start()
        if rows[index] == _ROW or _has_titles(sheet, words, index, index):
            for other in (index, index + 1):
                if other < len(joints) and joints[other] != _SKIPS:
                    joints[other] = _BEGINS


def _has_titles(sheet: Sheet, words: Words, first: int, last: int) -> bool:
    """Tell whether lines hold nearly nothing but column titles."""
    lines = sheet.lines[first : last + 1]
    found: list[str] = []
    for line in lines:
        if any(words.column_title(sheet.folded[line.start : line.end])):
            found += column_words(line.text, words.columns)
    return bool(found) and is_column_titles(sheet.text[lines[0].start : lines[-1].end], found)
