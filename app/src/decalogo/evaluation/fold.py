"""Fold text to lower case without accents, exactly one byte per character.

Patterns are matched on folded bytes, so the byte offset of a match is the character offset of the quote. Line breaks
and tabs fold to spaces: a phrase that wraps matches a pattern with single spaces.
"""

from __future__ import annotations

import unicodedata
from string import ascii_lowercase

# Signs of cp1252 with the ASCII character by which patterns write them. Superscript digits fold to no digit: "120²" is
# 120 with a note mark.
_SIGNS = {
    "‘": "'", "’": "'", "‚": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "‹": "'",
    "›": "'", "–": "-", "—": "-", "•": "*", "·": "*", "…": ".", "°": "o", "º": "o", "ª": "a", "×": "x", "÷": "/",
    "\t": " ", "\n": " ", "\r": " ", "\f": " ", "\xa0": " ", "\xad": "-", "¦": "|", "¢": "c", "²": "?", "³": "?",
    "¹": "?", "ß": "s", "æ": "a", "œ": "o", "ø": "o", "ð": "d", "þ": "t",
}  # fmt: skip


def _folded_byte(code: int) -> int:
    char = bytes([code]).decode("cp1252", errors="replace").lower()
    char = _SIGNS.get(char, char)
    char = unicodedata.normalize("NFD", char)[0]
    return ord(char) if char.isascii() else ord("?")


_TABLE = bytes(_folded_byte(code) for code in range(256))
LETTERS = bytes(code if chr(code) in ascii_lowercase else ord(" ") for code in range(256))
"""Table for ``bytes.translate``: keeps the letters of a folded text and replaces the rest by spaces."""
_LATIN = bytes(range(256)).decode("latin-1").encode("cp1252", errors="replace").translate(_TABLE)


def fold(text: str) -> bytes:
    """Return ``text`` in lower case without accents, one byte per character.

    ``ñ`` folds to ``n``, typographic quotes and dashes to ASCII ones, white space to a space, and characters outside of
    cp1252 to ``?``. ``len(fold(text)) == len(text)`` for every string. Takes 6 ms per MB.
    """
    try:
        return text.encode("latin-1").translate(_LATIN)  # ten times as fast, and sufficient for half of all pages
    except UnicodeEncodeError:
        return text.encode("cp1252", errors="replace").translate(_TABLE)
