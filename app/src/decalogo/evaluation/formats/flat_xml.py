"""Documents that are one XML file: Word 2003 and Flat OPC, Excel 2003, flat OpenDocument."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from decalogo.errors import DamagedDocumentError, DocumentTooLargeError, UnsupportedDocumentError
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.formats.blocks import Block
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.cells import spreadsheet_blocks
from decalogo.evaluation.formats.docx_body import DocxHandler, NotesHandler
from decalogo.evaluation.formats.docx_styles import DocxStyles
from decalogo.evaluation.formats.docx_text import DocxParts
from decalogo.evaluation.formats.excel_2003 import Excel2003Handler
from decalogo.evaluation.formats.html import read_html
from decalogo.evaluation.formats.number_formats import NumberWriter
from decalogo.evaluation.formats.odf_sheets import OdfSheets
from decalogo.evaluation.formats.odf_text import OdfText
from decalogo.evaluation.formats.pages import make_sheets
from decalogo.evaluation.formats.xml_stream import Attributes, XmlHandler, parse_xml, value

WORD_2003 = "application/msword+xml"
EXCEL_2003 = "application/vnd.ms-excel+xml"
_ODF = "application/vnd.oasis.opendocument."
_MOST_BYTES = 200 << 20
_PIECE = 1 << 16
_XHTML = "http://www.w3.org/1999/xhtml"
_NOTES = {"footnotes+xml": "footnote", "endnotes+xml": "endnote"}

Pieces = Callable[[], Iterator[bytes]]


def read_xml(content: bytes | Path, limits: Limits) -> Reading:
    """Read a document that is one XML file.

    Raises:
        UnsupportedDocumentError: XML of another kind, which the message names.
        DamagedDocumentError: the XML is malformed.
        DocumentTooLargeError: over 200 MB, or more than the limits.
    """
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size > _MOST_BYTES:
        raise DocumentTooLargeError(
            f"The XML has {size:,} bytes; the limit is {_MOST_BYTES:,}. Upload the plan as PDF."
        )
    pieces: Pieces = lambda: _pieces(content)  # noqa: E731
    try:
        root, kind = _root(pieces())
        if root.startswith(f"{_XHTML} "):
            return read_html(content, limits)
        return _read(root.rpartition(" ")[2], kind, pieces, limits)
    except expat.ExpatError as error:
        raise DamagedDocumentError(f"The XML file is truncated or malformed ({error}). Export it again.") from error


def _read(root: str, kind: str, pieces: Pieces, limits: Limits) -> Reading:
    budget = Budget()
    if root == "wordDocument":
        return make_sheets(WORD_2003, parse_xml(pieces(), DocxHandler(budget)).finish(), limits)
    if root == "package":
        return make_sheets(WORD_2003, _flat_package(pieces, budget), limits)
    if root == "Workbook":
        numbers = NumberWriter(limits.decimal, limits.thousands)
        sheets = parse_xml(pieces(), Excel2003Handler(budget, numbers)).sheets
        return make_sheets(EXCEL_2003, spreadsheet_blocks(sheets), limits, fixed=True)
    if root == "document" and kind.startswith(_ODF):
        handler = OdfSheets(budget) if "spreadsheet" in kind else OdfText(budget)
        blocks = parse_xml(pieces(), handler).finish()
        return make_sheets(kind, blocks, limits, fixed="text" not in kind)
    return _refuse(root)


def word_xml_blocks(data: bytes, budget: Budget) -> list[Block]:
    """Return the content of a Word document that is one XML file; nothing for XML of another kind.

    Raises:
        UnsupportedDocumentError: a package without a Word document.
        ExpatError: the XML is malformed.
    """
    pieces: Pieces = lambda: _pieces(data)  # noqa: E731
    root = _root(pieces())[0].rpartition(" ")[2]
    if root == "wordDocument":
        return parse_xml(pieces(), DocxHandler(budget)).finish()
    return _flat_package(pieces, budget) if root == "package" else []


def _refuse(root: str) -> NoReturn:
    name = "".join(char for char in root if char.isprintable())[:60]
    raise UnsupportedDocumentError(
        f"The content is an XML file of an unknown form (it begins with <{name}>). "
        "Upload the plan as PDF, DOCX, ODT or plain text."
    )


def _pieces(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        for start in range(0, len(content), _PIECE):
            yield content[start : start + _PIECE]
        return
    with content.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece


class _Root(Exception):
    """The root element is known; not a failure."""


def _root(pieces: Iterator[bytes]) -> tuple[str, str]:
    """Return the name of the root element as expat reports it, and the media type it declares."""
    found: list[tuple[str, str]] = []

    class _Handler(XmlHandler):
        def start(self, name: str, attributes: Attributes) -> None:
            found.append((name, value(attributes, "office", "mimetype")))
            raise _Root

    try:
        parse_xml(pieces, _Handler(Budget()))
    except _Root:
        pass
    except UnsupportedDocumentError:
        if not found:
            raise
    return found[0] if found else ("", "")


class _PartNames(XmlHandler):
    """Handler of a Flat OPC file: the names of its parts by content type."""

    skipped = frozenset({"pkg:xmlData", "pkg:binaryData"})

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.names: dict[str, str] = {}

    def _start_pkg_part(self, attributes: Attributes) -> None:
        kind = value(attributes, "pkg", "contentType").rpartition(".")[2]
        self.names.setdefault(kind, value(attributes, "pkg", "name"))


class _OnePart(XmlHandler):
    """Handler of a Flat OPC file that passes one part of it on."""

    def __init__(self, budget: Budget, name: str, inner: XmlHandler) -> None:
        super().__init__(budget)
        self._name, self._inner, self._inside = name, inner, False

    def start(self, name: str, attributes: Attributes) -> None:
        """Take a start tag as expat reports it."""
        if name.endswith(" part") and value(attributes, "pkg", "name"):
            self._inside = value(attributes, "pkg", "name") == self._name
        elif self._inside:
            self._inner.start(name, attributes)
        else:
            super().start(name, attributes)

    def end(self, name: str) -> None:
        """Take an end tag as expat reports it."""
        if name.endswith("xmlPackage part"):
            self._inside = False
        elif self._inside:
            self._inner.end(name)
        else:
            super().end(name)

    def take_text(self, text: str) -> None:
        """Take character data as expat reports it."""
        if self._inside:
            self._inner.take_text(text)


def _flat_package(pieces: Pieces, budget: Budget) -> list[Block]:
    """Return the content of a Word document whose parts are in one XML file."""
    names = parse_xml(pieces(), _PartNames(budget)).names
    if "main+xml" not in names or not names["main+xml"].startswith("/word/"):
        _refuse("package")
    parts = DocxParts()
    if "styles+xml" in names:
        parts.styles = DocxStyles(budget)
        parse_xml(pieces(), _OnePart(budget, names["styles+xml"], parts.styles))
    notes: dict[tuple[str, str], str] = {}
    for kind, one in _NOTES.items():
        if kind in names:
            handler = NotesHandler(budget, parts, one)
            parse_xml(pieces(), _OnePart(budget, names[kind], handler))
            notes |= handler.notes
    parts.notes = notes
    body = DocxHandler(budget, parts)
    parse_xml(pieces(), _OnePart(budget, names["main+xml"], body))
    return body.finish()
