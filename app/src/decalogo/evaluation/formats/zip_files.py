"""ZIP files of strangers, opened under limits.

``zipfile`` reads the list of members in one piece and makes an object of each: a file can hold a list far larger than
any it needs. Of the compressions only those are read that need no memory of the sender's choice (LZMA does).
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
"""What ``zipfile`` raises for files that are truncated, malformed or of a kind it does not read."""
ENCRYPTED = 0x1
_MOST_LIST_BYTES = 2 << 20
"""Of the list of members: about 20,000 of them."""
_OFFICE = ("word/document.xml", "mimetype", "[Content_Types].xml")


class _Reader(io.RawIOBase):
    """Reads a file for ``zipfile`` in pieces of bounded size."""

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
    """Open a ZIP file; raises one of ``BROKEN`` when it is none, or its list of members is over 2 MiB."""
    with (
        io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file,
        zipfile.ZipFile(_Reader(file)) as archive,
    ):
        yield archive


def is_archive(content: Path) -> bool:
    """Tell whether a file is a ZIP of files, not a document that is kept as one (DOCX, ODT and their like)."""
    with content.open("rb") as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return False
    try:
        with opened(content) as archive:
            return not any(name in archive.NameToInfo for name in _OFFICE)
    except BROKEN:
        return False
