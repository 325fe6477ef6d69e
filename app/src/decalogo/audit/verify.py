"""Check an audit log: every hash, the chain, the numbers, and that its end is where its head says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from decalogo.audit.files import record_hash

START: Final = "0" * 64
"""What the first record of a new log refers to."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The outcome of a verification.

    Attributes:
        records: number of records that are right.
        problem: the first fault, with file and record; "" for an intact log.
    """

    records: int
    problem: str = ""


@dataclass(slots=True)
class _Chain:
    """Where the check is.

    Attributes:
        head: number and hash that the file ``head`` holds, or nothing.
    """

    previous: str
    head: dict[str, Any]
    count: int = 0
    seq: int = 0

    def take(self, line: bytes, where: str) -> str:
        """Check the next line; return what is wrong with it."""
        try:
            record = orjson.loads(line)
            right = record["hash"] == record_hash(record)
            chained = record["previous"] == self.previous and self.seq in (0, record["seq"] - 1)
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return f"{where}: not a record"
        if not right:
            return f"{where}: record {record['seq']} was changed"
        if not chained:
            return f"{where}: a record before number {record['seq']} is missing or was changed"
        if record["seq"] == self.head.get("seq") and record["hash"] != self.head.get("hash"):
            return f"{where}: record {record['seq']} is not the one that was written"
        self.count, self.previous, self.seq = self.count + 1, record["hash"], record["seq"]
        return ""


def verify(files: Sequence[Path], first: dict[str, Any] | None, head: dict[str, Any] | None) -> Verified:
    """Return whether a log is intact; needs the memory of one line.

    Args:
        files: of the log, oldest first.
        first: what the oldest kept record refers to (``previous``), once files were deleted after their retention.
        head: number (``seq``) and ``hash`` of the last record; None where the file is missing or damaged.
    """
    chain = _Chain(str(first["previous"]) if first else START, head or {})
    for path in files:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break  # half a line was never acknowledged
                if problem := chain.take(line, f"{path.name}, line {number}"):
                    return Verified(chain.count, problem)
    written = chain.head.get("seq", 0)
    if written > chain.seq:
        ends = f"the log ends at record {chain.seq}, but record {written} was written: it was truncated"
        return Verified(chain.count, ends)
    if chain.seq and not head:
        return Verified(chain.count, "the file `head` is missing or damaged: the end of the log cannot be proven")
    return Verified(chain.count)
