"""Words broken at a line's end: whether the hyphen belongs to the word, judged by the document's own words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Set

_LETTERS = re.compile(r"[^\W\d_]+")
# PDFium writes U+FFFE (older versions U+0002) for a hyphen at a line's end and drops the line break.
_MARK = re.compile("[\x02\ufffe\xad]")
_PUNCTUATION = ".,;:()[]!?¿¡\"“”'‘’«»…"
_HYPHEN = re.compile(r"-[ \t\xa0]*[\r\n]+[ \t\xa0]*")


def is_broken(text: str, start: int, end: int) -> bool:
    """Tell whether ``text[start:end]`` (a hyphen or its mark, then blanks) stands inside a word."""
    if not (0 < start < end < len(text) and text[start] in "-‐\x02\ufffe\xad"):
        return False
    return text[start - 1].isalpha() and text[end].isalpha()


def joint(text: str, start: int, end: int, words: Set[str]) -> str:
    """Return what joins the two halves: nothing ("planifi-cación") or a hyphen ("público-privada").

    The hyphen stays when the halves are words of the document and the whole is none, or when the second half begins in
    capitals ("Florencia-Caquetá").
    """
    if text[start] == "\xad":
        return ""
    after = _LETTERS.match(text, end)
    left, right = _word_before(text, start), after.group() if after else ""
    if right[:1].isupper() and not left.isupper():
        return "-"
    left, right = left.lower(), right.lower()
    return "-" if left + right not in words and left in words and right in words else ""


def vocabulary(texts: Iterable[str]) -> frozenset[str]:
    """Return the words (lower case) that stand unbroken in raw ``texts``; empty when no text has a broken word."""
    texts = list(texts)
    halves = Counter(half for text in texts for half in _second_halves(text))
    if not halves:
        return frozenset()
    found: dict[str, int] = {}
    for word, times in Counter("\n".join(texts).lower().split()).items():
        word = word.strip(_PUNCTUATION)
        found[word] = found.get(word, 0) + times
    # A second half stands at a line's start like a word of its own: it must occur more often than it is broken off.
    return frozenset(found.keys() - {half for half, times in halves.items() if found.get(half, 0) <= times})


def _word_before(text: str, end: int) -> str:
    start = end
    while start > 0 and text[start - 1].isalpha():
        start -= 1
    return text[start:end]


def _second_halves(text: str) -> Iterable[str]:
    for match in _HYPHEN.finditer(text):
        if match.start() and text[match.start() - 1].isalpha() and (after := _LETTERS.match(text, match.end())):
            yield after.group().lower()
    for match in _MARK.finditer(text):
        yield text[match.start() : match.end()]  # nothing to discount, but the vocabulary is wanted
