"""Which document a ZIP package is, told by what it declares and not by the names of its parts alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple, NoReturn
from xml.parsers import expat

from decalogo.errors import DocumentError, UnsupportedDocumentError
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.packages import CONTENT_TYPES, Package
from decalogo.evaluation.formats.xml_stream import Attributes, XmlHandler, parse_xml, value
from decalogo.evaluation.formats.zip_files import BROKEN, SIGNATURE, opened

DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT: Final = "application/vnd.oasis.opendocument.text"
ODS: Final = "application/vnd.oasis.opendocument.spreadsheet"
ODP: Final = "application/vnd.oasis.opendocument.presentation"
ODG: Final = "application/vnd.oasis.opendocument.graphics"
EPUB: Final = "application/epub+zip"

_MAIN_TYPES: Final = (
    (re.compile(r"(?:wordprocessingml|ms-word)\.(?:document|template)\b.*main\+xml"), DOCX),
    (re.compile(r"(?:spreadsheetml|ms-excel)\.(?:sheet|template|addin)\.(?!binary).*main\+xml"), XLSX),
    (re.compile(r"(?:presentationml|ms-powerpoint)\.(?:presentation|slideshow|template|addin)\b.*main\+xml"), PPTX),
)
_WELL_KNOWN: Final = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}
_NAMESPACE: Final = re.compile(rb"/(wordprocessingml|spreadsheetml|presentationml)/")
_BY_NAMESPACE: Final = {b"wordprocessingml": DOCX, b"spreadsheetml": XLSX, b"presentationml": PPTX}
_HEAD_BYTES: Final = 4096
_ODF: Final = {ODT: ODT, ODS: ODS, ODP: ODP, ODG: ODG}
_ODF_VARIANTS: Final = re.compile(r"-(?:template|master|web|master-template)$")
_MANIFEST: Final = "meta-inf/manifest.xml"

# What else is kept in a ZIP and is one document, not an archive of documents: a part that tells it, and its name.
_OTHERS: Final = (
    (re.compile(r"index/slide.*\.iwa|.*\.apxl"), "an Apple Keynote presentation"),
    (re.compile(r"index/[^/]*\.iwa|index\.zip"), "an Apple Pages, Numbers or Keynote document"),
    (
        re.compile(r"buildversionhistory\.plist|metadata/buildversionhistory\.plist"),
        "an Apple Pages or Numbers document",
    ),
    (re.compile(r"xl/workbook\.bin"), "a binary Excel workbook (XLSB)"),
    (re.compile(r"visio/document\.xml"), "a Visio drawing"),
    (re.compile(r"fixeddocumentsequence\.fdseq|.*\.fdseq"), "an XPS document"),
    (re.compile(r"androidmanifest\.xml|meta-inf/manifest\.mf"), "a program (Java or Android)"),
    (re.compile(r"doc\.kml"), "a map (KMZ)"),
    (re.compile(r"contents/content\.hpf|contents/header\.xml"), "a Hangul document (HWPX)"),
)
_MIMETYPES: Final = {
    "application/vnd.sun.xml.writer": "an OpenOffice 1 text (SXW)",
    "application/vnd.sun.xml.calc": "an OpenOffice 1 spreadsheet (SXC)",
    "application/vnd.sun.xml.impress": "an OpenOffice 1 presentation (SXI)",
    "application/vnd.oasis.opendocument.chart": "an OpenDocument chart",
    "application/vnd.oasis.opendocument.formula": "an OpenDocument formula",
    "application/vnd.oasis.opendocument.base": "an OpenDocument database",
    "application/vnd.oasis.opendocument.database": "an OpenDocument database",
    "application/hwp+zip": "a Hangul document (HWPX)",
}
_UNREADABLE: Final = (expat.ExpatError, DocumentError)


class Kind(NamedTuple):
    """A document in a ZIP: its media type, and the name of its main part."""

    media_type: str
    main: str


def identify(package: Package) -> Kind | None:
    """Return which document a package is, or ``None`` for an archive of files.

    Raises:
        UnsupportedDocumentError: it is one document, of a type that is not read; the message names the type.
    """
    declared = _declared_type(package)
    if declared == EPUB or (not declared and "meta-inf/container.xml" in package):
        return Kind(EPUB, "meta-inf/container.xml")
    if (base := _ODF_VARIANTS.sub("", declared)) in _ODF:
        return Kind(_ODF[base], "content.xml")
    if declared:
        unsupported(_MIMETYPES.get(base, f"a document of type {declared}"))
    if found := _office_open(package):
        return found
    for part in _without_folder(package.names):
        for pattern, name in _OTHERS:
            if pattern.fullmatch(part):
                unsupported(name)
    if CONTENT_TYPES in package or "_rels/.rels" in package:
        unsupported("an Office document of an unknown form")
    if _MANIFEST in package and "content.xml" in package:
        unsupported("an OpenDocument file of an unknown form")
    return None


def _without_folder(names: list[str]) -> list[str]:
    """Return the names of parts, also without the folder that all of them are in, if there is one."""
    folders = {name.partition("/")[0] for name in names if "/" in name}
    if len(folders) == 1 and all("/" in name for name in names):
        return [*names, *(name.partition("/")[2] for name in names)]
    return names


def is_archive(content: Path) -> bool:
    """Return whether a file is a ZIP archive of files, not a document in ZIP form (DOCX, ODT and similar)."""
    with content.open("rb") as file:
        if file.read(len(SIGNATURE)) != SIGNATURE:
            return False
    try:
        with opened(content) as archive:
            return identify(Package(archive, Budget())) is None
    except (*BROKEN, DocumentError, expat.ExpatError):
        return False


def unsupported(name: str) -> NoReturn:
    """Raise the error for a document that is ``name``."""
    raise UnsupportedDocumentError(
        f"The content is {name}, which is not read. Save or export it as PDF, DOCX, XLSX or ODT and upload that."
    )


def _declared_type(package: Package) -> str:
    """Return the media type that an OpenDocument or EPUB package declares; empty for others."""
    if "mimetype" in package:
        return package.head("mimetype").decode("ascii", "replace").strip().lower()
    if _MANIFEST in package and "content.xml" in package:
        try:
            return parse_xml(package.stream(_MANIFEST), _Manifest(package.budget)).media_type
        except _UNREADABLE:
            return ""
    return ""


def _office_open(package: Package) -> Kind | None:
    try:
        types, related = package.content_types(), package.relationships()
    except _UNREADABLE:
        types, related = {}, {}
    mains = [one.target for one in related.values() if one.kind == "officeDocument" and one.target in package]
    for part in mains:
        media_type = _main_type(types.get(part, "")) or _by_namespace(package.head(part, _HEAD_BYTES))
        if media_type:
            return Kind(media_type, part)
    for part, declared in types.items():
        if (media_type := _main_type(declared)) and part in package:
            return Kind(media_type, part)
    for part, media_type in _WELL_KNOWN.items():
        if part in package:
            return Kind(media_type, part)
    return None


def _by_namespace(head: bytes) -> str | None:
    """Return the media type of a main part by the namespace that it declares first."""
    found = _NAMESPACE.search(head)
    return _BY_NAMESPACE[found.group(1)] if found else None


def _main_type(declared: str) -> str | None:
    return next((media_type for pattern, media_type in _MAIN_TYPES if pattern.search(declared)), None)


class _Manifest(XmlHandler):
    """Handler of ``META-INF/manifest.xml``: the type of the package."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.media_type = ""

    def _start_manifest_file_entry(self, attributes: Attributes) -> None:
        if value(attributes, "manifest", "full-path") == "/":
            self.media_type = value(attributes, "manifest", "media-type").strip().lower()
