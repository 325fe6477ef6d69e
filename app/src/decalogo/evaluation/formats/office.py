"""DOCX and ODT: the one XML part that holds the text, streamed out of the ZIP under limits.

No entity is ever expanded: a document type declaration ends the reading. A part that unpacks to more than the limits
(a decompression bomb) ends it as well, before it is in memory.
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.parsers import expat

from decalogo.errors import (
    DamagedDocumentError,
    DocumentTooLargeError,
    EncryptedDocumentError,
    UnsupportedDocumentError,
)
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.formats.blocks import Block, make_sheets
from decalogo.evaluation.formats.office_xml import DocxHandler, OdtHandler
from decalogo.evaluation.formats.zip_files import BROKEN, ENCRYPTED, METHODS, opened

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"

_PARTS = {DOCX: "word/document.xml", ODT: "content.xml"}
_MOST_BYTES = 200 << 20
"""Unpacked size of the text part past which a document is refused."""
_MOST_RATIO = 200
_FREE_BYTES = 4 << 20
"""Unpacked size up to which the ratio is not asked for: short texts repeat themselves."""
_PIECE = 1 << 16
_MOST_ENTRIES = 20_000


def read_office(content: bytes | Path, limits: Limits) -> Reading:
    """Read a DOCX or ODT file.

    Raises:
        UnsupportedDocumentError: a ZIP that is neither.
        EncryptedDocumentError: it needs a password.
        DamagedDocumentError: the ZIP or its XML is broken.
        DocumentTooLargeError: it unpacks to more than the limits, or has more than ``limits.max_pages`` pages.
    """
    try:
        with opened(content) as archive:
            kind = _kind(archive)
            blocks = _read(archive, kind)
    except (*BROKEN, expat.ExpatError) as error:
        raise DamagedDocumentError(
            f"The office document is truncated or malformed ({error}); save or export it again."
        ) from error
    return make_sheets(kind, blocks, limits)


def _kind(archive: zipfile.ZipFile) -> str:
    names = archive.NameToInfo
    if len(names) > _MOST_ENTRIES:
        raise DocumentTooLargeError(f"The ZIP has {len(names):,} entries; upload the plan itself as PDF, DOCX or ODT.")
    if _PARTS[DOCX] in names:
        return DOCX
    if "mimetype" in names and names["mimetype"].file_size < 100 and archive.read("mimetype") == ODT.encode():
        return ODT
    raise UnsupportedDocumentError(
        "The content is a ZIP archive that holds no DOCX or ODT text; upload the plan as PDF, DOCX, ODT or plain text."
    )


def _read(archive: zipfile.ZipFile, kind: str) -> list[Block]:
    if kind == ODT and b"encryption-data" in _manifest(archive):
        raise EncryptedDocumentError("The document is encrypted; upload a copy saved without a password.")
    part = archive.NameToInfo.get(_PARTS[kind])
    if part is None:
        raise DamagedDocumentError("The office document has lost its text; save or export it again.")
    if part.flag_bits & ENCRYPTED:
        raise EncryptedDocumentError("The archive is encrypted; upload a copy saved without a password.")
    if part.compress_type not in METHODS:
        raise DamagedDocumentError("The office document is compressed in a way that office programs never use.")
    handler = DocxHandler() if kind == DOCX else OdtHandler()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = handler.start, handler.end
    parser.CharacterDataHandler = handler.characters
    parser.StartDoctypeDeclHandler = _refuse_doctype
    unpacked = 0
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            unpacked += len(piece)
            if unpacked > _MOST_BYTES or unpacked > max(_FREE_BYTES, _MOST_RATIO * part.compress_size):
                raise DocumentTooLargeError(
                    f"The text unpacks to over {unpacked:,} bytes from {part.compress_size:,}; upload the plan as PDF."
                )
            parser.Parse(piece, False)
    parser.Parse(b"", True)
    return handler.blocks


def _manifest(archive: zipfile.ZipFile) -> bytes:
    info = archive.NameToInfo.get("META-INF/manifest.xml")
    if info is None:
        return b""
    with archive.open(info) as stream:
        return stream.read(1 << 20)


def _refuse_doctype(*_: object) -> None:
    raise UnsupportedDocumentError(
        "The document declares a document type, which office programs never do; export it again."
    )
