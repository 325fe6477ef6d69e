"""From characters of a labelled text to places of the extracted one, which may differ in white space."""

from __future__ import annotations

import bisect
from typing import Any

from decalogo.evaluation.documents.model import Extracted

Span = tuple[int, int, int]
"""Page, start and end."""
_NEAR = 3_000
"""Signs around the expected place that are searched first."""


class Places:
    """The places of one text in its extracted form.

    Args:
        text: as it was labelled.
        document: as it was extracted.
    """

    def __init__(self, text: str, document: Extracted) -> None:
        self._text = text
        self._from = [at for at, sign in enumerate(text) if not sign.isspace()]
        self._to = [
            (page.number, at) for page in document.pages for at, sign in enumerate(page.text) if not sign.isspace()
        ]
        self._all = "".join(sign for page in document.pages for sign in page.text if not sign.isspace())
        self._lengths = {page.number: len(page.text) for page in document.pages}

    def find(self, start: int, end: int) -> Span | None:
        """Return the place of some characters, ``None`` where they are not in the document."""
        wanted = "".join(sign for sign in self._text[start:end] if not sign.isspace())
        if not wanted:
            return None
        expected = bisect.bisect_left(self._from, start) * len(self._all) // max(1, len(self._from))
        best = self._nearest(wanted, expected, max(0, expected - _NEAR), expected + _NEAR + len(wanted))
        if best is None:
            best = self._nearest(wanted, expected, 0, len(self._all))
        if best is None:
            return None
        (page, first), (last_page, last) = self._to[best], self._to[best + len(wanted) - 1]
        return page, first, last + 1 if last_page == page else self._lengths[page]

    def _nearest(self, wanted: str, expected: int, low: int, high: int) -> int | None:
        best, at = None, self._all.find(wanted, low, high)
        while at >= 0:
            if best is None or abs(at - expected) < abs(best - expected):
                best = at
            at = self._all.find(wanted, at + 1, high)
        return best


def covering(units: list[Any], span: Span | None) -> list[int]:
    """Return the units that hold most of a span."""
    shares = _shares(units, span)
    most = max((share for share, _, _ in shares), default=0)
    return [index for share, _, index in shares if share >= 0.5 * most]


def held(units: list[Any], span: Span | None) -> list[int]:
    """Return the units that lie in a span mostly, or that hold most of it."""
    if span is None:
        return []
    length = span[2] - span[1]
    return [index for share, own, index in _shares(units, span) if 2 * share >= own or 2 * share >= length]


def _shares(units: list[Any], span: Span | None) -> list[tuple[int, int, int]]:
    """Return for each unit that touches a span how many characters of it, its length and its index."""
    if span is None:
        return []
    page, start, end = span
    return [
        (min(end, unit.end) - max(start, unit.start), unit.end - unit.start, unit.index)
        for unit in units
        if unit.page == page and unit.start < end and unit.end > start
    ]
