"""Guess the language of a text from its most frequent words."""

from __future__ import annotations

from collections import Counter

from decalogo.evaluation.fold import LETTERS, fold
from decalogo.evaluation.languages import commonest

_SAMPLE, _STRETCH = 48_000, 2000
"""Size of the sample and of its stretches, characters. The stretches are spread over the text: about 8,000 words."""
_LEAST_WORDS, _LEAST_WORDS_OF_OTHER = 50, 100
_LEAST = 0.05
"""Share of its most frequent words in a text of a language, at least. Prose has 0.08 and more."""
_CLEAR = 1.5
"""Ratio of that share to the one of the next language at least."""
_MOST_SHARED = 0.005
_SHARED = (b"de", b"la", b"en", b"al")
"""Words of several languages that are read; a text with these is no text of another language."""


def guess_language(text: str) -> str | None:
    """Return the code of a language with a data file, ``other``, or ``None`` if the text does not tell.

    Lists, tables and names hold few of the words that tell a language, so a text is of another language only if hardly
    any word of those that are read occurs in it. Letters that stand alone are no words.
    """
    step = max(1, len(text) // _SAMPLE)
    sample = " ".join(text[i : i + _STRETCH] for i in range(0, len(text), _STRETCH * step))
    counts = Counter(word for word in fold(sample).translate(LETTERS).split() if len(word) > 1)
    total = counts.total()
    if total < _LEAST_WORDS:
        return None
    shares = {code: sum(counts[word.encode()] for word in words) / total for code, words in commonest().items()}
    best, *others = sorted(shares, key=lambda code: (-shares[code], code))
    if shares[best] >= _LEAST and shares[best] >= _CLEAR * max((shares[code] for code in others), default=0.0):
        return best
    if shares[best] >= _LEAST or total < _LEAST_WORDS_OF_OTHER:
        return None
    return "other" if sum(counts[word] for word in _SHARED) < _MOST_SHARED * total else None
