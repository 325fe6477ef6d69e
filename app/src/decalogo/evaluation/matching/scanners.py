"""Which patterns a text holds: told by hyperscan or RE2, with the same answers.

Native libraries are loaded on first use, after a worker has forked.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from pathlib import Path
from typing import Any, Protocol

from decalogo.evaluation.matching import databases
from decalogo.evaluation.matching.databases import Written
from decalogo.evaluation.matching.literals import gate_of
from decalogo.evaluation.matching.patterns import Patterns
from decalogo.evaluation.matching.widths import NOT_TOLD, Ends

_MOST_WORDS = 200_000
_WORD = re.compile(rb"[a-z0-9]+")
_RUN = 1 << 30
"""Id of the pattern that tells a text with a run of spaces."""
_MOST_LINES = 4096
"""Texts that are scanned as one: bounds the memory for any document."""
_MOST_ENDS = 4
"""Ends of one pattern's matches that are kept of a text: bounds it for texts of nothing but terms."""

Hits = dict[int, Ends]
"""Id of a pattern that matches to every offset where a match may end; not told of many, nor where spaces run."""


class Scanner(Protocol):
    """Tells which patterns stand in a text."""

    def scan(self, text: bytes) -> list[int]:
        """Return the ids of the patterns that match, ascending."""

    def scan_all(self, texts: Sequence[bytes]) -> dict[int, Hits]:
        """Return what matches in many one-line texts: position of a text to its hits, ascending, those with any."""


def _one_by_one(scanner: Scanner, texts: Iterable[bytes]) -> dict[int, Hits]:
    found = ((index, scanner.scan(text)) for index, text in enumerate(texts))
    return {index: dict.fromkeys(hits, NOT_TOLD) for index, hits in found if hits}


class PlainScanner:
    """RE2 pattern by pattern: slow and simple; what the other scanners must agree with."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns

    def scan(self, text: bytes) -> list[int]:
        """Return the ids of the patterns that match, ascending."""
        return [i for i in range(len(self._patterns.patterns)) if self._patterns.stands(i, text)]

    def scan_all(self, texts: Sequence[bytes]) -> dict[int, Hits]:
        """Return the position of each text in which patterns match, with these."""
        return _one_by_one(self, texts)


class GatedScanner:
    """RE2 for the patterns whose words the text holds: ready at once, some ten times slower than hyperscan."""

    def __init__(self, patterns: Patterns, ids: Iterable[int] | None = None) -> None:
        self._patterns = patterns
        self._always: list[int] = []
        self._by_literal: dict[bytes, list[int]] = {}
        self._by_word: dict[bytes, tuple[int, ...]] = {}
        for index in range(len(patterns.patterns)) if ids is None else ids:
            gate = gate_of(patterns.patterns[index])
            if gate is None:
                self._always.append(index)
            for literal in sorted(gate or ()):
                self._by_literal.setdefault(literal.encode(), []).append(index)
        self._lengths = sorted({len(literal) for literal in self._by_literal})

    def scan(self, text: bytes) -> list[int]:
        """Return the ids of the patterns that match, ascending."""
        candidates = set(self._always)
        for word in set(_WORD.findall(text)):
            candidates.update(self._opened(word))
        return [i for i in sorted(candidates) if self._patterns.stands(i, text)]

    def scan_all(self, texts: Sequence[bytes]) -> dict[int, Hits]:
        """Return the position of each text in which patterns match, with these."""
        return _one_by_one(self, texts)

    def _opened(self, word: bytes) -> tuple[int, ...]:
        known = self._by_word.get(word)
        if known is None:
            if len(self._by_word) > _MOST_WORDS:
                self._by_word.clear()
            parts = {
                word[start : start + length] for length in self._lengths for start in range(len(word) - length + 1)
            }
            ids = {i for part in parts for i in self._by_literal.get(part, ())}
            known = self._by_word[word] = tuple(sorted(ids))
        return known


class FastScanner:
    """Hyperscan over all patterns at once.

    Nearly all texts have single spaces only, and patterns that ask for one take half the time of those that ask for any
    run of spaces; the others have a database of their own. Many texts are scanned as the lines of one.

    Args:
        single: database for texts with single spaces.
        any_spaces: database for any text.
        in_lines: whether their patterns match within a line only.
    """

    def __init__(self, single: Any, any_spaces: Any, *, in_lines: bool) -> None:
        self._single, self._any, self._in_lines = single, any_spaces, in_lines

    @classmethod
    def of(
        cls, patterns: tuple[str, ...], cache_dir: Path | None = None, ids: Iterable[int] | None = None
    ) -> FastScanner:
        """Return the scanner of some patterns, or of those with ``ids``; what no folder keeps of it is compiled."""
        forms, in_lines = _forms(patterns, ids)
        found = [databases.load(form, cache_dir) or databases.compiled(form, cache_dir) for form in forms]
        return cls(*found, in_lines=in_lines)

    @classmethod
    def kept(
        cls, patterns: tuple[str, ...], cache_dir: Path | None = None, ids: Iterable[int] | None = None
    ) -> FastScanner | None:
        """Return the same if the cache or the installation keeps its databases for this machine, else ``None``."""
        forms, in_lines = _forms(patterns, ids)
        found = [databases.load(form, cache_dir) for form in forms]
        return None if None in found else cls(*found, in_lines=in_lines)

    def scan(self, text: bytes) -> list[int]:
        """Return the ids of the patterns that match, ascending."""
        found = _matching(self._single, text)
        return sorted(_matching(self._any, text) if _RUN in found else found)

    def scan_all(self, texts: Sequence[bytes]) -> dict[int, Hits]:
        """Return the position of each text in which patterns match, with these and where their matches end."""
        if not self._in_lines:
            return _one_by_one(self, texts)
        found = _scan_lines(self._single, texts)
        spaced = [index for index, hits in found.items() if _RUN in hits]
        again = _scan_lines(self._any, [texts[index] for index in spaced])
        for line, index in enumerate(spaced):
            found[index] = dict.fromkeys(again.get(line, ()), NOT_TOLD)
        return found


def _matching(database: Any, text: bytes) -> set[int]:
    """Return the ids of the patterns that match in a text."""
    found: set[int] = set()

    def note(pattern_id: int, _start: int, _end: int, _flags: int, _context: object) -> None:
        found.add(pattern_id)

    database.scan(text, match_event_handler=note)
    return found


def _scan_lines(database: Any, lines: Sequence[bytes]) -> dict[int, Hits]:
    """Return the number of each line in which a database finds something, ascending, with its hits."""
    found: dict[int, Hits] = {}
    for first in range(0, len(lines), _MOST_LINES):
        some = lines[first : first + _MOST_LINES]
        hits = _scan_joined(database, some)
        found |= {first + index: hits[index] for index in sorted(hits)}
    return found


def _scan_joined(database: Any, lines: Sequence[bytes]) -> dict[int, Hits]:
    found: dict[int, Hits] = {}
    stops = list(accumulate([len(line) + 1 for line in lines]))
    start = stop = 0
    hits: Hits = {}

    def note(pattern_id: int, _start: int, end: int, _flags: int, _context: object) -> None:
        nonlocal start, stop, hits
        if not start < end < stop:
            index = bisect_right(stops, end)
            start, stop = stops[index] - len(lines[index]) - 1, stops[index]
            hits = found.setdefault(index, {})
        known = hits.get(pattern_id)
        if known is None:
            hits[pattern_id] = end - start
        elif known != NOT_TOLD:
            ends = (known,) if isinstance(known, int) else known
            hits[pattern_id] = (*ends, end - start) if len(ends) < _MOST_ENDS else NOT_TOLD

    database.scan(b"\n".join(lines), match_event_handler=note)
    return found


def _forms(patterns: tuple[str, ...], ids: Iterable[int] | None) -> tuple[tuple[Written, Written], bool]:
    """Return the chosen patterns for texts with single spaces and for any, and whether they match within lines."""
    chosen = {number: patterns[number] for number in (range(len(patterns)) if ids is None else sorted(ids))}
    lines = databases.within_lines(chosen)
    written = chosen if lines is None else lines
    single = databases.single_spaced(written)
    return (single if single == written else {**single, _RUN: "(?:^|[^ ])  "}, written), lines is not None
