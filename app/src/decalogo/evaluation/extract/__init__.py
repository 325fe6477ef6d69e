"""Extraction: the bytes of a document become pages of text, passages and tables with offsets.

The native reader is loaded on the first PDF and never at import time, so that a worker may import this before it forks.
"""

from __future__ import annotations

from pathlib import Path

from decalogo.errors import DamagedDocumentError, EmptyDocumentError, NoTextError
from decalogo.evaluation.extract.contents import find_contents
from decalogo.evaluation.extract.detect import HEAD_BYTES, HTML, PDF, TEXT, ZIP, media_type
from decalogo.evaluation.extract.furniture import clear_grids, find_furniture
from decalogo.evaluation.extract.htmlpage import read_html
from decalogo.evaluation.extract.office import read_office
from decalogo.evaluation.extract.passages import build_passages
from decalogo.evaluation.extract.pdf import read_pdf
from decalogo.evaluation.extract.tables import build_tables
from decalogo.evaluation.extract.text import read_text
from decalogo.evaluation.model import Extracted, Flag, Page

_READERS = {PDF: read_pdf, TEXT: read_text, HTML: read_html}
__all__ = ["extract"]


def extract(content: bytes | Path, *, max_pages: int = 5000) -> Extracted:
    """Read a document; its type is judged by its content. The same bytes always give the same result.

    Args:
        content: the document's bytes, or the file that holds them (a large PDF is then never held in memory).
        max_pages: pages past which a document is refused.

    Raises:
        EmptyDocumentError: no bytes, or a text without a word.
        UnsupportedDocumentError: a type that cannot be read.
        EncryptedDocumentError: a PDF that needs a password.
        DamagedDocumentError: a PDF that cannot be opened, or is damaged so that no text is left.
        NoTextError: a PDF without a text layer on any page.
        DocumentTooLargeError: more than ``max_pages`` pages.
    """
    kind = media_type(_head(content))
    if kind == ZIP:
        kind, sheets, flags = read_office(content, max_pages)
    else:
        sheets, flags = _READERS[kind](content, max_pages)
    blank = tuple(sheet.number for sheet in sheets if not sheet.lines)
    if len(blank) == len(sheets):
        if kind != PDF:
            raise EmptyDocumentError("The document holds no word; upload the document again.")
        if any(flag.code == "damaged" for flag in flags):
            raise DamagedDocumentError("The PDF is damaged and no text can be read; download or export it again.")
        raise NoTextError(
            f"None of the {len(sheets)} pages has a text layer (a scan?); run text recognition and upload the result."
        )
    if blank and kind == PDF:
        flags.append(
            Flag(
                "pages-without-text",
                f"{len(blank)} of {len(sheets)} pages have no text layer and were not judged.",
                blank,
            )
        )
    furniture = find_furniture(sheets)
    clear_grids(sheets, furniture)
    contents = find_contents(sheets, furniture)
    flow = build_passages(sheets, furniture, contents)
    return Extracted(
        media_type=kind,
        pages=tuple(Page(sheet.number, sheet.text) for sheet in sheets),
        passages=tuple(flow.passages),
        tables=tuple(build_tables(sheets, furniture, flow.grid_sections)),
        flags=tuple(flags),
    )


def _head(content: bytes | Path) -> bytes:
    if isinstance(content, Path):
        with content.open("rb") as file:
            return file.read(HEAD_BYTES)
    return content[:HEAD_BYTES]
