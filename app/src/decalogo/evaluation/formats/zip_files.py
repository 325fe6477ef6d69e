"""Open untrusted ZIP files under limits.

``zipfile`` reads the list of members in one piece and creates an object per member, so a hostile list could fill the
memory. Only stored and deflated members are read: the memory for LZMA is chosen by the sender.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

SIGNATURE = b"PK\x03\x04"
METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, OSError, ValueError, NotImplementedError)
"""Exceptions of ``zipfile`` for files that are truncated, malformed or of an unsupported kind."""
ENCRYPTED = 0x1
_MOST_LIST_BYTES = 2 << 20
"""Maximum size of the list of members: about 20,000 members."""


class _Reader(io.RawIOBase):
    """A file that ``zipfile`` can read only in pieces of bounded size."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, io.SEEK_END)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._file.tell())
        wanted = left if size is None or size < 0 else min(size, left)
        if wanted > _MOST_LIST_BYTES:
            raise zipfile.BadZipFile(f"its list of members is over {_MOST_LIST_BYTES:,} bytes")
        return self._file.read(wanted)


@contextmanager
def opened(content: bytes | Path) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP file; raise one of ``BROKEN`` if it is not a ZIP file or its list of members is over 2 MiB."""
    with (
        io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file,
        zipfile.ZipFile(_Reader(file)) as archive,
    ):
        yield archive
