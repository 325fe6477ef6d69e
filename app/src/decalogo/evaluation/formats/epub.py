"""EPUB: the documents of a book in reading order.

Source: EPUB 3.3, sections 4 (container) and 5 (package document).
"""

from __future__ import annotations

import posixpath

from decalogo.errors import DamagedDocumentError, EncryptedDocumentError
from decalogo.evaluation.formats.blocks import Block, Break, PageBreak, with_own_tables
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.html import MOST_BYTES, html_blocks
from decalogo.evaluation.formats.packages import Package, resolve
from decalogo.evaluation.formats.xml_stream import Attributes, XmlHandler, parse_xml

_ENCRYPTION = "meta-inf/encryption.xml"
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")
"""Algorithms that only make fonts unusable outside of the book."""


def epub_blocks(package: Package, container: str) -> list[Block]:
    """Return the content of a book; each of its documents begins a page."""
    if _ENCRYPTION in package and parse_xml(package.stream(_ENCRYPTION), _Encryption(package.budget)).protected:
        raise EncryptedDocumentError("The content is a protected EPUB book. Upload a copy without protection.")
    root = parse_xml(package.stream(container), _Container(package.budget)).root
    if not root or root not in package:
        raise DamagedDocumentError("The EPUB book has lost its table of parts. Export it again.")
    book = parse_xml(package.stream(root), _Book(package.budget))
    blocks: list[Block] = []
    tables = 0
    for key in book.spine:
        part = resolve(posixpath.dirname(root), book.items.get(key, ""))
        if part in package:
            moved, tables = with_own_tables(html_blocks(package.read(part, MOST_BYTES), package.budget), tables)
            blocks += [PageBreak(Break.FRESH), *moved]
    return blocks


class _Container(XmlHandler):
    """Handler of ``META-INF/container.xml``: the name of the package document."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.root = ""

    def _start_ocf_rootfile(self, attributes: Attributes) -> None:
        self.root = self.root or resolve("", attributes.get("full-path", ""))


class _Book(XmlHandler):
    """Handler of the package document: the files by id, and the ids in reading order."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.items: dict[str, str] = {}
        self.spine: list[str] = []

    def _start_opf_item(self, attributes: Attributes) -> None:
        if "html" in attributes.get("media-type", "html"):
            self.items[attributes.get("id", "")] = attributes.get("href", "")

    def _start_opf_itemref(self, attributes: Attributes) -> None:
        if attributes.get("idref", "") in self.items:
            self.spine.append(attributes["idref"])


class _Encryption(XmlHandler):
    """Handler of ``META-INF/encryption.xml``: whether more than fonts is encrypted."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.protected = False

    def _start_enc_EncryptionMethod(self, attributes: Attributes) -> None:
        self.protected |= not attributes.get("Algorithm", "").startswith(_FONTS)
