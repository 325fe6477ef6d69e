"""Office documents in a ZIP: DOCX, XLSX, PPTX, ODT, ODS, ODP and EPUB."""

from __future__ import annotations

from pathlib import Path
from xml.parsers import expat

from decalogo.errors import DamagedDocumentError, UnsupportedDocumentError
from decalogo.evaluation.documents.detect import EML, HEAD_BYTES, HTML, MARKDOWN, RTF, TEXT, XML, ZIP, media_type
from decalogo.evaluation.documents.model import Flag
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.formats.blocks import Block, Paragraph
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.cells import spreadsheet_blocks
from decalogo.evaluation.formats.charsets import decode
from decalogo.evaluation.formats.docx import docx_blocks
from decalogo.evaluation.formats.epub import epub_blocks
from decalogo.evaluation.formats.flat_xml import word_xml_blocks
from decalogo.evaluation.formats.html import html_blocks
from decalogo.evaluation.formats.mail_parts import content_parts
from decalogo.evaluation.formats.number_formats import NumberWriter
from decalogo.evaluation.formats.odf import odf_handler
from decalogo.evaluation.formats.odf_sheets import OdfSheets
from decalogo.evaluation.formats.package_kinds import DOCX, EPUB, ODG, ODP, PPTX, XLSX, Kind, identify
from decalogo.evaluation.formats.packages import Package
from decalogo.evaluation.formats.pages import make_sheets
from decalogo.evaluation.formats.pptx import pptx_blocks
from decalogo.evaluation.formats.rtf import rtf_blocks
from decalogo.evaluation.formats.xlsx import xlsx_sheets
from decalogo.evaluation.formats.zip_files import BROKEN, opened


def read_office(content: bytes | Path, limits: Limits) -> Reading:
    """Read an office document that is a ZIP package.

    Raises:
        UnsupportedDocumentError: an archive of files, or a document of another type, which the message names.
        EncryptedDocumentError: it needs a password.
        DamagedDocumentError: the ZIP or its XML is broken.
        DocumentTooLargeError: it unpacks to more than the limits, or has more than ``limits.max_pages`` pages.
    """
    try:
        with opened(content) as archive:
            package = Package(archive, Budget())
            kind = identify(package)
            if kind is None:
                raise UnsupportedDocumentError(
                    f"The content is an archive of {len(package.names)} files (ZIP), not a document. "
                    "Upload the documents in it."
                )
            return _read(package, kind, limits)
    except (*BROKEN, expat.ExpatError) as error:
        raise DamagedDocumentError(
            f"The office document is truncated or malformed ({error}). Save or export it again."
        ) from error


def _read(package: Package, kind: Kind, limits: Limits) -> Reading:
    media_type = kind.media_type
    if media_type == DOCX:
        return make_sheets(media_type, docx_blocks(package, kind.main, _inner), limits)
    if media_type == EPUB:
        return make_sheets(media_type, epub_blocks(package, kind.main), limits)
    if media_type == PPTX:
        blocks, hidden = pptx_blocks(package, kind.main)
        return _slides(media_type, blocks, hidden, limits)
    if media_type == XLSX:
        found = xlsx_sheets(package, kind.main, NumberWriter(limits.decimal, limits.thousands))
        reading = make_sheets(media_type, spreadsheet_blocks(found.sheets), limits, fixed=True)
        flag_hidden_cells(reading, found.hidden)
        flag_missing_values(reading, found.without_value)
        return reading
    handler = odf_handler(package, kind)
    if isinstance(handler, OdfSheets):
        reading = make_sheets(media_type, handler.finish(), limits, fixed=True)
        flag_hidden_cells(reading, handler.not_shown)
        return reading
    if media_type in {ODP, ODG}:
        return _slides(media_type, handler.finish(), handler.hidden, limits)
    return make_sheets(media_type, handler.finish(), limits)


def _slides(media_type: str, blocks: list[Block], hidden: list[int], limits: Limits) -> Reading:
    reading = make_sheets(media_type, blocks, limits, fixed=True)
    if hidden:
        pages = tuple(number for number in hidden if number <= len(reading.sheets))
        reading.flags.append(Flag("hidden-not-read", f"{len(hidden)} slides are hidden and were not read.", pages))
    return reading


def flag_hidden_cells(reading: Reading, count: int) -> None:
    """Flag a spreadsheet of which ``count`` sheets, rows and columns are hidden."""
    if count:
        detail = f"{count} sheets, rows or columns are hidden and were not read. Show them and upload the file again."
        reading.flags.append(Flag("hidden-not-read", detail))


def flag_missing_values(reading: Reading, count: int) -> None:
    """Flag a spreadsheet of which ``count`` formulas have no result."""
    if count:
        detail = f"{count} cells hold formulas without a result. Open the file in a spreadsheet program and save it."
        reading.flags.append(Flag("values-missing", detail))


def _inner(data: bytes, budget: Budget) -> list[Block]:
    """Return the content of a document that is kept inside a DOCX; nothing where it cannot be read."""
    try:
        kind = media_type(data[:HEAD_BYTES])
        if kind == HTML:
            return html_blocks(data, budget)
        if kind == RTF:
            return rtf_blocks(data, budget)
        if kind == ZIP:
            return _inner_docx(data, budget)
        if kind == XML:
            return word_xml_blocks(data, budget)
        if kind == EML:  # a saved page
            pages = (part.data for part in content_parts(data) if part.declared == "text/html")
            return [block for page in pages for block in html_blocks(page, budget)]
        if kind in {TEXT, MARKDOWN}:
            return [Paragraph(text) for text in decode(data).split("\n\n")]
    except (UnsupportedDocumentError, DamagedDocumentError, *BROKEN, expat.ExpatError):
        pass
    return []


def _inner_docx(data: bytes, budget: Budget) -> list[Block]:
    with opened(data) as archive:
        package = Package(archive, budget)
        kind = identify(package)
        if kind is None or kind.media_type != DOCX:
            return []
        return docx_blocks(package, kind.main, lambda _data, _budget: [])  # no document inside that one
