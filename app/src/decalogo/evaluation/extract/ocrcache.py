"""What text recognition found on a page, kept by a hash of the page's image: a retry or the same plan again is free."""

from __future__ import annotations

import gzip
import hashlib
import os
import secrets
import zlib
from contextlib import suppress
from pathlib import Path

_FOLDERS = 16
_MOST_FILES = 500
"""In one of the folders: about 8,000 pages of 3 to 10 KB in all, the least recently used of them go first."""
_MOST_BYTES = 8 << 20
"""A page's words, unpacked; what is larger was not written here."""


def page_key(image: bytes, *how: str) -> str:
    """Return the name of a page: its pixels and ``how`` they are recognised (program, language, resolution)."""
    digest = hashlib.sha256(image)
    digest.update("\0".join(how).encode())
    return digest.hexdigest()


class OcrCache:
    """Tables of words under one folder. A folder that cannot be used is as good as none.

    Args:
        folder: where they are; made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> str | None:
        """Return what was found on the page, or ``None`` when it is not known."""
        path = self._path(key)
        try:
            with gzip.open(path) as file:
                table = file.read(_MOST_BYTES + 1)
            os.utime(path)
            return table.decode() if len(table) <= _MOST_BYTES else None
        except (OSError, EOFError, zlib.error, ValueError):
            return None

    def put(self, key: str, table: str) -> None:
        """Keep what was found on a page."""
        path = self._path(key)
        temporary = path.with_name(f".{secrets.token_hex(8)}")
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                temporary.write_bytes(gzip.compress(table.encode(), compresslevel=3, mtime=0))
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            self._trim(path.parent)

    def discard_older_than(self, timestamp: float) -> int:
        """Delete what was last used before ``timestamp`` (Unix seconds); returns how many pages."""
        count = 0
        for path in self._folder.glob("?/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < timestamp:
                    path.unlink()
                    count += 1
        return count

    def _path(self, key: str) -> Path:
        return self._folder / format(int(key[:2], 16) % _FOLDERS, "x") / key

    @staticmethod
    def _trim(folder: Path) -> None:
        files = list(folder.iterdir())
        if len(files) <= _MOST_FILES:
            return
        ages: list[tuple[float, Path]] = []
        for path in files:
            with suppress(FileNotFoundError):
                ages.append((path.stat().st_mtime, path))
        for _, path in sorted(ages)[: len(ages) - _MOST_FILES]:
            path.unlink(missing_ok=True)
