"""Artifact store in a local folder: documents, results, page texts and parts.

A key has the form ``documents/<document_id>``. Writes are atomic and durable: temporary name, fsync, rename, fsync of
the folder. A reader never sees half a file, and an accepted upload survives a power failure.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import shutil
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NoReturn, Self

from decalogo.errors import UnavailableError

_TEMPORARY, _WORK_TEMPORARY = "incoming", "incoming-work"
WORK_KINDS = ("results", "pages", "parts")
"""What workers write. In the container form they can write no other folder of the store (``setup/folders.py``)."""
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Without O_NONBLOCK, opening a planted pipe would wait for its other end.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
OCR_CACHE = "recognised"
"""Folder of cached OCR pages in the root of the store; its files are not artifacts."""


def _raise_unavailable(error: OSError, used: str = "written") -> NoReturn:
    raise UnavailableError(f"the artifact store cannot be {used} ({error.strerror})", retry_after=60) from error


class ArtifactWriter:
    """Writer of one file, used as a context manager. Without :meth:`commit` it stores nothing.

    Attributes:
        size: bytes written so far.
    """

    def __init__(self, store: ArtifactStore, key: str) -> None:
        self._target = store.path(key)
        folder = _WORK_TEMPORARY if key.partition("/")[0] in WORK_KINDS else _TEMPORARY
        self._temporary = store.root / folder / secrets.token_hex(16)
        try:
            self._temporary.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = self._temporary.open("xb", buffering=0)
        except OSError as error:
            _raise_unavailable(error)
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Append ``data``; raise :class:`UnavailableError` when the disk is full."""
        self._digest.update(data)
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            _raise_unavailable(error)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """Return the hex digest of the bytes written so far."""
        return self._digest.hexdigest()

    def commit(self) -> None:
        """Make the file durable under its key; it replaces an older one."""
        commit_all([self])

    def sync(self) -> None:
        """Make the bytes durable under the temporary name."""
        os.fsync(self._file.fileno())
        self._file.close()

    def place(self) -> Path:
        """Rename the file to its key, and return the folder that must be synced."""
        shard = self._target.parent
        if not shard.is_dir():
            shard.mkdir(parents=True, exist_ok=True)
            # The services that delete files may be other users of the folder's group than the one that made it.
            with suppress(PermissionError):  # another process of another user made it meanwhile
                shard.chmod(shard.parent.stat().st_mode & 0o777)
        self._temporary.replace(self._target)
        return self._target.parent

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        self._temporary.unlink(missing_ok=True)


def commit_all(writers: Sequence[ArtifactWriter]) -> None:
    """Make files durable under their keys. All are synced before any is renamed, so they share journal commits."""
    try:
        for writer in writers:
            writer.sync()
        for folder in {writer.place() for writer in writers}:
            sync_folder(folder)
    except OSError as error:
        _raise_unavailable(error)


class ArtifactStore:
    """Files under a root folder.

    Args:
        root: the folder; created by the first write.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def attempt(self, document_id: str, attempt: int, owner: str) -> Iterator[ArtifactStore]:
        """Return this store: on the first host the ledger alone fences attempts."""
        yield self

    @property
    def ocr_cache(self) -> Path:
        """Return the folder of cached OCR pages."""
        return self.root / OCR_CACHE

    def content(self, document_id: str) -> Path:
        """Return the path of a document; raise ``FileNotFoundError`` unless it is a regular file."""
        self.open(f"documents/{document_id}").close()
        return self.path(f"documents/{document_id}")

    def path(self, key: str) -> Path:
        """Return the path of ``key``. Each kind is sharded over 256 folders to keep them small."""
        kind, _, name = key.partition("/")
        if not name or not name.replace("_", "").replace(".", "").replace("-", "").isalnum() or name.startswith("."):
            raise ValueError(f"not an artifact key: {key!r}")
        shard = hashlib.sha256(name.partition(".")[0].encode()).hexdigest()[:2]
        return self.root / kind / shard / name

    def writer(self, key: str) -> ArtifactWriter:
        """Return a writer for ``key``; use it as a context manager and call ``commit()``."""
        return ArtifactWriter(self, key)

    def put(self, key: str, data: bytes) -> None:
        """Store ``data`` under ``key``; it is durable when this returns."""
        self.put_all({key: data})

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Store files by key; they are durable when this returns."""
        with ExitStack() as stack:
            writers = [stack.enter_context(self.writer(key)) for key in files]
            for writer, data in zip(writers, files.values(), strict=True):
                writer.write(data)
            commit_all(writers)

    def read(self, key: str) -> bytes:
        """Return the bytes under ``key``; raises ``FileNotFoundError``."""
        with self.open(key) as file:
            return file.read()

    def open(self, key: str) -> BinaryIO:
        """Open ``key`` for reading; raise ``FileNotFoundError`` unless it is a regular file.

        A disk that cannot be read raises :class:`UnavailableError`.

        Workers write into this folder. No part of the path below the root may be a symbolic link, so that a planted
        one does not make this process read a file that only it can read.
        """
        parts = self.path(key).relative_to(self.root).parts
        try:
            handle = os.open(self.root, _FOLDER)
            for number, part in enumerate(parts):
                folder, last = handle, number == len(parts) - 1
                try:
                    handle = os.open(part, _FILE if last else _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
                finally:
                    os.close(folder)
        except OSError as error:
            if error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO):
                raise FileNotFoundError(errno.ENOENT, f"{key} is not a regular file") from error
            if error.errno != errno.ENOENT:
                _raise_unavailable(error, "read")
            raise
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise FileNotFoundError(errno.ENOENT, f"{key} is not a regular file")
        return os.fdopen(handle, "rb")

    def exists(self, key: str) -> bool:
        """Return whether ``key`` exists as a regular file."""
        try:
            self.open(key).close()
        except FileNotFoundError:
            return False
        return True

    def delete(self, key: str) -> None:
        """Delete ``key`` if it exists."""
        self.path(key).unlink(missing_ok=True)

    def delete_attempts(self, document_id: str) -> None:
        """Delete results, page texts, parts and page images of all attempts at a document."""
        self._delete(document_id, "results", "pages", "parts", "images")

    def delete_parts(self, document_id: str) -> None:
        """Delete the files of the parts of a document."""
        self._delete(document_id, "parts")

    def _delete(self, document_id: str, *kinds: str) -> None:
        for kind in kinds:
            for path in self.path(f"{kind}/{document_id}").parent.glob(f"{document_id}.*"):
                path.unlink(missing_ok=True)

    def keys_older_than(self, timestamp: float) -> Iterator[str]:
        """Yield the keys of files last modified before ``timestamp`` (Unix seconds)."""
        for path in self.root.glob("*/??/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < timestamp:
                    yield f"{path.parent.parent.name}/{path.name}"

    def discard_incoming(self, timestamp: float) -> int:
        """Delete unfinished files last modified before ``timestamp`` (Unix seconds); return how many."""
        count = 0
        for path in self.root.glob(f"{_TEMPORARY}*/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < timestamp:
                    path.unlink()
                    count += 1
        return count

    def free_bytes(self) -> int:
        """Return the free disk space, bytes; raise :class:`UnavailableError` when the folder is not usable."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not os.access(self.root, os.W_OK | os.X_OK):
                raise UnavailableError(f"the artifact store {self.root} is not writable", retry_after=60)
            return shutil.disk_usage(self.root).free
        except OSError as error:
            raise UnavailableError(f"the artifact store cannot be used ({error.strerror})", retry_after=60) from error


def write_at(handle: int, data: bytes, offset: int) -> None:
    """Write all of ``data`` to an open file; raise :class:`OSError` if the disk takes only a part of it."""
    view = memoryview(data)
    while view:
        written = os.pwrite(handle, view, offset)
        view, offset = view[written:], offset + written


def sync_folder(folder: Path) -> None:
    """Write a folder's names to disk, so that a new file in it outlasts a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
