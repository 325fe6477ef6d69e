"""Page borders of a plain text that lost its form feeds, from the headers, footers and page numbers left in it.

A page number is a line (or the head or tail of a repeated line) that counts up through the text at a page's distance; a
header or footer is a line that comes back at even distances of a page's length.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from decalogo.evaluation.fold import fold

_NUMBERED = re.compile(
    r"^[^\S\n]*(?:[-–|]\s?)?(?:(?P<alone>\d{1,4})(?:\s?[-–|])?"
    r"|(?P<head>\d{1,4})[^\S\n]+(?P<rest>[^\W\d_][^\d\n]{3,80})"
    r"|(?P<lead>[^\W\d_][^\d\n]{3,80}(?:\d{4}\s?[-–]\s?\d{4}[^\d\n]{0,9})?)\s(?P<tail>\d{1,4}))[^\S\n]*$",
    re.MULTILINE,
)
_MASK = re.compile(rb"[^a-z]+")
_LEAST_CHAIN = 6
_MOST_STEP = 5
"""Page numbers that may be missing between two that were found."""
_LEAST_RETURNS = 8
_EVEN = 0.75
_SHORTEST_HEADER, _LONGEST_HEADER = 8, 120
_SHORTEST_PAGE = 250
_LONGEST_PAGE = 9000


@dataclass(slots=True)
class _Chain:
    number: int
    marks: list[int]


def find_page_ends(text: str) -> list[int]:
    """Return the offsets right after the lines that carry page numbers, rising; empty when no sequence stands out."""
    open_chains: dict[bytes, dict[int, _Chain]] = defaultdict(dict)
    chains: list[_Chain] = []
    for match in _NUMBERED.finditer(text):
        found = match.groupdict()
        kind = "alone" if found["alone"] else "head" if found["head"] else "tail"
        words = fold(found["rest"] or found["lead"] or "")
        key = kind.encode() + _MASK.sub(b"", words)
        chain = _extend(open_chains[key], int(found[kind]), match.end())
        if len(chain.marks) == _LEAST_CHAIN:
            chains.append(chain)
    ends: list[int] = []
    for marks in sorted((chain.marks for chain in chains), key=lambda marks: (-len(marks), marks)):
        ends = sorted([*ends, *_apart(marks, ends, _SHORTEST_PAGE)])
    marks = max(_returning_lines(text), key=lambda marks: (len(marks), marks), default=[])
    return sorted([*ends, *_apart(marks, ends, 2 * _SHORTEST_PAGE)])


def _returning_lines(text: str) -> Iterator[list[int]]:
    """Yield the ends of each line that comes back at even distances of a page's length."""
    seen: dict[str, list[int]] = defaultdict(list)
    at = 0
    for line in text.split("\n"):
        at += len(line) + 1
        if _SHORTEST_HEADER <= len(line) <= _LONGEST_HEADER:
            seen[line.strip()].append(at - 1)
    for marks in seen.values():
        if len(marks) < _LEAST_RETURNS:
            continue
        gaps = [after - before for before, after in pairwise(marks)]
        usual = median(gaps)
        even = sum(0.5 * usual <= gap <= 1.7 * usual for gap in gaps)
        if 4 * _SHORTEST_PAGE <= usual <= _LONGEST_PAGE and even >= _EVEN * len(gaps):
            yield marks


def _extend(chains: dict[int, _Chain], number: int, at: int) -> _Chain:
    """Add a number to the longest chain that it continues, or begin a new one."""
    fitting = [
        chain
        for step in range(1, _MOST_STEP + 1)
        if (chain := chains.get(number - step)) is not None
        and _SHORTEST_PAGE * step <= at - chain.marks[-1] <= _LONGEST_PAGE * step
    ]
    chain = max(fitting, key=lambda one: len(one.marks), default=None)
    if chain is None:
        chain = _Chain(number, [])
    else:
        del chains[chain.number]
    chain.number = number
    chain.marks.append(at)
    rival = chains.get(number)
    if rival is None or len(rival.marks) < len(chain.marks) or at - rival.marks[-1] > _LONGEST_PAGE:
        chains[number] = chain
    return chain


def _apart(marks: list[int], ends: list[int], distance: int) -> list[int]:
    """Return the marks at least ``distance`` characters from those already taken."""
    return [mark for mark in marks if _nearest(mark, ends) >= distance]


def _nearest(mark: int, ends: list[int]) -> int:
    at = bisect_left(ends, mark)
    return min((abs(mark - end) for end in ends[max(0, at - 1) : at + 1]), default=_LONGEST_PAGE)
