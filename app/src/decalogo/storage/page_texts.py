"""Read the text of one page of a document from the artifact store.

Page texts are a gzipped JSON list of strings, of up to 40 million characters. The list is decompressed in pieces up to
the requested page, so the memory of a request is that of its page, whatever the size of the document.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from typing import Final, cast

import orjson

from decalogo.errors import NotFoundError
from decalogo.storage.artifacts import ArtifactStore

PIECE_BYTES: Final = 64 * 1024


def all_page_texts(store: ArtifactStore, key: str) -> list[str]:
    """Return the text of each page; a large document needs some hundred megabytes.

    Raises:
        FileNotFoundError: the store has no ``key``.
    """
    with store.open(key) as stored, gzip.open(stored) as file:
        return cast("list[str]", orjson.loads(file.read()))


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


def _pieces(file: gzip.GzipFile) -> Iterator[tuple[bytes, bytes]]:
    """Yield pieces of the JSON that split no escape, each with a copy in which quotes only delimit strings."""
    half = b""
    while some := file.read(PIECE_BYTES):
        piece = half + some
        half = piece[-1:] if (len(piece) - len(piece.rstrip(b"\\"))) % 2 else b""
        piece = piece.removesuffix(half)
        yield piece, piece.replace(b"\\\\", b"  ").replace(b'\\"', b"  ")


def _after(masked: bytes, quotes: int) -> int:
    """Return the offset after the given number of quotes; 0 for none or less."""
    return len(masked) - len(masked.split(b'"', quotes)[quotes]) if quotes > 0 else 0
