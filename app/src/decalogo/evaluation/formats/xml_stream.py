"""XML read as a stream, under limits: elements by short names, nothing expanded, nothing kept.

A document type declaration ends the reading, so that no entity is ever expanded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import ClassVar, NoReturn, TypeVar
from xml.parsers import expat

from decalogo.errors import UnsupportedDocumentError
from decalogo.evaluation.formats.budgets import MOST_DEPTH, MOST_ELEMENTS, Budget, refuse

_OOXML = ("http://schemas.openxmlformats.org/", "http://purl.oclc.org/ooxml/")
_ODF = "urn:oasis:names:tc:opendocument:xmlns:"
NAMESPACES: dict[str, tuple[str, ...]] = {
    "w": (
        f"{_OOXML[0]}wordprocessingml/2006/main",
        f"{_OOXML[1]}wordprocessingml/main",
        "http://schemas.microsoft.com/office/word/2003/wordml",
    ),
    "s": (f"{_OOXML[0]}spreadsheetml/2006/main", f"{_OOXML[1]}spreadsheetml/main"),
    "p": (f"{_OOXML[0]}presentationml/2006/main", f"{_OOXML[1]}presentationml/main"),
    "a": (f"{_OOXML[0]}drawingml/2006/main", f"{_OOXML[1]}drawingml/main"),
    "dsp": ("http://schemas.microsoft.com/office/drawing/2008/diagram",),
    "m": (f"{_OOXML[0]}officeDocument/2006/math", f"{_OOXML[1]}officeDocument/math"),
    "r": (f"{_OOXML[0]}officeDocument/2006/relationships", f"{_OOXML[1]}officeDocument/relationships"),
    "mc": (f"{_OOXML[0]}markup-compatibility/2006",),
    "rel": (f"{_OOXML[0]}package/2006/relationships",),
    "ct": (f"{_OOXML[0]}package/2006/content-types",),
    "pkg": ("http://schemas.microsoft.com/office/2006/xmlPackage",),
    "aml": ("http://schemas.microsoft.com/aml/2001/core",),
    "ss": ("urn:schemas-microsoft-com:office:spreadsheet",),
    "dc": ("http://purl.org/dc/elements/1.1/",),
    "opf": ("http://www.idpf.org/2007/opf",),
    "ocf": ("urn:oasis:names:tc:opendocument:xmlns:container",),
    "enc": ("http://www.w3.org/2001/04/xmlenc#",),
    "fo": (f"{_ODF}xsl-fo-compatible:1.0",),
    "svg": (f"{_ODF}svg-compatible:1.0",),
    **{
        name: (f"{_ODF}{long}:1.0",)
        for name, long in {
            "office": "office",
            "text": "text",
            "table": "table",
            "style": "style",
            "draw": "drawing",
            "presentation": "presentation",
            "manifest": "manifest",
        }.items()
    },
}
"""The namespaces that readers know, by the short name that they call them by."""
_SHORT = {uri: short for short, uris in NAMESPACES.items() for uri in uris}

_MOST_NAMES = 5000
_MOST_TOKEN = 2 << 20
"""Bytes of one tag: some releases of expat go through an unfinished one again for every piece that arrives."""

Attributes = dict[str, str]
H = TypeVar("H", bound="XmlHandler")


class XmlHandler:
    """Base of handlers: the method ``_start_w_p`` takes the start tag of ``w:p``, ``_end_w_p`` its end tag.

    Hyphens in names are underscores. Elements in ``skipped`` are passed over with all that is in them.
    """

    skipped: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.depth = 0
        self.elements = 0
        self._skipped_at = 0
        self._starts: dict[str, Callable[[Attributes], None] | None] = {}
        self._ends: dict[str, Callable[[], None] | None] = {}

    def skip(self, _: Attributes | None = None) -> None:
        """Pass over the element that begins, with all that is in it; its end is not reported."""
        self._skipped_at = self.depth

    def characters(self, text: str) -> None:
        """Take text."""

    def start(self, name: str, attributes: Attributes) -> None:
        """Take a start tag as expat reports it."""
        self.depth += 1
        self.elements += 1
        if self.depth > MOST_DEPTH or self.elements > MOST_ELEMENTS:
            self._refuse()
        if self._skipped_at:
            return
        try:
            method = self._starts[name]
        except KeyError:
            method = self._starts[name] = self._method(name)
        if method is not None:
            method(attributes)

    def end(self, name: str) -> None:
        """Take an end tag as expat reports it."""
        depth = self.depth
        self.depth = depth - 1
        if self._skipped_at:
            if self._skipped_at == depth:
                self._skipped_at = 0
            return
        try:
            method = self._ends[name]
        except KeyError:
            method = self._ends[name] = getattr(self, f"_end_{_known_name(name)}", None)
        if method is not None:
            method()

    def take_text(self, text: str) -> None:
        """Take character data as expat reports it."""
        if not self._skipped_at:
            self.characters(text)

    def _method(self, name: str) -> Callable[[Attributes], None] | None:
        if len(self._starts) > _MOST_NAMES:
            refuse(f"over {_MOST_NAMES:,} names of elements")
        short = _known_name(name)
        if short.replace("_", ":", 1).replace("_", "-") in self.skipped:
            return self.skip
        found: Callable[[Attributes], None] | None = getattr(self, f"_start_{short}", None)
        return found

    def _refuse(self) -> NoReturn:
        if self.depth > MOST_DEPTH:
            refuse(f"elements nested over {MOST_DEPTH:,} deep")
        refuse(f"over {MOST_ELEMENTS:,} elements of markup")


def _known_name(name: str) -> str:
    """Return ``w_p`` for a name of a known namespace, else the name itself after ``none_``."""
    uri, _, tag = name.rpartition(" ")
    return f"{_SHORT.get(uri, 'none')}_{tag.replace('-', '_')}"


def value(attributes: Attributes, short: str, name: str) -> str:
    """Return the attribute ``name`` of a namespace that is called ``short``; empty where it is missing."""
    for uri in NAMESPACES[short]:
        found = attributes.get(f"{uri} {name}")
        if found is not None:
            return found
    return ""


def number(text: str, most: int) -> int:
    """Return a count written in an attribute, from 1 to ``most``; 1 where it is none."""
    return max(1, min(int(text[:9]), most)) if text.isascii() and text.isdecimal() else 1


def parse_xml(pieces: Iterable[bytes], handler: H) -> H:
    """Feed the pieces of an XML file to a handler and return it.

    Raises:
        expat.ExpatError: the XML is malformed.
        UnsupportedDocumentError: it declares a document type.
        DocumentTooLargeError: a limit of ``budgets`` is exceeded.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler = handler.take_text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    fed = 0
    for piece in pieces:
        fed += len(piece)
        parser.Parse(piece, False)
        if fed - max(0, parser.CurrentByteIndex) > _MOST_TOKEN:
            refuse(f"a tag of over {_MOST_TOKEN:,} bytes")
    parser.Parse(b"", True)
    handler.budget.add_elements(handler.elements)
    return handler


def _refuse_doctype(*_: object) -> None:
    raise UnsupportedDocumentError(
        "The document declares a document type, which office programs never do. Export it again."
    )
