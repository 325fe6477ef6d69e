"""The words around a hit, with the words of the query marked."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

AROUND: Final = 140
"""Characters shown on each side of the first match."""
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Snippet:
    """A piece of text in parts.

    Attributes:
        parts: (is it a word of the query, text), in order.
        start: offset of the first part in the text it was cut from.
    """

    parts: tuple[tuple[bool, str], ...]
    start: int


def snippet(text: str, query: str) -> Snippet:
    """Return the surroundings of the first word of the query in a text; its beginning where none is found."""
    wanted = {_folded(word) for word in _WORD.findall(query)}
    spans = [match.span() for match in _WORD.finditer(text) if _folded(match.group()) in wanted]
    middle = spans[0][0] if spans else 0
    low = text.rfind(" ", 0, max(0, middle - AROUND)) + 1
    high = min(len(text), middle + AROUND * (1 if spans else 2))
    at, parts = low, []
    for start, end in spans:
        if start >= low and end <= high:
            parts += [(False, text[at:start]), (True, text[start:end])]
            at = end
    parts.append((False, text[at:high]))
    return Snippet(tuple((marked, part) for marked, part in parts if part), low)


def _folded(word: str) -> str:
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
