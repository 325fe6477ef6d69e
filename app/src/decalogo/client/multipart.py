"""The files of an upload, opened while httpx sends them: neither 1,000 descriptors nor a whole file are ever held."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from decalogo.errors import ClientError


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file as it was when the upload was prepared; ``size`` in bytes."""

    path: Path
    size: int

    @classmethod
    def of(cls, path: Path) -> FilePart:
        """Return the part of a file; raise ``ClientError`` if the file cannot be read."""
        try:
            if not path.is_file():
                raise ClientError(f"{path} is not a file" if path.exists() else f"{path} does not exist")
            with path.open("rb"):
                return cls(path, path.stat().st_size)
        except OSError as error:
            raise ClientError(f"cannot read {path}: {error.strerror}") from error


class Upload:
    """The multipart body of one batch, which httpx encodes and sends.

    Args:
        files: what to send, each as a field ``files``.
        options: JSON text of the field ``options``; no such field if empty.
        sent: called with the number of file bytes sent so far; a repeated attempt starts again at 0.
    """

    def __init__(self, files: Sequence[FilePart], options: str = "", sent: Callable[[int], None] | None = None) -> None:
        self._files = files
        self._fields = {"options": options} if options else {}
        self._sent = sent or (lambda _count: None)
        self._done = self._ended = 0

    @property
    def complete(self) -> bool:
        """Whether the last attempt sent every file."""
        return self._ended == len(self._files)

    @contextmanager
    def attempt(self) -> Iterator[dict[str, Any]]:
        """Yield the arguments of one request; close what the request left open.

        httpx sends ``data`` first, so wrong options are refused before any file is sent.
        """
        self._done = self._ended = 0
        with ExitStack() as stack:
            sources = [stack.enter_context(closing(_Source(part, self._on_read))) for part in self._files]
            names = [part.path.name.encode(errors="replace").decode() for part in self._files]
            yield {"data": self._fields, "files": [("files", pair) for pair in zip(names, sources, strict=True)]}

    def _on_read(self, size: int) -> None:
        if not size:
            self._ended += 1
            return
        self._done += size
        self._sent(self._done)


class _Source:
    """A file as httpx reads it: opened at the first ``read``, closed at its end."""

    def __init__(self, part: FilePart, on_read: Callable[[int], None]) -> None:
        self._part = part
        self._on_read = on_read
        self._left = part.size
        self._file: BinaryIO | None = None

    def tell(self) -> int:
        return 0

    def seek(self, _offset: int, whence: int = os.SEEK_SET) -> int:
        return self._part.size if whence == os.SEEK_END else 0  # how httpx asks for the length

    def read(self, size: int) -> bytes:
        try:
            if self._file is None:
                self._file = self._part.path.open("rb")
            chunk = self._file.read(size)
        except OSError as error:
            raise ClientError(f"cannot read {self._part.path}: {error.strerror}") from error
        self._left -= len(chunk)
        if self._left < 0 or (self._left and not chunk):
            raise ClientError(f"{self._part.path} changed while it was being sent")
        if not chunk:
            self.close()
        self._on_read(len(chunk))
        return chunk

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
