"""Read PDF files with PDFium: pages of text with the position of every line, and ruled tables.

PDFium is not thread-safe and must be loaded after a fork. It is imported inside functions, and one process reads one
document at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from decalogo.errors import (
    DamagedDocumentError,
    DocumentTooLargeError,
    UnsupportedDocumentError,
)
from decalogo.evaluation import progress
from decalogo.evaluation.documents.detect import PDF
from decalogo.evaluation.documents.model import Flag
from decalogo.evaluation.documents.parts import RECOGNISE, Known, Part
from decalogo.evaluation.documents.raw_pages import RawPage
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.documents.sheets import Sheet
from decalogo.evaluation.layout.hyphens import Vocabulary
from decalogo.evaluation.layout.normalise import normalise
from decalogo.evaluation.pdf import ocr
from decalogo.evaluation.pdf.file_form import ends_well
from decalogo.evaluation.pdf.opened import OpenedPdf
from decalogo.evaluation.pdf.page import place_lines
from decalogo.evaluation.pdf.portfolio import Reader, read_portfolio
from decalogo.evaluation.pdf.recognition import is_doubtful, recognise
from decalogo.evaluation.pdf.structure import Structure, inspect

MOST_CHARACTERS = 40_000_000
"""Maximum number of characters of a document: eighty times a long plan, about 1 GB of memory while it is read."""
_PAGES_OF_NOTICE = 2
_NOTICE = re.compile(
    r"please wait|espere|aguarde|patienter|adobe\W*reader|acrobat"
    r"|pdf viewer|(?:visor|visualizador) (?:de )?(?:archivos )?pdf",
    re.IGNORECASE,
)
"""What the page says that stands in for an XFA form in other programs."""


def read_pdf(content: bytes | Path, limits: Limits, read_member: Callable[[str], Reader] | None = None) -> Reading:
    """Read a PDF: one sheet per page (empty if the page cannot be read), and flags.

    Args:
        content: the file.
        limits: how much is read.
        read_member: returns the reader of a media type, for the files of a portfolio; ``None``: they are not read.

    Raises:
        UnsupportedDocumentError: it is an XFA form, or a portfolio of files that cannot be read.
        EncryptedDocumentError: the file needs a password.
        DamagedDocumentError: PDFium cannot open the file, or it has no pages.
        DocumentTooLargeError: more than ``limits.max_pages`` pages or ``MOST_CHARACTERS`` characters.
        SplitError: other processes should read parts of it first.
    """
    structure = inspect(content)
    if structure.members is not None:
        return read_portfolio(structure.members, limits, read_member)
    document, known = OpenedPdf(structure), limits.parts.known
    try:
        count = len(document)
        if count == 0:
            raise DamagedDocumentError("The PDF has no pages; it may be truncated. Download or export it again.")
        if count > limits.max_pages:
            raise DocumentTooLargeError(
                f"The PDF has {count} pages; the limit is {limits.max_pages}. Split it or raise evaluation.max_pages."
            )
        limits.parts.check_reading(count)
        raw: list[RawPage] = []
        flags: list[Flag] = []
        length = 0
        for index in range(count):
            if limits.reached(index):
                break
            raw.append(known.read.get(index + 1) or document.read(index + 1))
            length += len(raw[-1].text)
            if length > MOST_CHARACTERS:
                raise DocumentTooLargeError(
                    f"The PDF has more than {MOST_CHARACTERS:,} characters on its first {index + 1} pages. Split it."
                )
        progress.at("layout")
        _check_form(structure, raw)
        because = ""
        if len(raw) == count:
            _check_drawings(structure, raw)
            because = recognise(document.document, content, raw, limits, flags)
    finally:
        document.close()
    progress.at("layout")
    flags += _costly(raw)
    words = Vocabulary(page.text for page in raw)
    sheets = [_sheet(page, words) for page in raw]
    flags = [*_damage(content, raw), *flags]
    return Reading(PDF, sheets, flags, cut=len(raw) < count, unread_because=because, total=count)


def read_part(content: bytes | Path, part: Part, limits: Limits) -> Known:
    """Read one part of a PDF. Pages that do not fit the time limit are left out; the final evaluation reads them.

    Raises:
        DocumentError: the file cannot be opened.
    """
    known = Known()
    document = OpenedPdf(inspect(content))
    try:
        if part.kind == RECOGNISE:
            cache = ocr.page_cache(content, limits.ocr)
            doubts = {number: document.read(number).doubt for number in part.pages}
            allowed = ocr.cpu_seconds_for(content, limits.ocr, part.seconds)
            known.recognised = ocr.recognise_pages(
                document.document, doubts, limits.ocr, cache, limits.reached, part.seconds, allowed
            )
            return known
        length = 0
        for index, number in enumerate(part.pages):
            if limits.reached(index) or length > MOST_CHARACTERS:
                break
            progress.at("extract", number)
            known.read[number] = document.read(number)
            length += len(known.read[number].text)
        return known
    finally:
        document.close()


def _sheet(page: RawPage, words: Vocabulary) -> Sheet:
    normal = normalise(page.text, words)
    for grid in page.grids:
        for cell in grid.cells:
            cell.words = [(normal.at(start), normal.at(end)) for start, end in cell.words]
    return Sheet(page.number, normal.text, place_lines(page, normal), page.height, page.grids)


def _damage(content: bytes | Path, raw: list[RawPage]) -> list[Flag]:
    unread = tuple(page.number for page in raw if page.failed)
    if unread:
        return [Flag("damaged", f"The PDF is damaged: {len(unread)} of {len(raw)} pages cannot be read.", unread)]
    if not ends_well(content):
        return [
            Flag("damaged", "The end of the PDF is missing or malformed (truncated?). The repairable part was read.")
        ]
    return []


def _check_drawings(structure: Structure, raw: Sequence[RawPage]) -> None:
    """Mark the pages that recognition must not draw."""
    drawn = [page for page in raw if is_doubtful(page)]
    if not drawn or not structure.checked:
        return
    from decalogo.evaluation.pdf.drawing import Drawings

    if drawings := Drawings.of(structure.content):
        for page in drawn:
            page.costly = drawings.reason(page.number)
        drawings.document.close()


def _costly(raw: Sequence[RawPage]) -> list[Flag]:
    """Return the flag of the pages over their budget. Raise ``DocumentTooLargeError`` if no other page has text."""
    costly = [page for page in raw if page.costly]
    if not costly:
        return []
    first, count = costly[0], len(costly)
    if not any(page.text.strip() for page in raw):
        raise DocumentTooLargeError(
            f"Page {first.number} of the PDF would take too much time or memory: {first.costly}. "
            "Export the document again without layered or repeated drawings.",
            page=first.number,
        )
    detail = f"{count} of {len(raw)} pages were not read: page {first.number} would take too much, {first.costly}."
    return [Flag("pages-too-costly", detail, tuple(page.number for page in costly))]


def _check_form(structure: Structure, raw: Sequence[RawPage]) -> None:
    """Reject an XFA form whose pages only ask for another program."""
    if structure.form and len(raw) <= _PAGES_OF_NOTICE and any(_NOTICE.search(page.text) for page in raw):
        raise UnsupportedDocumentError(
            "The PDF is an XFA form: its pages only exist in Adobe Acrobat Reader. Open it there, print it to a PDF "
            "file and upload that file."
        )
