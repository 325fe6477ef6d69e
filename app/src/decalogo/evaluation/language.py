"""Which language a text is in, by its commonest words."""

from __future__ import annotations

import re
from collections import Counter

from decalogo.evaluation.languages import commonest

_SAMPLE = 200_000
_TOKEN = re.compile(rb"[a-z]+")


def guess_language(folded: bytes) -> str | None:
    """Return the code of a language with a file, ``other``, or ``None`` for fewer than 50 words of text."""
    step = max(1, len(folded) // _SAMPLE)
    sample = b" ".join(folded[i : i + 2000] for i in range(0, len(folded), 2000 * step))
    counts = Counter(_TOKEN.findall(sample))
    total = counts.total()
    if total < 50:
        return None
    shares = {code: sum(counts[word.encode()] for word in words) / total for code, words in commonest().items()}
    best = max(sorted(shares), key=lambda code: shares[code])
    return best if shares[best] >= 0.08 else "other"
