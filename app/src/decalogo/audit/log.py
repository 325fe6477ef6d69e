"""Append-only files of JSON lines in which each record holds the hash of the one before.

- A record is ``{"seq", "time", "action", ..., "previous", "hash"}``. ``hash`` is the SHA-256 of the record without it;
  ``previous`` is the hash of the record before, so a changed or removed line breaks the chain.
- The file ``head`` holds the number and hash of the last record. It is overwritten after each write, so a truncated log
  is shorter than its head says. A crash between the two leaves a head that is behind: the chain of the records after
  it proves them.
- A file that reaches ``max_bytes`` is followed by a new one (``audit-<first seq>.jsonl``). Files whose last record is
  older than the retention are deleted, and the oldest ones while all together exceed ``total_bytes``; ``first`` then
  holds the hash that the oldest kept record refers to.
- Threads that write at the same time share one fsync: the first one writes for all that wait (group commit). Processes
  take turns by a lock on the file ``lock``.
- A half line at the end of a file was never acknowledged and is cut off by the next writer.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import orjson

from decalogo.audit.files import Record, last_record, record_hash, records_backwards, records_of, whole_lines
from decalogo.audit.selection import EVERYTHING, Selection
from decalogo.audit.verify import START, Verified, verify
from decalogo.errors import UnavailableError
from decalogo.settings import AuditSettings
from decalogo.storage.artifacts import sync_folder, write_at

_HEAD_BYTES: Final = 128


@dataclass(slots=True)
class _Entry:
    """A record that waits to be written; ``done`` once it is on disk, or ``error`` says why not."""

    facts: Record
    done: bool = False
    error: OSError | None = None


class AuditLog:
    """The log of one appliance.

    Args:
        folder: holds the files; created by the first record.
        max_bytes: size past which a new file is begun.
        total_bytes: size of all files past which the oldest are deleted; 0 disables.
        retention_days: age of a record after which its file may be deleted; 0 keeps everything.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int = 64 << 20,
        total_bytes: int = 0,
        retention_days: float = 5 * 365.25,
    ) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._total_bytes = total_bytes
        self._retention_days = retention_days
        self._waiting: list[_Entry] = []
        self._queue, self._turn = threading.Lock(), threading.Lock()

    def write(self, action: str, **facts: object) -> Record:
        """Append a record; it is on disk when this returns.

        Args:
            action: what happened, for example ``review.sign``.
            **facts: who, from where, and which ids; JSON values, never a document's content.

        Raises:
            UnavailableError: the log cannot be written.
        """
        return self.write_all([{"action": action, **facts}])[0]

    def write_all(self, records: Sequence[Mapping[str, object]]) -> list[Record]:
        """Append records with their ``action`` and facts, as :meth:`write` does; their ``time`` is now unless given."""
        entries = [_Entry({"time": round(time.time(), 3), **_given(record)}) for record in records]
        with self._queue:
            self._waiting += entries
        with self._turn:
            if any(not entry.done and entry.error is None for entry in entries):  # no other thread wrote them meanwhile
                with self._queue:
                    batch, self._waiting = self._waiting, []
                self._commit(batch)
        error = next((entry.error for entry in entries if entry.error is not None), None)
        if error is not None:
            raise UnavailableError(f"The audit log cannot be written ({error.strerror}).", retry_after=60) from error
        return [entry.facts for entry in entries]

    def records(self, *, after: int = 0) -> Iterator[Record]:
        """Yield the records with a higher number than ``after``, oldest first."""
        for path in self._files():
            with suppress(FileNotFoundError):  # deleted after its retention meanwhile
                yield from (record for record in records_of(path) if record["seq"] > after)

    def newest(self, count: int, *, before: int | None = None, selection: Selection = EVERYTHING) -> list[Record]:
        """Return the last selected records with a lower number than ``before``, newest first."""
        found: list[Record] = []
        for path in reversed(self._files()):
            if before is not None and _first_number(path) >= before:
                continue
            with suppress(FileNotFoundError):
                for record in records_backwards(path):
                    if selection.ends_before(record):
                        return found
                    if (before is None or record["seq"] < before) and selection.selects(record):
                        found.append(record)
                        if len(found) == count:
                            return found
        return found

    def verify(self) -> Verified:
        """Check every hash, the chain, the numbers and the head."""
        while True:
            # A writer that appends meanwhile only makes the log longer than this head.
            head = self._read("head")
            files = self._files()
            try:
                return verify(files, self._read("first"), head)
            except FileNotFoundError:
                if files == self._files():
                    raise  # otherwise a file was deleted after its retention meanwhile

    def delete_expired(self) -> int:
        """Delete files past the retention or past the total size, and write a record about it; return how many."""
        limit = time.time() - self._retention_days * 86_400 if self._retention_days else 0.0
        count = 0
        with self._locked():
            files = self._files()
            total = sum(path.stat().st_size for path in files)
            for path in files[:-1]:
                last = last_record(path)
                too_large = bool(self._total_bytes) and total > self._total_bytes
                if last is None or (last["time"] >= limit and not too_large):
                    break
                self._replace_first(last["hash"])
                total -= path.stat().st_size
                path.unlink()
                count += 1
        if count:
            self.write("retention.audit", files=count)
        return count

    def _commit(self, batch: Sequence[_Entry]) -> None:
        try:
            with self._locked():
                last = self._last()
                seq, previous = (last["seq"], last["hash"]) if last else (0, START)
                for entry in batch:
                    seq += 1
                    entry.facts = {"seq": seq, **entry.facts, "previous": previous}
                    previous = entry.facts["hash"] = record_hash(entry.facts)
                self._append([entry.facts for entry in batch])
                self._write_head(seq, previous)
        except OSError as error:
            for entry in batch:
                entry.error = error
        else:
            for entry in batch:
                entry.done = True

    def _append(self, records: Sequence[Record]) -> None:
        files = self._files()
        path = files[-1] if files and files[-1].stat().st_size < self._max_bytes else None
        new = path is None
        path = path or self._folder / f"audit-{records[0]['seq']:012d}.jsonl"
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            end = whole_lines(handle)
            os.ftruncate(handle, end)
            try:
                write_at(handle, b"".join(orjson.dumps(record) + b"\n" for record in records), end)
                os.fsync(handle)
            except OSError:
                os.ftruncate(handle, end)  # a record whose writer got an error must not be there
                raise
        finally:
            os.close(handle)
        if new:
            sync_folder(self._folder)

    def _last(self) -> Record | None:
        return next((last for path in reversed(self._files()) if (last := last_record(path)) is not None), None)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("audit-*.jsonl"))

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            content = orjson.loads((self._folder / name).read_bytes())
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None
        return cast("dict[str, Any]", content) if isinstance(content, dict) else None

    def _write_head(self, seq: int, digest: str) -> None:
        # In place and of one size, so that a power cut leaves the old or the new one, without an fsync per record.
        handle = os.open(self._folder / "head", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            write_at(handle, orjson.dumps({"seq": seq, "hash": digest}).ljust(_HEAD_BYTES), 0)
        finally:
            os.close(handle)

    def _replace_first(self, previous: str) -> None:
        temporary = self._folder / "first.new"
        with temporary.open("wb") as file:
            file.write(orjson.dumps({"previous": previous}))
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._folder / "first")
        sync_folder(self._folder)

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
    return AuditLog(
        settings.path,
        max_bytes=settings.file_bytes,
        total_bytes=settings.total_bytes,
        retention_days=settings.retention_days,
    )


def _given(record: Mapping[str, object]) -> Record:
    return {name: value for name, value in record.items() if value not in (None, "")}


def _first_number(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])
