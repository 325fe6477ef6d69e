"""Decide whether a hyphen at the end of a line belongs to its word, by the document's own vocabulary.

"planifi-cación" loses its hyphen and "público-privada" keeps it. The hyphen stays if the two halves are words of the
document and the joined word is not. It also stays where no writer breaks a word: next to a single letter ("A-B"),
before a capital letter ("Florencia-Caquetá"), and after an acronym ("PDM-define"). The dash that closes an insertion
("-PDM-") stays and is followed by a blank.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Set
from functools import cached_property

_LETTERS = re.compile(r"[^\W\d_]+")
# PDFium replaces a hyphen at the end of a line and the line break by U+FFFE (older versions by U+0002).
_MARKS = "\x02\ufffe\xad"
_DASHES = "-–—"
_PUNCTUATION = ".,;:()[]!?¿¡\"“”'‘’«»…"
_INFLECTED = re.compile(r"(\w{3,}?)[oa]s?\Z")
_LOOKED_UP = 30
"""Maximum number of words that are looked up one by one. One lookup costs about 1/40 of building the vocabulary."""
_HYPHEN = re.compile(r"-[ \t\xa0]*[\r\n]+[ \t\xa0]*")


def is_broken(text: str, start: int, end: int) -> bool:
    """Return whether ``text[start:end]``, a hyphen or its replacement and blanks, is inside a word."""
    if not (0 < start < end < len(text) and text[start] in "-‐\x02\ufffe\xad"):
        return False
    return text[start - 1].isalpha() and text[end].isalpha()


def joint(text: str, start: int, end: int, words: Container[str]) -> str:
    """Return the text between the two halves of a word: empty, a hyphen, or a dash and a blank."""
    if text[start] == "\xad":
        return ""
    after = _LETTERS.match(text, end)
    left, right = _word_before(text, start), after.group() if after else ""
    if _closes_insertion(text, start - len(left)):
        return "- "
    if len(left) == 1 or len(right) == 1:
        return "-"
    if right[0].isupper() if not left.isupper() else not right.isupper():
        return "-"
    left, right = left.lower(), right.lower()
    if left + right in words:
        return ""
    return "-" if f"{left}-{right}" in words or (_is_known(left, words) and _is_known(right, words)) else ""


def _is_known(word: str, words: Container[str]) -> bool:
    """Return whether the document has a word in any gender and number: "técnico" in "técnico-administrativas"."""
    if word in words:
        return True
    match = _INFLECTED.match(word)
    return match is not None and any(match[1] + ending in words for ending in ("o", "a", "os", "as"))


def _closes_insertion(text: str, start: int) -> bool:
    """Return whether the word at ``start`` follows a dash that has a blank before it: "el Plan -PDM-"."""
    return start > 0 and text[start - 1] in _DASHES and (start == 1 or text[start - 2].isspace())


class Vocabulary:
    """The unbroken words (lower case) of a document; empty if no word is broken.

    A word counts if it occurs more often unbroken than as the second half of a broken word, which looks like a word at
    the start of a line. Few documents break many words: the first lookups search the text, and after 30 of them the
    whole vocabulary is built.
    """

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = list(texts)
        self._known: dict[str, bool] = {}

    def __contains__(self, word: object) -> bool:
        if not isinstance(word, str):
            return False
        known = self._known.get(word)
        if known is None:
            known = self._stands(word) if len(self._known) < _LOOKED_UP else word in self._words
            self._known[word] = known
        return known

    @cached_property
    def _text(self) -> str:
        return "\n".join(self._texts).lower()

    @cached_property
    def _halves(self) -> Counter[str]:
        """Number of occurrences of each second half of a broken word."""
        return Counter(half for text in self._texts for half in _second_halves(text))

    def _stands(self, word: str) -> bool:
        """Return whether a word occurs more often unbroken than as a second half."""
        if not self._halves:
            return False
        text, more = self._text, self._halves[word] + 1
        at = text.find(word)
        while at >= 0:
            start, end = at, at + len(word)
            while start and not text[start - 1].isspace():
                start -= 1
            while end < len(text) and not text[end].isspace():
                end += 1
            more -= text[start:end].strip(_PUNCTUATION) == word
            if not more:
                return True
            at = text.find(word, end)
        return False

    @cached_property
    def _words(self) -> Set[str]:
        if not self._halves:
            return frozenset()
        found: dict[str, int] = {}
        for word, times in Counter(self._text.split()).items():
            word = word.strip(_PUNCTUATION)
            found[word] = found.get(word, 0) + times
        return found.keys() - {half for half, times in self._halves.items() if found.get(half, 0) <= times}


def _word_before(text: str, end: int) -> str:
    start = end
    while start > 0 and text[start - 1].isalpha():
        start -= 1
    return text[start:end]


def _second_halves(text: str) -> Iterable[str]:
    for match in _HYPHEN.finditer(text):
        if match.start() and text[match.start() - 1].isalpha() and (after := _LETTERS.match(text, match.end())):
            yield after.group().lower()
    # A replaced hyphen has no second half at the start of a line. It is yielded so that the vocabulary is built.
    yield from (mark for mark in _MARKS if mark in text)
