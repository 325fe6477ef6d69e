"""Store the files of one upload in the artifact store: all of them, or none.

The buffers of an upload take about 1.5 MiB of memory, whatever the size of its files.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import ParamSpec, Self, TypeVar

from decalogo.errors import UnavailableError
from decalogo.ids import new_id
from decalogo.storage.artifacts import ArtifactStore, ArtifactWriter

PIECE_BYTES = 256 * 1024  # with smaller writes, switching threads would cost more than writing
MAX_COMMITS = 4  # concurrent commits: each waits for the disk twice, which limits the rate of small files

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is durable in the store as ``documents/<document_id>``."""

    document_id: str
    filename: str
    sha256: str
    size: int


class Intake:
    """Stores one file after the other; an asynchronous context manager.

    On exit it deletes every file unless :meth:`keep` was called.

    Args:
        store: the artifact store.
    """

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store
        self._keys: list[str] = []
        self._commits: list[asyncio.Task[StoredFile]] = []
        self._current: _Incoming | None = None
        self._kept = False

    @property
    def count(self) -> int:
        """Number of files begun so far."""
        return len(self._keys)

    def begin(self, filename: str) -> None:
        """Begin a file; ``filename`` is for display only."""
        document_id = new_id("doc")
        self._keys.append(f"documents/{document_id}")
        self._current = _Incoming(self._store, document_id, filename)

    async def write(self, data: bytes | memoryview) -> None:
        """Append to the current file; raise :class:`UnavailableError` if the disk is full."""
        if self._current is not None:
            await self._current.write(data)

    async def end(self) -> None:
        """End the current file; it becomes durable while the next ones arrive."""
        if self._current is None:
            return
        current, self._current = self._current, None
        self._commits.append(asyncio.create_task(in_thread(current.commit)))
        busy = [task for task in self._commits if not task.done()]
        if len(busy) >= MAX_COMMITS:
            await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)

    async def finish(self) -> list[StoredFile]:
        """Wait until every file is durable; return the files in the order of arrival."""
        return list(await asyncio.gather(*self._commits))

    def path(self, file: StoredFile) -> Path:
        """Return the path of a file."""
        return self._store.path(f"documents/{file.document_id}")

    def touch(self, files: Iterable[StoredFile]) -> None:
        """Restart the grace period after which retention deletes files without a batch.

        Raises:
            UnavailableError: a file was deleted: the upload took longer than ``storage.orphan_grace_seconds``.
        """
        try:
            for file in files:
                os.utime(self.path(file))
        except FileNotFoundError as error:
            raise UnavailableError(
                "The upload took longer than the grace period of files without a batch (storage.orphan_grace_seconds).",
                retry_after=1,
            ) from error

    def drop(self, file: StoredFile) -> None:
        """Delete one file."""
        self._store.delete(f"documents/{file.document_id}")

    def free_bytes(self) -> int:
        """Return the free disk space, bytes."""
        return self._store.free_bytes()

    def keep(self, stay: bool = True) -> None:
        """Set whether the files stay on exit."""
        self._kept = stay

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._kept:
            return
        await asyncio.gather(*self._commits, return_exceptions=True)
        await in_thread(self._discard)

    def _discard(self) -> None:
        if self._current is not None:
            self._current.close()
        for key in self._keys:
            self._store.delete(key)


class _Incoming:
    """The current file: buffered in pieces, written by threads, opened when the first piece is written."""

    def __init__(self, store: ArtifactStore, document_id: str, filename: str) -> None:
        self._store = store
        self._document_id = document_id
        self._filename = filename
        self._piece = bytearray()
        self._writer: ArtifactWriter | None = None
        self._open = ExitStack()

    async def write(self, data: bytes | memoryview) -> None:
        self._piece += data
        if len(self._piece) >= PIECE_BYTES:
            piece, self._piece = self._piece, bytearray()
            await in_thread(self._put, piece)

    def _put(self, piece: bytearray) -> ArtifactWriter:
        if self._writer is None:
            self._writer = self._open.enter_context(self._store.writer(f"documents/{self._document_id}"))
        if piece:
            self._writer.write(memoryview(piece))
        return self._writer

    def commit(self) -> StoredFile:
        with self._open:
            writer = self._put(self._piece)
            writer.commit()
            return StoredFile(self._document_id, self._filename, writer.sha256, writer.size)

    def close(self) -> None:
        self._open.close()


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking code in a thread; unlike with ``asyncio.to_thread``, a cancelled caller waits for the thread.

    Otherwise a file could be closed and deleted while the thread still writes it.
    """
    running = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
