"""Which language a text is in, by its commonest words."""

from __future__ import annotations

import re
from collections import Counter

_COMMONEST = {
    "es": "el los las del una con para por como se que su sus y en al es mas este esta entre",
    "pt": "o os as do da dos das uma com para por como se que seu sua e em ao nao mais entre pelo",
    "en": "the of and to in is that for it as with was on by are this be from which have",
    "fr": "le les des du une avec pour par comme qui que son sa et dans au est plus ce cette entre",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMONEST.items()}
_SAMPLE = 200_000
_TOKEN = re.compile(rb"[a-z]+")


def guess_language(folded: bytes) -> str | None:
    """Return ``es``, ``pt``, ``en``, ``fr``, ``other``, or ``None`` for fewer than 50 words of text."""
    step = max(1, len(folded) // _SAMPLE)
    sample = b" ".join(folded[i : i + 2000] for i in range(0, len(folded), 2000 * step))
    counts = Counter(token.decode("ascii") for token in _TOKEN.findall(sample))
    total = sum(counts.values())
    if total < 50:
        return None
    shares = {language: sum(counts[word] for word in words) / total for language, words in _WORDS.items()}
    best = max(sorted(shares), key=lambda language: shares[language])
    return best if shares[best] >= 0.08 else "other"
