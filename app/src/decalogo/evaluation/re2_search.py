"""Search in linear time with RE2; return spans only.

The iterator of the re2 package creates an object with all groups per match. For texts of a sentence that takes as long
as the search itself, so the underlying binding is called directly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

Span = tuple[int, int]
Searcher = Callable[[bytes], Iterator[Span]]


def searcher(pattern: bytes) -> Searcher:
    """Return a function that yields the spans of a pattern in a text: leftmost, not overlapping, in order.

    Raises:
        re2.error: the pattern is invalid.
    """
    import re2  # a native library: imported on first use

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
