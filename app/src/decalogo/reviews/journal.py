"""An append-only file of JSON lines, durable before a writer returns.

Several API processes write the same journal, so a writer holds an exclusive lock on the file. It reads what is there,
lets a check decide whether its entry still fits (optimistic concurrency), appends, and calls fsync. A crash can leave
half a line at the end. That line was never acknowledged: readers skip it, and the next writer cuts it off.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import orjson

from decalogo.errors import UnavailableError
from decalogo.storage.artifacts import sync_folder, write_at

Entry = dict[str, Any]


class Journal:
    """One journal.

    Args:
        path: the file; it and its folder are created by the first append.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> list[Entry]:
        """Return all entries, oldest first; none when there is no file."""
        try:
            return _entries(self._path.read_bytes())[0]
        except FileNotFoundError:
            return []

    def size(self) -> int:
        """Return the size of the file, bytes; 0 when there is none."""
        try:
            return self._path.stat().st_size
        except FileNotFoundError:
            return 0

    def append(
        self,
        make: Callable[[Sequence[Entry]], Sequence[Entry]],
        record: Callable[[Sequence[Entry]], None] | None = None,
    ) -> list[Entry]:
        """Append entries and return all of them once they are on disk.

        Args:
            make: gets the entries that are there and returns the new ones; it may raise to append nothing.
            record: gets the new entries before they are written; if it raises, nothing is appended.

        Raises:
            UnavailableError: the disk is full or cannot be written.
        """
        with self._locked() as handle:
            entries, whole = _entries(_read_all(handle))
            added = list(make(entries))
            if added:
                if record is not None:
                    record(added)
                data = b"".join(orjson.dumps(entry) + b"\n" for entry in added)
                try:
                    os.ftruncate(handle, whole)
                    write_at(handle, data, whole)
                    os.fsync(handle)
                except OSError as error:
                    os.ftruncate(handle, whole)
                    raise _unavailable(error) from error
            return entries + added

    @contextmanager
    def _locked(self) -> Iterator[int]:
        new = not self._path.exists()
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise _unavailable(error) from error
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if new:
                sync_folder(self._path.parent)
            yield handle
        finally:
            os.close(handle)  # releases the lock


def _unavailable(error: OSError) -> UnavailableError:
    return UnavailableError(f"The review cannot be stored ({error.strerror}).", retry_after=60)


def _read_all(handle: int) -> bytes:
    return os.pread(handle, os.fstat(handle).st_size, 0)


def _entries(data: bytes) -> tuple[list[Entry], int]:
    """Return the entries of whole lines, and how many bytes these lines take."""
    whole = data.rfind(b"\n") + 1
    return [cast(Entry, orjson.loads(line)) for line in data[:whole].splitlines() if line], whole
