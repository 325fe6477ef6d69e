"""Where matches begin, told by where they end and by how long they may be: then nothing need be searched."""

from __future__ import annotations

import re
from collections.abc import Iterable

from decalogo.evaluation.re2_search import Span

_WORD_SIGNS = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
_ATOM = re.compile(r"(?P<space> \+(?![?*+{]))|(?P<none>\\[bB]|\^|\$)|\\[dswDSW\W]|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\(|)]")
_MOST_WIDTHS = 8
_ANY: frozenset[int] = frozenset()
_NONE, _ONE = frozenset((0,)), frozenset((1,))
_QUANTIFIER = re.compile(r"[?*+]\??|\{(\d+)(?:,(\d*))?\}\??")

Ends = int | tuple[int, ...]
"""The offset where a pattern's only match in a text ends, or those where several may, or 0 where they are not told."""
NOT_TOLD = 0


def known_widths(pattern: str) -> tuple[int, ...]:
    """Return the width of a pattern's matches, or the few of matches that begin at the bound of a word; else none."""
    widths = widths_of(pattern)
    return tuple(sorted(widths)) if 0 not in widths and (len(widths) == 1 or begins_bounded(pattern)) else ()


def told_spans(text: bytes, ends: tuple[int, ...], widths: tuple[int, ...]) -> list[Span]:
    """Return the spans, not overlapping, that ends and widths tell.

    None where a match may begin at several places, or several matches begin at one.
    """
    matches: list[Span] = []
    for end in ends:
        start = end - widths[0]
        if len(widths) > 1:
            starts = [end - width for width in widths if _is_bound(text, end - width)]
            if len(starts) != 1:
                return []
            start = starts[0]
        matches.append((start, end))
    if len(matches) == 1:
        return matches
    matches.sort()
    spans: list[Span] = []
    before = -1
    for start, end in matches:
        if start == before:
            return []
        if not spans or start >= spans[-1][1]:
            spans.append((start, end))
        before = start
    return spans


def _is_bound(text: bytes, at: int) -> bool:
    """Tell whether a word begins or ends at an offset."""
    return at >= 0 and (text[at] in _WORD_SIGNS) is not (at > 0 and text[at - 1] in _WORD_SIGNS)


def widths_of(pattern: str) -> frozenset[int]:
    """Return how many characters a match of a prepared pattern may have where no two spaces follow one another.

    None where there are more than a few possibilities, or that is not sure.
    """
    widths, at = _widths(pattern, 0)
    return widths if at == len(pattern) else _ANY


def begins_bounded(pattern: str) -> bool:
    """Tell whether every match of a prepared pattern of known widths begins at a bound of a word."""
    return pattern.startswith(r"\b(?:") and pattern[_widths(pattern, len(r"\b(?:"))[1] :] in (")", r")\b")


def _widths(pattern: str, at: int) -> tuple[frozenset[int], int]:
    """Return the widths of the alternatives from an offset on, and where they end."""
    alternatives: list[frozenset[int]] = []
    total = _NONE
    while at < len(pattern) and pattern[at] != ")":
        if pattern[at] == "|":
            alternatives.append(total)
            total, at = _NONE, at + 1
            continue
        if pattern.startswith("(?:", at):
            widths, at = _widths(pattern, at + 3)
            at += 1
        elif atom := _ATOM.match(pattern, at):
            widths, at = _NONE if atom["none"] else _ONE, atom.end()
        else:
            return _ANY, at
        if quantifier := _QUANTIFIER.match(pattern, at):
            widths, at = _repeated(widths, quantifier), quantifier.end()
        total = _some(one + other for one in total for other in widths)
    alternatives.append(total)
    return _some(frozenset().union(*alternatives)) if all(alternatives) else _ANY, at


def _repeated(widths: frozenset[int], quantifier: re.Match[str]) -> frozenset[int]:
    if quantifier[0][0] == "?":
        return _some(widths | _NONE) if widths else _ANY
    least, most = quantifier.groups()
    if least is None or len(widths) != 1 or (most is not None and most != least):
        return _ANY
    return frozenset(width * int(least) for width in widths)


def _some(widths: Iterable[int]) -> frozenset[int]:
    """Return widths if they are not too many."""
    found = frozenset(widths)
    return found if len(found) <= _MOST_WIDTHS else _ANY
