"""Append-only files of JSON lines in which each record holds the hash of the one before.

- A record is ``{"seq", "time", "action", ..., "previous", "hash"}``. ``hash`` is the SHA-256 of the record without it;
  ``previous`` is the hash of the record before, so a changed or removed line breaks the chain.
- The file ``head`` holds the number and hash of the last record. It is replaced after each append, so a truncated log
  is shorter than its head says. A crash between the two leaves a head that is one append behind: the chain of the
  records after it proves them.
- A file that reaches ``max_bytes`` is followed by a new one (``audit-<first seq>.jsonl``). Files whose last record is
  older than the retention are deleted; ``first`` then holds the hash that the oldest kept record refers to.
- Writers of several processes take turns by a lock on ``lock``. A half line at the end of a file was never acknowledged
  and is cut off by the next writer.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import orjson

from decalogo.errors import UnavailableError
from decalogo.settings import AuditSettings
from decalogo.storage.artifacts import sync_folder

Record = dict[str, Any]
START: Final = "0" * 64
"""What the first record of a new log refers to."""
_TAIL_BYTES: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Verified:
    """The outcome of a verification.

    Attributes:
        records: number of records that were read.
        problem: the first fault, with file and record; "" for an intact log.
    """

    records: int
    problem: str = ""


class AuditLog:
    """The log of one appliance.

    Args:
        folder: holds the files; created by the first record.
        max_bytes: size past which a new file is begun.
        retention_days: age of a record after which its file may be deleted; 0 keeps everything.
    """

    def __init__(self, folder: Path, *, max_bytes: int = 64 << 20, retention_days: float = 5 * 365.25) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._retention_days = retention_days

    def write(self, action: str, **facts: object) -> Record:
        """Append a record; it is on disk when this returns.

        Args:
            action: what happened, for example ``review.sign``.
            **facts: who, from where, and which ids; JSON values, never a document's content.

        Raises:
            UnavailableError: the log cannot be written.
        """
        try:
            with self._locked():
                last = self._last()
                record: Record = {
                    "seq": last["seq"] + 1 if last else 1,
                    "time": round(time.time(), 3),
                    "action": action,
                }
                record |= {name: value for name, value in facts.items() if value not in (None, "")}
                record["previous"] = last["hash"] if last else START
                record["hash"] = record_hash(record)
                self._append(record)
                self._replace("head", orjson.dumps({"seq": record["seq"], "hash": record["hash"]}))
                return record
        except OSError as error:
            raise UnavailableError(f"The audit log cannot be written ({error.strerror}).", retry_after=60) from error

    def records(self, *, after: int = 0) -> Iterator[Record]:
        """Yield the records with a higher number than ``after``, oldest first."""
        for path in self._files():
            for record in _lines(path):
                if record["seq"] > after:
                    yield record

    def newest(self, count: int, *, before: int | None = None) -> list[Record]:
        """Return the last records with a lower number than ``before``, newest first."""
        found: list[Record] = []
        for path in reversed(self._files()):
            here = [record for record in _lines(path) if before is None or record["seq"] < before]
            found += reversed(here[-(count - len(found)) :])
            if len(found) >= count:
                break
        return found

    def verify(self) -> Verified:
        """Check every hash, the chain, the numbers and the head."""
        count, previous, seq = 0, "", 0
        for path in self._files():
            for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], 1):
                where = f"{path.name}, line {number}"
                try:
                    record = cast(Record, orjson.loads(line))
                    right = record["hash"] == record_hash(record)
                    chained = record["previous"] == (previous or self._first_previous()) and (
                        not seq or record["seq"] == seq + 1
                    )
                except (orjson.JSONDecodeError, KeyError, TypeError):
                    return Verified(count, f"{where}: not a record")
                if not right:
                    return Verified(count, f"{where}: record {record['seq']} was changed")
                if not chained:
                    return Verified(count, f"{where}: a record before number {record['seq']} is missing or was changed")
                count, previous, seq = count + 1, record["hash"], record["seq"]
        head = self._read("head")
        if head and head["seq"] > seq:
            return Verified(
                count, f"the log ends at record {seq}, but record {head['seq']} was written: it was truncated"
            )
        if seq and not head:
            return Verified(count, "the file `head` is missing: the end of the log cannot be proven")
        return Verified(count)

    def delete_expired(self) -> int:
        """Delete files whose last record is older than the retention; return how many."""
        if not self._retention_days:
            return 0
        limit = time.time() - self._retention_days * 86_400
        count = 0
        with self._locked():
            for path in self._files()[:-1]:
                last = _last_line(path)
                if last is None or last["time"] >= limit:
                    break
                self._replace("first", orjson.dumps({"previous": last["hash"]}))
                path.unlink()
                count += 1
        return count

    def _append(self, record: Record) -> None:
        files = self._files()
        path = files[-1] if files and files[-1].stat().st_size < self._max_bytes else None
        new = path is None
        path = path or self._folder / f"audit-{record['seq']:012d}.jsonl"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            os.ftruncate(handle, _whole_lines(handle))
            os.lseek(handle, 0, os.SEEK_END)
            os.write(handle, orjson.dumps(record) + b"\n")
            os.fsync(handle)
        finally:
            os.close(handle)
        if new:
            sync_folder(self._folder)

    def _last(self) -> Record | None:
        for path in reversed(self._files()):
            last = _last_line(path)
            if last is not None:
                return last
        return None

    def _first_previous(self) -> str:
        first = self._read("first")
        return str(first["previous"]) if first else START

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("audit-*.jsonl"))

    def _read(self, name: str) -> Record | None:
        try:
            return cast(Record, orjson.loads((self._folder / name).read_bytes()))
        except FileNotFoundError:
            return None

    def _replace(self, name: str, content: bytes) -> None:
        temporary = self._folder / f"{name}.new"
        temporary.write_bytes(content)
        temporary.replace(self._folder / name)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def open_audit_log(settings: AuditSettings) -> AuditLog:
    """Return the log that the settings name."""
    return AuditLog(settings.path, max_bytes=settings.file_bytes, retention_days=settings.retention_days)


def record_hash(record: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a record's canonical JSON without its own hash."""
    basis = {name: value for name, value in record.items() if name != "hash"}
    return hashlib.sha256(orjson.dumps(basis, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _lines(path: Path) -> Iterator[Record]:
    with path.open("rb") as file:
        for line in file:
            if line.endswith(b"\n"):
                yield cast(Record, orjson.loads(line))


def _last_line(path: Path) -> Record | None:
    """Return the last whole record of a file, read from its end."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        at = size
        tail = b""
        while at > 0 and tail.count(b"\n") < 2 + (not tail.endswith(b"\n")):
            step = min(_TAIL_BYTES, at)
            at -= step
            file.seek(at)
            tail = file.read(step) + tail
    lines = tail[: tail.rfind(b"\n") + 1].splitlines()
    return cast(Record, orjson.loads(lines[-1])) if lines else None


def _whole_lines(handle: int) -> int:
    """Return how many bytes of a file are whole lines."""
    size = os.fstat(handle).st_size
    at = size
    while at > 0:
        step = min(_TAIL_BYTES, at)
        piece = os.pread(handle, step, at - step)
        newline = piece.rfind(b"\n")
        if newline >= 0:
            return at - step + newline + 1
        at -= step
    return 0
