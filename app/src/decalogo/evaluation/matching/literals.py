"""What a text must hold for a pattern to match, and how long a match is: read off the pattern.

For every prepared pattern a *gate* is worked out: a set of strings, one of which stands inside one word of any text
that matches. Patterns whose gate is closed need no look: plain RE2 is quick then, with no database to compile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

Gate = frozenset[str]

_MOST = 256
"""Strings in a gate: a wider one is worth little."""


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0

    def alternation(self) -> Gate | None:
        """Read alternatives up to the group's end; the gate is the union of theirs, if each has one."""
        gates = [self.concatenation()]
        while self.at < len(self.text) and self.text[self.at] == "|":
            self.at += 1
            gates.append(self.concatenation())
        if any(gate is None for gate in gates):
            return None
        union: Gate = frozenset().union(*(gate for gate in gates if gate))
        return union if len(union) <= _MOST else None

    def concatenation(self) -> Gate | None:
        """Read one alternative; its gate is the most telling one of its parts."""
        gates: list[Gate] = []
        run = ""
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            char, gate = self.atom()
            low = self.quantifier()
            if char is not None and low == 1:
                run += char
                continue
            if char is not None and low > 1:
                run += char
            _keep(gates, run)
            run = ""
            if gate is not None and low >= 1:
                gates.append(gate)
        _keep(gates, run)
        return max(gates, key=lambda gate: (min(len(s) for s in gate), -len(gate)), default=None)

    def atom(self) -> tuple[str | None, Gate | None]:
        """Read one atom: a plain letter or digit, or (None, gate) for anything else."""
        char = self.text[self.at]
        self.at += 1
        if char == "(":
            self.at += 2  # "?:"; prepared patterns have no other groups
            gate = self.alternation()
            self.at += 1
            return None, gate
        if char == "[":
            while self.text[self.at] != "]" or self.text[self.at - 1] in "[\\":
                self.at += 1
            self.at += 1
            return None, None
        if char == "\\":
            self.at += 1
            return None, None
        return (char, None) if char.isalnum() else (None, None)

    def quantifier(self) -> int:
        """Read a quantifier; return the least number of repetitions."""
        if self.at >= len(self.text):
            return 1
        char = self.text[self.at]
        low = 1
        if char in "?*+":
            self.at += 1
            low = 1 if char == "+" else 0
            low = 2 if char == "+" else low  # "a+" ends a run of letters
        elif char == "{":
            end = self.text.index("}", self.at)
            low = int(self.text[self.at + 1 : end].split(",")[0] or 0)
            low = 2 if low == 1 else low
            self.at = end + 1
        else:
            return 1
        if self.at < len(self.text) and self.text[self.at] == "?":
            self.at += 1
        return low


def _keep(gates: list[Gate], run: str) -> None:
    if len(run) >= 2:
        gates.append(frozenset((run,)))


def gate_of(pattern: str) -> Gate | None:
    """Return the gate of a prepared pattern, or ``None`` when any text may match."""
    return _Reader(pattern).alternation()


_ATOM = re.compile(r"(?P<space> \+(?![?*+{]))|(?P<none>\\[bB]|\^|\$)|\\[dswDSW\W]|\[\^?\]?(?:\\.|[^\]\\])*\]|[^\\(|)]")
_MOST_WIDTHS = 8
_ANY: frozenset[int] = frozenset()
_NONE, _ONE = frozenset((0,)), frozenset((1,))
_QUANTIFIER = re.compile(r"[?*+]\??|\{(\d+)(?:,(\d*))?\}\??")


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
