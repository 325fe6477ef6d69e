"""What streams of a PDF unpack to, within a budget, and how much they can unpack to at most.

Import this module after a fork only: it loads a native library.
"""

from __future__ import annotations

import zlib
from typing import Any

import pikepdf
import pikepdf.settings

from decalogo.evaluation.pdf.objects import UNREADABLE, entry, items

MAX_BYTES = 32 << 20
"""Unpacked size of a page's content, forms counted as often as they are drawn."""
_RATIO = 1032
"""Greatest ratio of the packing methods, that of Deflate."""
_PIECE = 1 << 16
_FLATE = frozenset({"/FlateDecode", "/Fl"})
_LZW = frozenset({"/LZWDecode", "/LZW"})
_JPEG = frozenset({"/DCTDecode", "/DCT"})
_PACKED = _FLATE | _LZW | {"/RunLengthDecode", "/RL"}
_LZW_BYTES = 200_000


def set_limits() -> None:
    """Bound what qpdf unpacks in this process."""
    pikepdf.settings.set_qpdf_limits(flate_max_memory=MAX_BYTES, run_length_max_memory=MAX_BYTES, max_stream_filters=8)


def most_bytes(stream: Any) -> int:
    """Return a size that a stream does not exceed when it is unpacked, from its packed size."""
    length = entry(stream, "/Length")
    packed = sum(name in _PACKED for name in _filters(stream))
    if not isinstance(length, int) or packed > 1:
        return MAX_BYTES + 1
    return length * _RATIO if packed else length


def inflated(stream: Any, most: int) -> int:
    """Return the unpacked size of a stream; ``most + 1`` if it is larger, or not packed by Deflate alone."""
    filters = _filters(stream)
    if len(filters) != 1 or filters[0] not in _FLATE:
        return most + 1
    unpacker = zlib.decompressobj()
    try:
        size, data = 0, stream.read_raw_bytes()
        while data and size <= most and not unpacker.eof:
            size += len(unpacker.decompress(data, min(most + 1, 1 << 20)))
            data = unpacker.unconsumed_tail
    except (zlib.error, *UNREADABLE):
        return most + 1  # PDFium reads what stands before the damage
    return min(size, most + 1)


def unpacked(stream: Any) -> bytes | None:
    """Return a stream's data; ``None`` for more than the budget. Of a damaged one, what comes before the damage."""
    try:
        if any(name in _LZW for name in _filters(stream)) and len(stream.read_raw_bytes()) > _LZW_BYTES:
            return None
        data: bytes = stream.read_bytes()
    except pikepdf.DataDecodingError as error:
        return None if "limit" in str(error) else _salvaged(stream)
    except UNREADABLE:
        return b""
    return data


def jpeg_of(image: Any) -> bytes:
    """Return the JPEG that an image is, also within Deflate; nothing for other images."""
    filters = _filters(image)
    if not filters or filters[-1] not in _JPEG:
        return b""
    data: bytes = image.read_raw_bytes()
    for name in filters[:-1]:
        if name in _FLATE:
            data = zlib.decompressobj().decompress(data, MAX_BYTES)
    return data


def _salvaged(stream: Any) -> bytes | None:
    data: bytes = stream.read_raw_bytes()
    for name in _filters(stream):
        if name not in _FLATE:
            return data if len(data) <= _PIECE else None
        unpacker, pieces, size = zlib.decompressobj(), [], 0
        try:
            while data and size <= MAX_BYTES and not unpacker.eof:
                pieces.append(unpacker.decompress(data, _PIECE))
                size += len(pieces[-1])
                data = unpacker.unconsumed_tail
        except zlib.error:
            pass  # PDFium draws what it has
        if size > MAX_BYTES:
            return None
        data = b"".join(pieces)
    return data


def _filters(stream: Any) -> list[str]:
    found = entry(stream, "/Filter")
    return [str(found)] if isinstance(found, pikepdf.Name) else [str(name) for name in items(found)]
