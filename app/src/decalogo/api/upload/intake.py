"""Files of one upload on their way into the artifact store: all of them stay, or none.

Memory is bounded by the pieces in flight, about 1.5 MiB an upload, whatever the size of its files.
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

PIECE_BYTES = 256 * 1024  # smaller writes would spend more on changing threads than on the disk
COMMITS_AT_ONCE = 4  # a commit waits for the disk twice; small files would otherwise arrive at a few hundred a second

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file that is durable in the store under ``documents/<document_id>``."""

    document_id: str
    filename: str
    sha256: str
    size: int


class Intake:
    """Takes one file after the other; an asynchronous context manager.

    On leaving it every file is deleted again unless :meth:`keep` was called.

    Args:
        store: where files go.
    """

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store
        self._keys: list[str] = []
        self._commits: list[asyncio.Task[StoredFile]] = []
        self._current: _Incoming | None = None
        self._kept = False

    @property
    def count(self) -> int:
        """Files begun so far."""
        return len(self._keys)

    def begin(self, filename: str) -> None:
        """Begin a file; ``filename`` is only kept for display."""
        document_id = new_id("doc")
        self._keys.append(f"documents/{document_id}")
        self._current = _Incoming(self._store, document_id, filename)

    async def write(self, data: bytes | memoryview) -> None:
        """Append to the file begun last; raises :class:`UnavailableError` when the disk is full."""
        if self._current is not None:
            await self._current.write(data)

    async def end(self) -> None:
        """End the file begun last; it is made durable while the next ones arrive."""
        if self._current is None:
            return
        current, self._current = self._current, None
        self._commits.append(asyncio.create_task(in_thread(current.commit)))
        busy = [task for task in self._commits if not task.done()]
        if len(busy) >= COMMITS_AT_ONCE:
            await asyncio.wait(busy, return_when=asyncio.FIRST_COMPLETED)

    async def finish(self) -> list[StoredFile]:
        """Wait until every file is durable, and return them in the order they came."""
        return list(await asyncio.gather(*self._commits))

    def path(self, file: StoredFile) -> Path:
        """Return where a file lies."""
        return self._store.path(f"documents/{file.document_id}")

    def touch(self, files: Iterable[StoredFile]) -> None:
        """Let the sweep's grace begin now, not when each file came.

        Raises:
            UnavailableError: a file has been swept: the upload took longer than ``storage.orphan_grace_seconds``.
        """
        try:
            for file in files:
                os.utime(self.path(file))
        except FileNotFoundError as error:
            raise UnavailableError(
                "The upload took longer than files without a batch are kept (storage.orphan_grace_seconds).",
                retry_after=1,
            ) from error

    def drop(self, file: StoredFile) -> None:
        """Let one file go again."""
        self._store.delete(f"documents/{file.document_id}")

    def free_bytes(self) -> int:
        """Return the disk space left, bytes."""
        return self._store.free_bytes()

    def keep(self, stay: bool = True) -> None:
        """Say whether the files stay on leaving."""
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
    """One file: collected in pieces, written by threads, opened only when there is a piece to write."""

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
    """Run blocking code in a thread; unlike ``asyncio.to_thread``, a cancelled caller waits until the thread is done.

    Otherwise a file could be closed and deleted under the thread that still writes it.
    """
    running = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
