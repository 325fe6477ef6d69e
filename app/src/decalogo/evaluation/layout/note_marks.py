"""Note marks: how the number that refers to a foot- or endnote is written in a page's text.

A raised "2" after "120" reads as 1202 when it is copied as it stands. In page text a mark is therefore set apart, in
square brackets: "120 [2] casos", and its note begins "[2] Registro Único de Víctimas". Exponents of units (m², km³)
and ordinals are no marks. Raised digits of a PDF are found in ``pdf/raised.py``.
A number in square brackets counts nothing (``references`` in the data of languages).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_SIGNS = "¹²³⁰⁴⁵⁶⁷⁸⁹"
_RAISED = re.compile(
    rf"(?<=[^\W_{_SIGNS}]|[.,;:)\]»”\"'’%]) ?(?P<mark>[{_SIGNS}]{{1,3}})(?![\w/⁄])"
    rf"|(?<![^\n])(?P<note>[{_SIGNS}]{{1,3}})(?= ?[^\W\d_{_SIGNS}])"
)
"""A raised number after a word, a number or punctuation; or at the beginning of a line, where its note stands."""
_UNIT = re.compile(
    r"(?:(?<![^\W\d_])(?:[kcdmh]?m|ha|mts?|km|pies?|metros?|kil[oó]metros?|hect[aá]reas?)|[x×·]\s?10)\Z", re.IGNORECASE
)
_UNIT_LENGTH = 12
_POWER = re.compile(r"[-−]?\d{1,2}")
_TO_RAISED = str.maketrans("0123456789-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
_MARK = re.compile(
    r"[(\[]?(?P<mark>\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,4}|[a-z](?:,[a-z]){0,3}|[ivxl]{1,6}|[*†‡§¶#]{1,4})[)\]]?(?P<stop>[.,;]?)"
)
_ORDINAL = re.compile(r"er[ao]?|[dtmvn][oa]|r[oa]|[oa]s?|[ºª]", re.IGNORECASE)
_BEFORE_ORDINAL = re.compile(r"(?:(?<![\d.,])\d{1,2}\.?|(?<![^\W\d_])[IVXLC]{1,6}|(?<![^\W\d_])(?:[A-Z][a-z]?|n)\.?)\Z")
_ORDINAL_SIGNS = {"o": "º", "a": "ª"}
AFTER_SENTENCE = r"(?: ?\[\d{1,3}\])?"
"""Regular expression for a note mark at the end of a sentence."""
_EXPONENTS = {"2", "3"}
_LONGEST = 3
"""Digits of a mark: notes are numbered to 999 at most."""


def mark(text: str) -> str:
    """Return how a note mark is written after the word or number that it belongs to."""
    return f" [{text}]"


def is_exponent(before: str, raised: str) -> bool:
    """Return whether a raised number is an exponent: "m²", "3 x 10⁶".

    Args:
        before: the text that ends where the raised number begins.
        raised: the number, in plain digits.
    """
    found = _UNIT.search(before[-_UNIT_LENGTH:])
    return found is not None and (raised in _EXPONENTS or found.group()[-2:] == "10")


def is_mark(before: str, raised: str, after: str) -> bool:
    """Return whether raised characters are a note mark.

    Args:
        before: the text that ends where they begin.
        raised: the characters, in plain digits.
        after: the text that follows them.
    """
    if len(raised) > _LONGEST or after[:1] in {"/", "⁄"}:
        return False  # a number set higher, or the upper half of a fraction
    return not is_exponent(before, raised)


def raised_signs(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and new form of each note mark that is written with superscript characters: "120²"."""
    if not any(sign in text for sign in _SIGNS):
        return
    for match in _RAISED.finditer(text):
        start, end = match.span()
        if note := match["note"]:
            yield start, end, f"[{note.translate(_PLAIN)}]" + " " * (text[end] != " ")
            continue
        raised = match["mark"].translate(_PLAIN)
        if is_mark(text[max(0, start - _UNIT_LENGTH) : start], raised, text[end : end + 1]):
            yield start, end, mark(raised)


def raised(before: str, text: str) -> str:
    """Return how superscript text of a format with markup is written.

    Args:
        before: the text of the same paragraph up to the superscript; its last characters suffice.
        text: the superscript, blanks around it included.
    """
    core, end = text.strip(), text[len(text.rstrip()) :]
    if not core:
        return text
    before = before[-_UNIT_LENGTH:]
    if _POWER.fullmatch(core) and is_exponent(before, core):
        return core.translate(_TO_RAISED) + end
    if _ORDINAL.fullmatch(core) and _BEFORE_ORDINAL.search(before):
        return _ORDINAL_SIGNS.get(core, core) + end
    found = _MARK.fullmatch(core)
    if found is None:
        return text
    if not before.strip():
        return f"[{found['mark']}] "  # in front of the note's own text
    written = mark(found["mark"])
    return (written.lstrip() if before[-1] in " \t\n\xa0([«“" else written) + found["stop"] + end
