"""Superscripts: note marks apart from the word or number before them, exponents and ordinals where they belong.

Every reader that knows which characters are raised (PDF by their height, the others by markup) writes them with
``raised``. A note mark becomes superscript characters, after a blank where a word or a number is before it: ``120``
with the mark 2 is ``120 ²``. Folding makes a superscript character no digit and no letter, so neither the numbers nor
the words before a mark change.
"""

from __future__ import annotations

import re

_PLAIN = "0123456789+-−=()abcdefghijklmnoprstuvwxyz"
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"
_TO_RAISED = str.maketrans(dict(zip(_PLAIN, _RAISED, strict=True)))
_MARK = re.compile(
    r"[(\[]?(?:\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,4}|[a-z](?:,[a-z]){0,3}|[ivxl]{1,6}|[*†‡§¶#]{1,4})[)\]]?[.,;]?"
)
_EXPONENT = re.compile(r"[-−]?\d{1,2}")
_UNIT = re.compile(r"(?<![^\W\d_])(?:[kdcmhµ]?m|hm|dam)$")
_POWER = re.compile(r"[×x·*] ?10$")
_ORDINALS = frozenset(
    (
        "o",
        "a",
        "er",
        "era",
        "ero",
        "do",
        "da",
        "to",
        "ta",
        "mo",
        "ma",
        "vo",
        "va",
        "no",
        "na",
        "ra",
        "ro",
        "os",
        "as",
        "º",
        "ª",
    )
)
_BEFORE_ORDINAL = re.compile(r"(?:(?<![\d.,])\d{1,2}\.?|(?<![^\W\d_])[IVXLC]{1,6}|(?<![^\W\d_])(?:[A-Z][a-z]?|n)\.?)$")
MARKS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁽⁾"
"""Most of the characters of a mark, for the inside of a character class of a regular expression."""
_SIGNS = {"o": "º", "a": "ª"}
_LOOK_BACK = 12


def raised(before: str, text: str) -> str:
    """Return what to write for the superscript ``text`` that follows ``before`` in a document.

    Args:
        before: the text of the same paragraph or line up to the superscript (its last characters suffice).
        text: the raised characters, blanks around them included.
    """
    core = text.strip()
    if not core:
        return text
    end = text[len(text.rstrip()) :]
    tail = before[-_LOOK_BACK:]
    if _EXPONENT.fullmatch(core) and ((core in "23" and _UNIT.search(tail)) or _POWER.search(tail)):
        return core.translate(_TO_RAISED) + end
    if core.lower() in _ORDINALS and _BEFORE_ORDINAL.search(tail):
        return _SIGNS.get(core, core) + end
    if not _MARK.fullmatch(core):
        return text
    mark = core.translate(_TO_RAISED)
    if not tail.strip():
        return f"{mark} "  # in front of the note's own text
    return f" {mark}{end}" if tail[-1].isalnum() or tail[-1] in "%$" else mark + end


def numbered_mark(number: int) -> str:
    """Return the superscript form of a note's number."""
    return str(number).translate(_TO_RAISED)
