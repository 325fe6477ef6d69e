"""Detect text that was decoded with the wrong encoding (mojibake)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from decalogo.evaluation.documents.model import Flag, Page

# UTF-8 read as cp1252 ("Ã³", "â€œ"), the replacement character, UTF-8 read as CP850 ("├│"), and a question mark or a
# control character inside a word where a letter was lost ("educaci?n"). One class of first characters, so that the
# engine skips ordinary text at full speed.
_SIGNS: Final = re.compile(
    "[\u00c2\u00c3\u00e2\ufffd\u251c?\u0080-\u009f](?:(?<=[\u00c2\u00c3])"
    "[\u0080-\u00bf\u0152\u0153\u0160\u0161\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013-\u203a\u20ac\u2122]"
    "|(?<=\u00e2)\u20ac|(?<=\ufffd)|(?<=\u251c)[\u2500-\u257f\u00a0-\u00ff]|(?<=[A-Za-z][?\u0080-\u009f])(?=[a-z]))"
)
_PER_CHARACTERS: Final = 2000
"""One sign per so many characters of a page makes the page suspect: about one word in 300."""
_FEWEST: Final = 3
"""Signs that a page must hold at least."""


def encoding_flags(pages: Sequence[Page]) -> list[Flag]:
    """Return a flag ``encoding`` that names the pages with mojibake; nothing where there are none."""
    suspect = [
        page.number
        for page in pages
        if (count := len(_SIGNS.findall(page.text))) >= _FEWEST and count * _PER_CHARACTERS >= len(page.text)
    ]
    if not suspect:
        return []
    detail = f"the text of {len(suspect)} of {len(pages)} pages seems to be in a wrong encoding"
    return [Flag("encoding", detail, tuple(suspect))]
