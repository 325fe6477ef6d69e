"""The artifact store on a local folder: documents in, results out.

Keys look like ``documents/<document_id>``. A file appears under its key whole and durable (temporary name, fsync,
rename, fsync of the folder) or not at all, so nobody reads half of one and an accepted upload outlives a power cut.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, NoReturn, Self

from decalogo.errors import UnavailableError

_TEMPORARY = "incoming"
OCR_CACHE = "recognised"
"""Folder in the store's root that the evaluation keeps recognised pages in; its files are no artifacts."""


def _refuse(error: OSError) -> NoReturn:
    raise UnavailableError(f"the artifact store cannot be written ({error.strerror})", retry_after=60) from error


class ArtifactWriter:
    """A file on its way into the store; call :meth:`commit` or it leaves nothing behind.

    Attributes:
        size: bytes written so far.
    """

    def __init__(self, store: ArtifactStore, key: str) -> None:
        self._target = store.path(key)
        self._temporary = store.root / _TEMPORARY / secrets.token_hex(16)
        try:
            self._temporary.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = self._temporary.open("xb", buffering=0)
        except OSError as error:
            _refuse(error)
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Append ``data``; a full disk raises :class:`UnavailableError`."""
        self._digest.update(data)
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            _refuse(error)
        self.size += len(data)

    @property
    def sha256(self) -> str:
        """Hex digest of what has been written."""
        return self._digest.hexdigest()

    def commit(self) -> None:
        """Make the file durable under its key, replacing an older one."""
        commit_all([self])

    def sync(self) -> None:
        """Make what was written durable, still under its temporary name."""
        os.fsync(self._file.fileno())
        self._file.close()

    def place(self) -> Path:
        """Give the file its name, and return the folder that must be synced for it to stay."""
        self._target.parent.mkdir(parents=True, exist_ok=True)
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
    """Make files durable under their keys, step by step: one commit of the disk's journal then does for several."""
    try:
        for writer in writers:
            writer.sync()
        for folder in {writer.place() for writer in writers}:
            _sync_folder(folder)
    except OSError as error:
        _refuse(error)


class ArtifactStore:
    """Files under one root folder.

    Args:
        root: the folder; made when first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @contextmanager
    def attempt(self, document_id: str, attempt: int, owner: str) -> Iterator[ArtifactStore]:
        """Open the files of an attempt, which are all: here the ledger alone fences an answer."""
        yield self

    @property
    def ocr_cache(self) -> Path:
        """Folder of recognised pages."""
        return self.root / OCR_CACHE

    def content(self, document_id: str) -> Path:
        """Return where a document is."""
        return self.path(f"documents/{document_id}")

    def path(self, key: str) -> Path:
        """Return where ``key`` lives; spread over 256 folders per kind so that none grows huge."""
        kind, _, name = key.partition("/")
        if not name or not name.replace("_", "").replace(".", "").replace("-", "").isalnum() or name.startswith("."):
            raise ValueError(f"not an artifact key: {key!r}")
        shard = hashlib.sha256(name.partition(".")[0].encode()).hexdigest()[:2]
        return self.root / kind / shard / name

    def writer(self, key: str) -> ArtifactWriter:
        """Open ``key`` for writing; use it as a context manager and call ``commit()``."""
        return ArtifactWriter(self, key)

    def put(self, key: str, data: bytes) -> None:
        """Store ``data`` under ``key``, durable when this returns."""
        self.put_all({key: data})

    def put_all(self, files: Mapping[str, bytes]) -> None:
        """Store some files by key, durable when this returns."""
        with ExitStack() as stack:
            writers = [stack.enter_context(self.writer(key)) for key in files]
            for writer, data in zip(writers, files.values(), strict=True):
                writer.write(data)
            commit_all(writers)

    def read(self, key: str) -> bytes:
        """Return the bytes under ``key``; raises ``FileNotFoundError``."""
        return self.path(key).read_bytes()

    def exists(self, key: str) -> bool:
        """Tell whether ``key`` is there."""
        return self.path(key).is_file()

    def delete(self, key: str) -> None:
        """Remove ``key``; nothing happens when it is not there."""
        self.path(key).unlink(missing_ok=True)

    def delete_attempts(self, document_id: str) -> None:
        """Remove the results, page texts and page pictures of a document, also those that a retry has replaced."""
        self._delete(document_id, "results", "pages", "parts", "images")

    def delete_parts(self, document_id: str) -> None:
        """Remove what the parts of a document brought."""
        self._delete(document_id, "parts")

    def _delete(self, document_id: str, *kinds: str) -> None:
        for kind in kinds:
            for path in self.path(f"{kind}/{document_id}").parent.glob(f"{document_id}.*"):
                path.unlink(missing_ok=True)

    def keys_older_than(self, timestamp: float) -> Iterator[str]:
        """Yield keys of files last written before ``timestamp`` (Unix seconds)."""
        for path in self.root.glob("*/??/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < timestamp:
                    yield f"{path.parent.parent.name}/{path.name}"

    def discard_incoming(self, timestamp: float) -> int:
        """Delete half-written files last touched before ``timestamp``; returns how many."""
        count = 0
        for path in (self.root / _TEMPORARY).glob("*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < timestamp:
                    path.unlink()
                    count += 1
        return count

    def free_bytes(self) -> int:
        """Return the disk space left, bytes; raises :class:`UnavailableError` when the folder cannot be used."""
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            if not os.access(self.root, os.W_OK | os.X_OK):
                raise UnavailableError(f"the artifact store {self.root} is not writable", retry_after=60)
            return shutil.disk_usage(self.root).free
        except OSError as error:
            raise UnavailableError(f"the artifact store cannot be used ({error.strerror})", retry_after=60) from error


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
