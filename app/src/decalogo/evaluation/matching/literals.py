"""What a text must hold for a pattern to match: literals read off the pattern.

For every prepared pattern a *gate* is worked out: a set of strings, one of which stands inside one word of any text
that matches. Patterns whose gate is closed need no look: plain RE2 is quick then, with no database to compile.
"""

from __future__ import annotations

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
