"""Write and read the pages artifact of a document: text and layout of each page.

The artifact is gzip. Its first line is a JSON list of strings, the page texts, of up to 40 million characters. Each
further line is a JSON object: the blocks, headings and tables of one page, called its layout. Without layouts there is
only the first line. Readers decompress in pieces up to the requested page, so the memory of a request is that of its
page, whatever the size of the document.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, cast

import orjson

from decalogo.errors import NotFoundError
from decalogo.storage.artifacts import ArtifactStore

PIECE_BYTES: Final = 64 * 1024


def encode_pages(texts: Sequence[str], layouts: Iterable[Mapping[str, Any]] = ()) -> bytes:
    """Return the pages artifact.

    Args:
        texts: text of each page.
        layouts: JSON objects, one per page in order; none if they are unknown. They are compressed one at a time.
    """
    written = io.BytesIO()
    with gzip.GzipFile(fileobj=written, mode="wb", compresslevel=3, mtime=0) as file:
        file.write(orjson.dumps(texts))
        for layout in layouts:
            file.write(b"\n" + orjson.dumps(layout))
    return written.getvalue()


def all_page_texts(store: ArtifactStore, key: str) -> list[str]:
    """Return the text of each page; a large document needs some hundred megabytes.

    Raises:
        FileNotFoundError: the store has no ``key``.
    """
    with store.open(key) as stored, gzip.open(stored) as file:
        return cast("list[str]", orjson.loads(file.readline()))


def page_text(store: ArtifactStore, key: str, page: int) -> str:
    """Return the text of a page.

    Args:
        store: the artifact store.
        key: key of the page texts.
        page: number of the page, from 1.

    Raises:
        FileNotFoundError: the store has no ``key``.
        NotFoundError: the document has fewer pages; ``pages`` is their number.
    """
    opening, seen, raw = 2 * page - 1, 0, bytearray(b'"')
    with store.open(key) as stored, gzip.open(stored) as file:
        for piece, masked in _pieces(file):
            here = seen + masked.count(b'"')
            if here >= opening:
                end = _after(masked, opening + 1 - seen) - 1 if here > opening else len(piece)
                raw += piece[_after(masked, opening - seen) : end]
            seen = here
            if seen > opening:
                break
    if seen <= opening:
        raise NotFoundError(f"The document has {seen // 2} pages.", pages=seen // 2)
    raw += b'"'
    return cast(str, orjson.loads(raw))


def page_layout(store: ArtifactStore, key: str, page: int) -> dict[str, Any] | None:
    """Return the layout of a page, from 1, as it was given to :func:`encode_pages`; None if it is unknown.

    Raises:
        FileNotFoundError: the store has no ``key``.
    """
    line, raw = 0, bytearray()
    with store.open(key) as stored, gzip.open(stored) as file:
        while line <= page and (piece := file.read(PIECE_BYTES)):
            for number, part in enumerate(piece.split(b"\n"), line):
                if number == page:
                    raw += part
            line += piece.count(b"\n")
    return cast("dict[str, Any]", orjson.loads(raw)) if raw else None


def _pieces(file: gzip.GzipFile) -> Iterator[tuple[bytes, bytes]]:
    """Yield pieces of the first line that split no escape, each with a copy in which quotes only delimit strings."""
    half, newline = b"", b""
    while not newline and (some := file.read(PIECE_BYTES)):
        some, newline, _ = some.partition(b"\n")
        piece = half + some
        half = piece[-1:] if (len(piece) - len(piece.rstrip(b"\\"))) % 2 else b""
        piece = piece.removesuffix(half)
        yield piece, piece.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")


def _after(masked: bytes, quotes: int) -> int:
    """Return the offset after the given number of quotes; 0 for none or less."""
    return len(masked) - len(masked.split(b'"', quotes)[quotes]) if quotes > 0 else 0
