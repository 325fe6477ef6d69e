"""The patterns of a rubric, and their spans in a text."""

from __future__ import annotations

from decalogo.evaluation.re2_search import Searcher, Span, searcher


class Patterns:
    """Prepared patterns, searched one by one with RE2 (leftmost match, linear time)."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self.patterns = patterns
        self._compiled: dict[int, Searcher] = {}
        self._joined: dict[tuple[int, ...], Searcher] = {}

    def spans(self, pattern_id: int, text: bytes) -> list[Span]:
        """Return the spans of one pattern in a text, left to right, not overlapping."""
        return list(self._searcher(pattern_id)(text))

    def stands(self, pattern_id: int, text: bytes) -> bool:
        """Return whether a pattern matches in a text."""
        return next(self._searcher(pattern_id)(text), None) is not None

    def one_stands(self, pattern_ids: tuple[int, ...], text: bytes) -> bool:
        """Return whether one of several patterns matches in a text, with a single search."""
        search = self._joined.get(pattern_ids)
        if search is None:
            joined = "|".join(f"(?:{self.patterns[pattern_id]})" for pattern_id in pattern_ids)
            search = self._joined[pattern_ids] = searcher(joined.encode())
        return next(search(text), None) is not None

    def _searcher(self, pattern_id: int) -> Searcher:
        search = self._compiled.get(pattern_id)
        if search is None:
            search = self._compiled[pattern_id] = searcher(self.patterns[pattern_id].encode())
        return search

    def outside(self, pattern_id: int, text: bytes, exclude: frozenset[int]) -> list[Span]:
        """Return the spans of one pattern that overlap no span of the patterns ``exclude``."""
        masked = [span for other in sorted(exclude) for span in self.spans(other, text)]
        return [
            (start, end)
            for start, end in self.spans(pattern_id, text)
            if not any(low < end and start < high for low, high in masked)
        ]
