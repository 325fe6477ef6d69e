"""Detect large documents at upload by cheap signs: size, media type, and the page count in a linearized PDF."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from decalogo.errors import DocumentError
from decalogo.evaluation.documents.detect import EML, HEAD_BYTES, HTML, MARKDOWN, PDF, RTF, TEXT, media_type
from decalogo.settings import QueueSettings

_TEXT_KINDS: Final = (TEXT, MARKDOWN, HTML, RTF, EML)
_TEXT_WEIGHT: Final = 10
"""A page takes about 2 KB in a text file, and at least 20 KB in a PDF."""

# PDF 32000-1, annex F: a linearized file begins with a dictionary whose /N is the number of pages.
_LINEARIZED_PAGES = re.compile(rb"/Linearized\b[^>]{0,200}?/N\s+(\d{1,7})\b")


def is_large(path: Path, size: int, settings: QueueSettings) -> bool:
    """Return whether a document belongs in the queue of large documents; reads at most its first bytes."""
    if size >= settings.large_bytes:
        return True
    if size * _TEXT_WEIGHT < settings.large_bytes:
        return False
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    try:
        kind = media_type(head)
    except DocumentError:
        return False  # its evaluation ends immediately with the same error
    pages = _LINEARIZED_PAGES.search(head) if kind == PDF else None
    return kind in _TEXT_KINDS or (pages is not None and int(pages[1]) >= settings.large_pages)
