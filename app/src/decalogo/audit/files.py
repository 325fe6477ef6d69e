"""Files of JSON lines that only grow: read from either end without holding a file in memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import orjson

Record = dict[str, Any]
_BLOCK: Final = 1 << 16


def record_hash(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record's canonical JSON without its own hash."""
    basis = {name: value for name, value in record.items() if name != "hash"}
    return hashlib.sha256(orjson.dumps(basis, option=orjson.OPT_SORT_KEYS)).hexdigest()


def records_of(path: Path) -> Iterator[Record]:
    """Yield the records of a file, oldest first; half a line at its end is left out."""
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield cast(Record, orjson.loads(line))


def records_backwards(path: Path) -> Iterator[Record]:
    """Yield the records of a file, newest first; half a line at its end is left out."""
    with path.open("rb") as file:
        at = whole_lines(file.fileno())
        rest = b""
        while at > 0:
            step = min(_BLOCK, at)
            at -= step
            file.seek(at)
            rest, *lines = (file.read(step) + rest).split(b"\n")
            yield from (cast(Record, orjson.loads(line)) for line in reversed(lines) if line)
        if rest:
            yield cast(Record, orjson.loads(rest))


def last_record(path: Path) -> Record | None:
    """Return the last whole record of a file."""
    return next(records_backwards(path), None)


def whole_lines(handle: int) -> int:
    """Return how many bytes of an open file are whole lines."""
    at = os.fstat(handle).st_size
    while at > 0:
        step = min(_BLOCK, at)
        newline = os.pread(handle, step, at - step).rfind(b"\n")
        if newline >= 0:
            return at - step + newline + 1
        at -= step
    return 0
