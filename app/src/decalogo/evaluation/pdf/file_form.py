"""The two ends of a PDF file: its header, and the pointer to its table of objects."""

from __future__ import annotations

import re
from pathlib import Path

_HEADER = b"%PDF-1.7"
_HEAD_BYTES = 1024
"""Readers look for the header in so many bytes (PDF 32000-1, annex H)."""
_TAIL_BYTES = 1 << 20
"""How much of a file's end is looked at: what mail programs and servers append is short."""
_POINTER = re.compile(rb"startxref\s+(\d+)(?!\d)")
_OBJECT = re.compile(rb"\s\d+\s+\d+\s+obj\b")


def with_header(content: bytes | Path) -> bytes | Path:
    """Return a PDF with a header that PDFium finds: the file as it is, or a copy where its header is misspelt."""
    if isinstance(content, Path):
        with content.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    else:
        head = content[:_HEAD_BYTES]
    if b"%PDF-" in head:
        return content
    data = content.read_bytes() if isinstance(content, Path) else content
    first_line = re.match(rb"[^\r\n]*", data)
    # In its place, so that the offsets of the table of objects stay right.
    if first_line and first_line.end() >= len(_HEADER) and not _OBJECT.search(b"\n" + first_line.group()):
        return _HEADER + data[len(_HEADER) :]
    return _HEADER + b"\n" + data


def ends_well(content: bytes | Path) -> bool:
    """Return whether a file ends with the pointer to its table of objects.

    The mark behind the pointer may be cut off, and something else may follow, as long as it is no further object.
    """
    if isinstance(content, Path):
        with content.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read()
    else:
        tail, size = content[-_TAIL_BYTES:], len(content)
    match = _POINTER.match(tail, max(0, tail.rfind(b"startxref")))
    return match is not None and 0 < int(match.group(1)) <= size and _OBJECT.search(tail, match.end()) is None
