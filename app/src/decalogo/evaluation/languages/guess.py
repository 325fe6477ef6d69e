"""Guess the language of a text from its most frequent words."""

from __future__ import annotations

from collections import Counter

from decalogo.evaluation.fold import LETTERS, fold
from decalogo.evaluation.languages import commonest

_SAMPLE, _STRETCH = 48_000, 2000
"""Size of the sample and of its stretches, characters. The stretches are spread over the text: about 8,000 words."""


def guess_language(text: str) -> str | None:
    """Return the code of a language with a data file, ``other``, or ``None`` for a text of fewer than 50 words."""
    step = max(1, len(text) // _SAMPLE)
    sample = " ".join(text[i : i + _STRETCH] for i in range(0, len(text), _STRETCH * step))
    counts = Counter(fold(sample).translate(LETTERS).split())
    total = counts.total()
    if total < 50:
        return None
    shares = {code: sum(counts[word.encode()] for word in words) / total for code, words in commonest().items()}
    best = max(sorted(shares), key=lambda code: shares[code])
    return best if shares[best] >= 0.08 else "other"
