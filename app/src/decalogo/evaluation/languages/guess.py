"""Which language a text is in, by its commonest words."""

from __future__ import annotations

from collections import Counter

from decalogo.evaluation.fold import LETTERS, fold
from decalogo.evaluation.languages import commonest

_SAMPLE, _STRETCH = 48_000, 2000
"""Characters that are looked at, in stretches from all of the text: some 8,000 words."""


def guess_language(text: str) -> str | None:
    """Return the code of a language with a file, ``other``, or ``None`` for fewer than 50 words of text."""
    step = max(1, len(text) // _SAMPLE)
    sample = " ".join(text[i : i + _STRETCH] for i in range(0, len(text), _STRETCH * step))
    counts = Counter(fold(sample).translate(LETTERS).split())
    total = counts.total()
    if total < 50:
        return None
    shares = {code: sum(counts[word.encode()] for word in words) / total for code, words in commonest().items()}
    best = max(sorted(shares), key=lambda code: shares[code])
    return best if shares[best] >= 0.08 else "other"
