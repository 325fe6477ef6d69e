"""Find the page borders of a plain text that lost its form feeds.

Converters leave page numbers, headers and footers between the lines of the text. Two patterns reveal them:

- A page number is a line, or the first or last word of a line, whose value counts up through the text. A number
  continues a chain if it is 1 to 5 higher than the last one and at a plausible distance: 250 to 9,000 characters per
  page. Numbers alone, numbers before a text and numbers after a text form separate chains. A chain of 6 counts.
- A header or footer is a line that returns at least 8 times, at even distances of the length of a page.

Longer chains take precedence. A mark too close to one that is already accepted is dropped.
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
"""Maximum difference of two successive page numbers in a chain."""
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
    """Return the offsets after the lines that end pages, ascending; empty if no chain or repeated line is found."""
    open_chains: dict[bytes, dict[int, _Chain]] = defaultdict(dict)
    chains: list[_Chain] = []
    for match in _numbered_lines(text):
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


def _numbered_lines(text: str) -> Iterator[re.Match[str]]:
    """Yield the matches of ``_NUMBERED``, as ``finditer`` does.

    It is tried only where it can match: at lines that begin with a digit or a dash, that end in a digit, or before a
    line of digits. That is a tenth of the lines.
    """
    lines = text.split("\n")
    start = end = 0
    for index, line in enumerate(lines):
        body = line.strip()
        following = lines[index + 1].strip() if index + 1 < len(lines) else ""
        if start >= end and (
            (body and (body[0] in "-–|" or body[0].isdecimal() or body[-1].isdecimal())) or following.isdecimal()
        ):
            match = _NUMBERED.match(text, start)
            if match:
                yield match
                end = match.end()
        start += len(line) + 1


def _returning_lines(text: str) -> Iterator[list[int]]:
    """Yield the offsets of each line that returns at even distances of the length of a page."""
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
    """Add a number to the longest chain that it continues, or start a new chain."""
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
    """Return the marks at least ``distance`` characters from the accepted ones."""
    return [mark for mark in marks if _nearest(mark, ends) >= distance]


def _nearest(mark: int, ends: list[int]) -> int:
    at = bisect_left(ends, mark)
    return min((abs(mark - end) for end in ends[max(0, at - 1) : at + 1]), default=_LONGEST_PAGE)
