"""Whether a page's text is what the page shows: a font may not tell its letters, a picture may hold the text.

A look at the text that was read decides for nearly every page. Only pages with little text are looked at more closely.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import hypot
from typing import TYPE_CHECKING

from decalogo.evaluation.documents.raw_pages import FONTS, PICTURE, RawLine
from decalogo.evaluation.fold import LETTERS, fold
from decalogo.evaluation.pdf.pictures import is_picture

if TYPE_CHECKING:
    from decalogo.evaluation.pdf.text_page import TextPage

_LITTLE, _FEW_LINES = 800, 12
"""Characters (without blanks) and lines of the stamps, headers and signatures on a scanned page."""
_COVERED, _COVERED_BARE, _BARE = 0.85, 0.5, 120
"""Share of the page that pictures cover at least; less is enough where the text is that of a stamp."""
_FIRST_SAMPLES, _SAMPLES = 3, 9
"""Lines whose middle character is looked at; the more of them once one has none."""
_LETTERS = 100
"""Fewer letters are no sample of a language."""
_NO_LETTER = r"[\x01\x03-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd\ue000-\uf000\uf003-\uf8ff]"
_SUSPECT = re.compile(_NO_LETTER)
_UNMAPPED = re.compile(rf"(?<=[^\W\d_]){_NO_LETTER}(?=[^\W\d_])")
"""A character between two letters that is none: a font that does not name all of its letters."""
_SHORT_PAGE = 600
_COMMON = (" de ", " la ", " en ", " el ", " los ", " of ", " the ", " do ", " da ", " des ", " le ")
"""Words of which nearly every page of prose has one."""
_FREQUENCIES = dict(
    zip(
        b"eaoinrsdcltumpgvbyfqzhjx",
        (123, 121, 88, 87, 75, 67, 66, 60, 57, 55, 50, 32, 30, 28, 12, 11, 11, 10, 7, 3, 3, 3, 2, 1),
        strict=True,
    )
)
"""How often each letter stands in Spanish text, per mille; other languages in Latin letters are close."""
_LEAST_LIKENESS = 0.68
"""Cosine of the angle between these and a page's frequencies. Prose has 0.9 and more, shifted letters at most 0.66."""
_MOST_UNMAPPED = 0.1
"""Share of a page's characters that are none."""


def doubt_about(asked: TextPage, lines: Sequence[RawLine]) -> str:
    """Return why the text of a page may not be what it shows: ``FONTS``, ``PICTURE`` or nothing."""
    text = asked.text
    if lines and (_has_unmapped(text) or _is_garbled(asked, lines)):
        return FONTS
    if 0 < len(lines) <= _FEW_LINES and len(text) < 2 * _LITTLE and (count := len("".join(text.split()))) <= _LITTLE:
        return PICTURE if is_picture(asked, _COVERED_BARE if count <= _BARE else _COVERED) else ""
    return ""


def _has_unmapped(text: str) -> bool:
    """Return whether letters are missing inside words, or many characters are none."""
    if _SUSPECT.search(text) is None:
        return False
    if len(_UNMAPPED.findall(text)) >= (1 if len(text) <= _SHORT_PAGE else 2):
        return True
    return len(_SUSPECT.findall(text)) > _MOST_UNMAPPED * len(text)


def _is_garbled(asked: TextPage, lines: Sequence[RawLine]) -> bool:
    """Return whether a page has no readable characters: most of a sample are unmapped, or the letters are unlikely."""
    for size in (_FIRST_SAMPLES, _SAMPLES):
        sample = lines[:: max(1, len(lines) // size)][:size]
        unmapped = sum(asked.is_unmapped((line.start + line.end) // 2) for line in sample)
        if not unmapped:
            break
    else:
        if 2 * unmapped >= len(sample):
            return True
    return not any(word in asked.text for word in _COMMON) and _is_unlikely(asked.text)


def _is_unlikely(text: str) -> bool:
    """Return whether the letters of a text have other frequencies than those of any language that is read."""
    counts = Counter(fold(text).translate(LETTERS, b" "))
    counts.pop(ord(" "), None)
    if counts.total() < _LETTERS:
        return False
    product = sum(count * _FREQUENCIES.get(letter, 0) for letter, count in counts.items())
    return product < _LEAST_LIKENESS * hypot(*counts.values()) * hypot(*_FREQUENCIES.values())
