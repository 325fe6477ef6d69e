"""An upload as a stream: files are read from disk while they are sent, so memory does not depend on their size."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from decalogo.errors import ClientError

CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file as it was when the upload was put together; ``size`` in bytes."""

    path: Path
    size: int

    @classmethod
    def of(cls, path: Path) -> FilePart:
        """Look at a file; raise ``ClientError`` when it cannot be read."""
        try:
            if not path.is_file():
                raise ClientError(f"{path} is not a file" if path.exists() else f"{path} does not exist")
            with path.open("rb"):
                return cls(path, path.stat().st_size)
        except OSError as error:
            raise ClientError(f"cannot read {path}: {error.strerror}") from error


class Multipart:
    """The body of an upload (RFC 7578): ``options`` first, so that a wrong one is refused before any file is sent.

    Args:
        files: what to send, each as a field ``files``.
        options: JSON text of the field ``options``; none if empty.
        sent: called with the bytes of files sent so far; an upload that is repeated starts again at 0.
    """

    def __init__(self, files: Sequence[FilePart], options: str = "", sent: Callable[[int], None] | None = None) -> None:
        self._files = files
        self._options = options
        self._sent = sent or (lambda _count: None)
        self._boundary = secrets.token_hex(16)
        self._done = 0
        self.complete = False

    @property
    def headers(self) -> dict[str, str]:
        """Return the headers that go with it; the length is known beforehand."""
        framing = sum(len(self._head(part)) + 2 for part in self._files) + len(self._preamble()) + len(self._end())
        return {
            "Content-Type": f"multipart/form-data; boundary={self._boundary}",
            "Content-Length": str(framing + sum(part.size for part in self._files)),
        }

    def __iter__(self) -> Iterator[bytes]:
        """Read everything once more from the start; ``complete`` becomes true with the last byte."""
        self.complete = False
        self._done = 0
        yield self._preamble()
        for part in self._files:
            yield self._head(part)
            yield from self._content(part)
            yield b"\r\n"
        self.complete = True
        yield self._end()

    def _content(self, part: FilePart) -> Iterator[bytes]:
        left = part.size
        try:
            with part.path.open("rb") as handle:
                while chunk := handle.read(CHUNK_BYTES):
                    left -= len(chunk)
                    if left < 0:
                        break
                    self._done += len(chunk)
                    self._sent(self._done)
                    yield chunk
        except OSError as error:
            raise ClientError(f"cannot read {part.path}: {error.strerror}") from error
        if left:
            raise ClientError(f"{part.path} changed while it was being sent")

    def _preamble(self) -> bytes:
        if not self._options:
            return b""
        disposition = 'Content-Disposition: form-data; name="options"'
        return f"--{self._boundary}\r\n{disposition}\r\n\r\n{self._options}\r\n".encode()

    def _head(self, part: FilePart) -> bytes:
        # The escapes of the HTML standard, which browsers use, too (multipart/form-data encoding algorithm).
        name = part.path.name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
        disposition = f'Content-Disposition: form-data; name="files"; filename="{name}"'
        head = f"--{self._boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n"
        return head.encode("utf-8", errors="replace")

    def _end(self) -> bytes:
        return f"--{self._boundary}--\r\n".encode()
