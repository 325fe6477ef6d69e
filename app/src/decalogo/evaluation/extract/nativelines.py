"""Paragraphs by C (``pagelines.c``), where it was built; what ``paragraphs`` and ``headings`` tell, to the bit.

A sheet is asked about in two calls. Lines that the words of the language decide come back as questions and are decided
here, and a sheet with characters beyond the basic plane is not taken at all.
"""

from __future__ import annotations

import ctypes
import re
import sys
from array import array
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import chain
from typing import Any

from decalogo.evaluation.extract import native
from decalogo.evaluation.extract.headings import is_column_titles, opens_section
from decalogo.evaluation.extract.layout import Box, Sheet
from decalogo.evaluation.extract.paragraphs import Block, titles_of
from decalogo.evaluation.extract.words import Words
from decalogo.evaluation.fold import fold

_UTF16 = f"utf-16-{sys.byteorder[0]}e"
_NOWHERE = Box(0, 0, 0, 0)
_BEGINS, _CONTINUES, _SKIPS, _UNLESS_SECTION, _IF_HANGING = range(5)
_ROW, _MAYBE_ROW, _LISTED, _PLAIN = 1, 2, 4, 8
_QUESTION = re.compile(rb"[\x03\x04]")
_ROWS = re.compile(rb"[\x01\x02]")
_BLOCK = re.compile(rb"\x00\x01*")
_CHARACTERS = 1 << 16
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


@lru_cache(maxsize=1)
def _traits() -> bytes:
    """Return what ``str`` says of every character of the basic plane, a byte each."""
    characters = [chr(code) for code in range(_CHARACTERS)]
    ask: list[Any] = [
        str.isspace,
        str.isalpha,
        str.isupper,
        str.islower,
        lambda char: char.istitle() and not char.isupper(),
        str.isdecimal,
        str.isdigit,
        lambda char: len(char.lower()) > 1,
    ]
    found = 0
    for bit, trait in enumerate(ask):
        found |= int.from_bytes(bytes(map(trait, characters)), "little") << bit
    return found.to_bytes(_CHARACTERS, "little")


@lru_cache(maxsize=8)
def _titles(columns: frozenset[str]) -> bytes | None:
    """Return what columns are called, folded, each after its length; ``None`` if one is too long for that."""
    folded = sorted({fold(title) for title in columns})
    if any(len(title) > _LONGEST_TITLE for title in folded):
        return None
    return b"".join(bytes([len(title)]) + title for title in folded if title) + b"\0"


def find_blocks(sheet: Sheet, skip: AbstractSet[int], words: Words, body_size: float) -> list[Block] | None:
    """Return what ``paragraphs.find_blocks`` returns, or ``None`` where that has to be asked.

    ``plain`` of each block is known; the words of ``heading_rank`` apply to ``body_size``.
    """
    library, titles = native.library(), _titles(words.columns)
    text, lines, count = sheet.text, sheet.lines, len(sheet.lines)
    units = text.encode(_UTF16, "surrogatepass")
    if library is None or titles is None or len(units) != 2 * len(text) or len(sheet.folded) != len(text):
        return None
    starts, ends = array("i", [line.start for line in lines]), array("i", [line.end for line in lines])
    placed = [line.box or _NOWHERE for line in lines]
    boxes, sizes = array("d", chain.from_iterable(placed)), array("d", [line.size for line in lines])
    skipped = bytearray(count)
    for index in skip:
        skipped[index] = 1
    asked = _Sheet(
        _traits(),
        titles,
        units,
        sheet.folded,
        starts.buffer_info()[0],
        ends.buffer_info()[0],
        boxes.buffer_info()[0],
        sizes.buffer_info()[0],
        bytes([box is not _NOWHERE for box in placed]),
        bytes([line.bold for line in lines]),
        bytes([line.gap for line in lines]),
        bytes([line.rank != 0 for line in lines]),
        bytes(skipped),
        len(text),
        count,
    )
    at = ctypes.byref(asked)
    joints, rows = array("B", bytes(count)), array("B", bytes(count))
    if not library.lines_joints(at, joints.buffer_info()[0], rows.buffer_info()[0]):
        return None
    _answer(sheet, skip, words, joints, rows)
    found = [match.span() for match in _BLOCK.finditer(joints)]
    firsts, lasts = array("i", [first for first, _ in found]), array("i", [end - 1 for _, end in found])
    kinds = array("B", bytes(len(found)))
    if not library.lines_kinds(
        at, firsts.buffer_info()[0], lasts.buffer_info()[0], len(found), body_size, kinds.buffer_info()[0]
    ):
        return None
    blocks: list[Block] = []
    for first, last, kind in zip(firsts, lasts, kinds, strict=True):
        whole = lines[first].text if first == last else text[starts[first] : ends[last]].replace("\n", " ")
        row = kind & _ROW != 0
        if kind & _MAYBE_ROW:
            row = _has_titles(sheet, skip, words, first, last, whole)
        blocks.append(Block(first, last, whole, row, kind & _LISTED != 0, kind & _PLAIN != 0))
    return blocks


def _answer(sheet: Sheet, skip: AbstractSet[int], words: Words, joints: array[int], rows: array[int]) -> None:
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
        if rows[index] == _ROW or _has_titles(sheet, skip, words, index, index, lines[index].text):
            for other in (index, index + 1):
                if other < len(joints) and joints[other] != _SKIPS:
                    joints[other] = _BEGINS


def _has_titles(sheet: Sheet, skip: AbstractSet[int], words: Words, first: int, last: int, text: str) -> bool:
    """Tell whether lines hold nearly nothing but column titles."""
    titles = titles_of(sheet, skip, words)
    found = [word for index in range(first, last + 1) for word in titles.get(index, ())]
    return bool(found) and is_column_titles(text, found)
