"""Searches in linear time, by RE2: spans only.

The package's own iterator makes an object with all groups of every match, which takes as long as the search itself in
texts of a sentence; its binding is asked directly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

Span = tuple[int, int]
Searcher = Callable[[bytes], Iterator[Span]]


def searcher(pattern: bytes) -> Searcher:
    """Return what yields the spans of a pattern in a text: leftmost, not overlapping, in order.

    Raises:
        re2.error: the pattern is none.
    """
    import re2  # loaded on first use, after fork

    options = re2.Options()
    options.never_capture = True
    match, anywhere = re2.compile(pattern, options)._regexp.Match, re2._Anchor.UNANCHORED

    def search(text: bytes) -> Iterator[Span]:
        at, length = 0, len(text)
        while at <= length:
            span: Span = match(anywhere, text, at, length)[0]
            start, end = span
            if start < 0:
                return
            yield span
            at = end if end > at else at + 1

    return search
