"""Extract the text of a document: pages, passages and tables with offsets.

Native libraries are loaded by the first document and never at import, so that a worker can import this before it forks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from decalogo.errors import DamagedDocumentError, EmptyDocumentError, NoTextError
from decalogo.evaluation import progress
from decalogo.evaluation.documents.detect import (
    EML,
    HEAD_BYTES,
    HTML,
    JPEG,
    MARKDOWN,
    OLE,
    PDF,
    PNG,
    RTF,
    TEXT,
    TIFF,
    XML,
    ZIP,
    media_type,
)
from decalogo.evaluation.documents.model import Extracted, Flag, OcrOptions, Page
from decalogo.evaluation.documents.parts import Parts
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.formats.flat_xml import read_xml
from decalogo.evaluation.formats.html import read_html
from decalogo.evaluation.formats.images import read_image
from decalogo.evaluation.formats.mail import read_eml
from decalogo.evaluation.formats.markdown import read_markdown
from decalogo.evaluation.formats.office import read_office
from decalogo.evaluation.formats.ole import refuse_ole
from decalogo.evaluation.formats.rtf import read_rtf
from decalogo.evaluation.formats.text import read_text
from decalogo.evaluation.languages import DEFAULT, Language, load_language
from decalogo.evaluation.layout.headers_footers import clear_grids, find_furniture
from decalogo.evaluation.layout.passages import build_passages
from decalogo.evaluation.layout.table_of_contents import find_contents
from decalogo.evaluation.layout.tables import build_tables
from decalogo.evaluation.layout.words import words_of
from decalogo.evaluation.pdf.reader import read_pdf

_READERS: dict[str, Callable[[bytes | Path, Limits], Reading]] = {
    PDF: lambda content, limits: read_pdf(content, limits, lambda kind: _READERS[kind] if kind != PDF else read_pdf),
    TEXT: read_text,
    HTML: read_html,
    ZIP: read_office,
    RTF: read_rtf,
    MARKDOWN: read_markdown,
    XML: read_xml,
    OLE: refuse_ole,
    JPEG: partial(read_image, media_type=JPEG),
    PNG: partial(read_image, media_type=PNG),
    TIFF: partial(read_image, media_type=TIFF),
    # A message inside a message is read as plain text.
    EML: lambda content, limits: read_eml(content, limits, lambda kind: _READERS[TEXT if kind == EML else kind]),
}
_SCANNED = frozenset({PDF, EML, JPEG, PNG, TIFF})
"""Types whose pages without text may be pictures of text."""
__all__ = ["extract"]


def extract(
    content: bytes | Path,
    *,
    max_pages: int = 5000,
    stop: Callable[[], bool] | None = None,
    ocr: OcrOptions | None = None,
    parts: Parts | None = None,
    language: Language | None = None,
) -> Extracted:
    """Extract the text of a document; detect its type from its content. The same bytes give the same result.

    Args:
        content: the document's bytes, or a file that holds them. A PDF file is never loaded into memory as a whole.
        max_pages: maximum number of pages; a longer document is rejected.
        stop: called between pages. Once it returns true, the pages read so far (at least one) become the document,
            flagged ``partial``. The same pages give the same document.
        ocr: text recognition of pages without a text layer. By default, some pages are recognised if tesseract is
            installed, and flagged ``pages-by-ocr``.
        parts: pages that other processes read, and when to ask for more (see ``SplitError``). They do not change the
            result.
        language: language of headings, captions and page numbers; default: Spanish.

    Raises:
        SplitError: other processes should read parts of the document first (only if ``parts`` asks for it).
        EmptyDocumentError: no bytes, or a text without a word.
        UnsupportedDocumentError: a type that cannot be read.
        EncryptedDocumentError: a PDF that needs a password.
        DamagedDocumentError: a PDF that cannot be opened, or has no text left.
        NoTextError: a PDF without text on any page, recognised text included.
        DocumentTooLargeError: more than ``max_pages`` pages.
    """
    language = language or load_language(DEFAULT)
    limits = Limits(
        max_pages,
        stop,
        ocr or OcrOptions(),
        parts or Parts(),
        decimal=language.numbers.decimal,
        thousands=language.numbers.thousands,
    )
    reading = _READERS[media_type(_head(content))](content, limits)
    progress.at("layout")
    sheets, flags = reading.sheets, reading.flags
    because = f": {reading.unread_because}" if reading.unread_because else ""
    _check_text(reading, because)
    flags += _blank_pages(reading, because)
    if reading.cut:
        flags.append(reading.partial_flag())
    words = words_of(language)
    furniture = find_furniture(sheets, words)
    clear_grids(sheets, furniture)
    contents = find_contents(sheets, furniture, words)
    flow = build_passages(sheets, furniture, contents, words)
    return Extracted(
        media_type=reading.media_type,
        pages=tuple(Page(sheet.number, sheet.text) for sheet in sheets),
        passages=tuple(flow.passages),
        tables=tuple(build_tables(sheets, furniture, flow.grid_sections)),
        flags=tuple(flags),
        total_pages=reading.total if reading.cut else None,
    )


def _blank_pages(reading: Reading, because: str) -> list[Flag]:
    """Return the flag of pages that should have text and have none."""
    costly = {page for flag in reading.flags if flag.code == "pages-too-costly" for page in flag.pages}
    blank = tuple(sheet.number for sheet in reading.sheets if not sheet.lines and sheet.number not in costly)
    if not blank or reading.media_type not in _SCANNED:
        return []
    detail = f"{len(blank)} of {len(reading.sheets)} pages have no text layer and were not evaluated{because}."
    return [Flag("pages-without-text", detail, blank)]


def _check_text(reading: Reading, because: str) -> None:
    """Reject a document without a word, unless the time limit ended its reading."""
    cut = reading.cut or any(flag.code == "partial" for flag in reading.flags)
    if cut or any(sheet.lines for sheet in reading.sheets):
        return
    if reading.media_type not in _SCANNED - {EML}:
        raise EmptyDocumentError("The document contains no words. Upload the document again.")
    if any(flag.code == "damaged" for flag in reading.flags):
        raise DamagedDocumentError("The PDF is damaged and no text can be read. Download or export it again.")
    raise NoTextError(
        f"None of the {len(reading.sheets)} pages has a text layer (a scan?){because}. "
        "Run text recognition and upload the result."
    )


def _head(content: bytes | Path) -> bytes:
    if isinstance(content, Path):
        with content.open("rb") as file:
            return file.read(HEAD_BYTES)
    return content[:HEAD_BYTES]
