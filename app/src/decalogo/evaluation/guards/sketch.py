"""A short sketch of a text, to find copies and near copies among the documents of a batch.

The sketch holds the smallest hashes of the text's overlapping groups of words (bottom-k MinHash). The share of hashes
that two sketches have in common estimates the share of word groups that both texts hold (Jaccard similarity).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

SIZE: Final = 64
_WORDS: Final = 6
"""Words in a group."""
_EVERY: Final = 4
"""One group in so many, chosen by its first word, is hashed: the same groups in every text."""
_WORD: Final = re.compile(rb"[a-z0-9]{4,}")
_AT_ONCE: Final = 1 << 18
"""Bytes of text whose words are held together, up to the end of a word."""
_GAP: Final = re.compile(rb"[^a-z0-9]")
NEAR: Final = 0.8
"""Similarity from which two documents are reported as nearly the same."""


def sketch(folded: bytes) -> str:
    """Return the sketch of a folded text as hexadecimal digits, eight per hash; "" for a text of few words."""
    smallest: list[int] = []
    words: list[bytes] = []
    for part in _stretches(folded):
        words = [*words[1 - _WORDS :], *_WORD.findall(part)]
        first = {word for word in {*words} if zlib.crc32(word) % _EVERY == 0}
        starts = (i for i in range(len(words) - _WORDS + 1) if words[i] in first)
        smallest = sorted({*smallest, *(zlib.crc32(b" ".join(words[i : i + _WORDS])) for i in starts)})[:SIZE]
    return "".join(f"{value:08x}" for value in smallest) if len(smallest) == SIZE else ""


def _stretches(text: bytes) -> Iterator[bytes]:
    """Yield a text in stretches that end between words: bounds the memory."""
    low = 0
    while low < len(text):
        end = _GAP.search(text, low + _AT_ONCE)
        high = end.end() if end else len(text)
        yield text[low:high]
        low = high


def similarity(one: str, other: str) -> float:
    """Return the estimated similarity of two texts by their sketches, 0 to 1."""
    if not one or not other:
        return 0.0
    first, second = _parse(one), _parse(other)
    union = sorted(first | second)[:SIZE]
    return sum(value in first and value in second for value in union) / len(union)


def _parse(text: str) -> set[int]:
    return {int(text[i : i + 8], 16) for i in range(0, len(text), 8)}


def find_copies(documents: Sequence[tuple[str, str]]) -> Mapping[int, tuple[int, float]]:
    """Return each document that has a copy: its position to that of the most similar other, and the similarity.

    Args:
        documents: SHA-256 of the bytes, and sketch of each.
    """
    found: dict[int, tuple[int, float]] = {}
    by_hash: dict[str, list[int]] = {}
    for index, (sha256, text) in enumerate(documents):
        keys = {sha256, *(text[i : i + 8] for i in range(0, min(len(text), 16 * 8), 8))}
        for key in keys:
            by_hash.setdefault(key, []).append(index)
    pairs = {
        (a, b) for indices in by_hash.values() if 1 < len(indices) <= 50 for a in indices for b in indices if a < b
    }
    for a, b in sorted(pairs):
        same = documents[a][0] == documents[b][0]
        share = 1.0 if same else similarity(documents[a][1], documents[b][1])
        if share >= NEAR:
            for one, other in ((a, b), (b, a)):
                if one not in found or found[one][1] < share:
                    found[one] = (other, round(share, 2))
    return found
