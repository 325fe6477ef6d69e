"""Report which patterns match in a text: one pass of RE2 for all of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import Any

from decalogo.evaluation.matching.patterns import Patterns

# RE2 runs a set of patterns as one automaton (DFA), whose states it makes as texts need them and keeps up to a memory
# limit. A pattern that repeats a class or a group a counted number of times ("[a-z ]{0,40}", "(?: +[a-z]+){0,4}") is in
# another state after each character, whatever the text, and multiplies the states of all patterns in its set. So these
# patterns, 3 % of a rubric's, have sets of their own: a third of the time, and half of the memory, of a single set.
_COUNTED = re.compile(r"[\])]\{")
_COUNTED_SETS = 2
_BYTES, _COUNTED_BYTES = 32 << 20, 16 << 20
"""Memory limits of a set's automaton, bytes."""
_ALWAYS = b""
"""A pattern that matches in every text.

``RE2::Set`` reports no match when its automaton runs out of memory (google/re2#136). An answer without this pattern is
such a failure.
"""

Hits = frozenset[int]
"""Ids of the patterns that match in a text."""


class _Set:
    """Some patterns as one automaton; answers pattern by pattern where the automaton fails.

    Args:
        patterns: patterns of the rubric.
        ids: ids of those in the set.
        limit: memory limit of the automaton, bytes.
    """

    def __init__(self, patterns: Patterns, ids: Sequence[int], limit: int) -> None:
        self._patterns, self._ids, self._sentinel = patterns, ids, len(ids)
        self._match = self._compiled(limit)

    def _compiled(self, limit: int) -> Callable[[bytes], list[int]]:
        import re2  # a native library: imported on first use

        options = re2.Options()
        options.max_mem, options.never_capture, options.log_errors = limit, True, False
        automaton: Any = re2.Set.SearchSet(options)
        for pattern_id in self._ids:
            automaton.Add(self._patterns.patterns[pattern_id].encode())
        automaton.Add(_ALWAYS)
        try:
            automaton.Compile()
        except re2.error:  # too large for the limit
            return lambda _text: []
        match: Callable[[bytes], list[int]] = automaton._set.Match
        return match

    def scan_all(self, texts: Sequence[bytes], found: dict[int, set[int]]) -> None:
        """Add the ids of the patterns that match in each text to ``found``, by the text's position."""
        match, ids, sentinel = self._match, self._ids, self._sentinel
        nothing = [sentinel]
        for position, text in enumerate(texts):
            matched = match(text)
            if matched == nothing:
                continue
            if sentinel in matched:
                hits = {ids[index] for index in matched if index != sentinel}
            else:
                hits = {number for number in ids if self._patterns.stands(number, text)}
            if position in found:
                found[position] |= hits
            else:
                found[position] = hits


class Scanner:
    """Report which of some patterns match in a text.

    Args:
        patterns: patterns of the rubric.
        ids: ids of those to look for; default: all.
    """

    def __init__(self, patterns: Patterns, ids: Collection[int] | None = None) -> None:
        chosen = range(len(patterns.patterns)) if ids is None else sorted(ids)
        counted = [number for number in chosen if _COUNTED.search(patterns.patterns[number])]
        others = sorted({*chosen}.difference(counted))
        groups = [(others, _BYTES), *((counted[part::_COUNTED_SETS], _COUNTED_BYTES) for part in range(_COUNTED_SETS))]
        self._sets = [_Set(patterns, group, limit) for group, limit in groups if group]

    def scan(self, text: bytes) -> Hits:
        """Return the ids of the patterns that match in a text."""
        return self.scan_all([text]).get(0, frozenset())

    def scan_all(self, texts: Sequence[bytes]) -> dict[int, Hits]:
        """Return the hits of each text that has any, by its position, in order of the texts."""
        found: dict[int, set[int]] = {}
        for one in self._sets:
            one.scan_all(texts, found)
        return {position: frozenset(found[position]) for position in sorted(found) if found[position]}
