"""A cache of recognised pages, keyed by the document's content: a retry or a second upload recognises nothing."""

from __future__ import annotations

import gzip
import hashlib
import os
import secrets
import zlib
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import orjson

from decalogo.evaluation.documents.raw_pages import Recognised
from decalogo.evaluation.documents.sheets import Box

_FOLDERS = 16
_MOST_FILES = 500
"""Maximum number of files per folder: about 8,000 pages of 2 to 5 KB in all. The least recently used are deleted."""
_MOST_BYTES = 8 << 20
"""Maximum size of a page's lines, uncompressed; the cache writes no larger file."""


class OcrCache:
    """The lines of recognised pages in one folder. If the folder cannot be used, nothing is cached.

    Args:
        folder: created at the first write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, key: str) -> Recognised | None:
        """Return the lines of a page; ``None`` if it is not cached."""
        path = self._path(key)
        try:
            with gzip.open(path) as file:
                written = file.read(_MOST_BYTES + 1)
            os.utime(path)
            lines, height, rotation = orjson.loads(written)
            return Recognised(tuple((text, Box(*box)) for text, box in lines), float(height), int(rotation))
        except (OSError, EOFError, zlib.error, TypeError, ValueError):
            return None

    def put(self, key: str, lines: Recognised) -> None:
        """Store the lines of a page."""
        path = self._path(key)
        written = orjson.dumps([[(text, tuple(box)) for text, box in lines.lines], lines.height, lines.rotation])
        temporary = path.with_name(f".{secrets.token_hex(8)}")
        with suppress(OSError):
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True, exist_ok=True)
                # The service that deletes old pages may be another user of the folder's group.
                path.parent.chmod(self._folder.stat().st_mode & 0o777)
            try:
                temporary.write_bytes(gzip.compress(written, compresslevel=3, mtime=0))
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
            self._trim(path.parent)

    def discard_older_than(self, timestamp: float) -> int:
        """Delete pages last used before ``timestamp`` (Unix seconds); return their number."""
        count = 0
        for path in self._folder.glob("?/*"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < timestamp:
                    path.unlink()
                    count += 1
        return count

    def discard(self, documents: Collection[str]) -> int:
        """Delete the pages of documents, given the SHA-256 of their files in hex; return their number."""
        count = 0
        for path in self._folder.glob("?/*"):
            if path.name.partition(".")[0] in documents:
                path.unlink(missing_ok=True)
                count += 1
        return count

    def _path(self, key: str) -> Path:
        return self._folder / format(int(key[-2:], 16) % _FOLDERS, "x") / key

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


class PageCache:
    """The cached pages of one document.

    Args:
        folder: folder of an :class:`OcrCache`; ``None`` disables caching.
        content: the document's bytes, or the file that holds them.
        how: values that change the text: version of the program, language, resolution.
    """

    def __init__(self, folder: Path | None, content: bytes | Path, *how: str) -> None:
        self._cache = OcrCache(folder) if folder else None
        if self._cache is None:
            return
        if isinstance(content, bytes):
            document = hashlib.sha256(content)
        else:
            with content.open("rb") as file:
                document = hashlib.file_digest(file, "sha256")
        self._content = document.hexdigest()
        document.update("\0".join(how).encode())
        self._document = document

    def get(self, number: int) -> Recognised | None:
        """Return the lines of page ``number``; ``None`` if it is not cached."""
        return self._cache.get(self._key(number)) if self._cache else None

    def put(self, number: int, lines: Recognised) -> None:
        """Store the lines of page ``number``."""
        if self._cache:
            self._cache.put(self._key(number), lines)

    def _key(self, number: int) -> str:
        page = self._document.copy()
        page.update(f"\0{number}".encode())
        return f"{self._content}.{page.hexdigest()}"
