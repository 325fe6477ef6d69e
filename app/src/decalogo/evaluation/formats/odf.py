"""ODT, ODS, ODP and ODG: the parts of an OpenDocument file, put together."""

from __future__ import annotations

from decalogo.errors import EncryptedDocumentError
from decalogo.evaluation.formats.odf_sheets import OdfSheets
from decalogo.evaluation.formats.odf_styles import OdfStyles
from decalogo.evaluation.formats.odf_text import OdfText
from decalogo.evaluation.formats.package_kinds import ODS, Kind
from decalogo.evaluation.formats.packages import Package
from decalogo.evaluation.formats.xml_stream import parse_xml

_MANIFEST = "meta-inf/manifest.xml"
_MANIFEST_BYTES = 4 << 20


def odf_handler(package: Package, kind: Kind) -> OdfText:
    """Return the handler that has read the content of an OpenDocument file.

    Raises:
        EncryptedDocumentError: it needs a password.
    """
    _check_unprotected(package)
    styles = None
    if "styles.xml" in package:
        styles = parse_xml(package.stream("styles.xml"), OdfStyles(package.budget)).styles
    handler = (OdfSheets if kind.media_type == ODS else OdfText)(package.budget, styles)
    return parse_xml(package.stream(kind.main), handler)


def _check_unprotected(package: Package) -> None:
    read = b""
    if _MANIFEST in package:
        for piece in package.stream(_MANIFEST):
            read += piece
            if b"encryption-data" in read or len(read) > _MANIFEST_BYTES:
                break
    if b"encryption-data" in read or "encrypted-package" in package:
        raise EncryptedDocumentError(
            "The content is a protected OpenDocument file. Upload a copy saved without a password."
        )
