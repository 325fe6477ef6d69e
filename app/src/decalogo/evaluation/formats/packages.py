"""Documents that are ZIP packages: which kind they are, and their parts by name and by relationship.

Sources: ECMA-376 part 2 (Open Packaging Conventions); OASIS OpenDocument 1.3 part 2.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import unquote

from decalogo.errors import DamagedDocumentError, DocumentTooLargeError, EncryptedDocumentError
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.xml_stream import Attributes, XmlHandler, parse_xml
from decalogo.evaluation.formats.zip_files import ENCRYPTED, METHODS

_MOST_BYTES: Final = 200 << 20
"""Unpacked size of all parts that are read, past which a document is refused."""
_MOST_RATIO: Final = 200
_FREE_BYTES: Final = 4 << 20
"""Unpacked size up to which the ratio is not asked for: short texts repeat themselves."""
_MOST_LIST_BYTES: Final = 8 << 20
"""Unpacked size of a list of relationships or content types."""
_MOST_ENTRIES: Final = 20_000
_PIECE: Final = 1 << 16
CONTENT_TYPES: Final = "[content_types].xml"


class Relationship(NamedTuple):
    """What a part refers to: the last word of the relationship's type, and the name of the part that is meant."""

    kind: str
    target: str


class Package:
    """A ZIP package whose parts are read under limits; names of parts are compared without regard to case.

    Args:
        archive: the open ZIP.
        budget: limits that the markup of all parts counts against.
    """

    def __init__(self, archive: zipfile.ZipFile, budget: Budget) -> None:
        if len(archive.NameToInfo) > _MOST_ENTRIES:
            raise DocumentTooLargeError(
                f"The file has {len(archive.NameToInfo):,} parts. Upload the plan itself as PDF, DOCX or ODT."
            )
        self.budget = budget
        self._archive = archive
        self._parts = {part_name(name): info for name, info in archive.NameToInfo.items()}
        self._unpacked = 0

    def __contains__(self, name: str) -> bool:
        return part_name(name) in self._parts

    @property
    def names(self) -> list[str]:
        """The names of all parts, in lower case."""
        return list(self._parts)

    def stream(self, name: str, most: int = _MOST_BYTES) -> Iterator[bytes]:
        """Yield the pieces of a part of at most ``most`` bytes.

        Raises:
            DamagedDocumentError: there is no such part, or it is compressed as no office program does.
            EncryptedDocumentError: it is encrypted.
            DocumentTooLargeError: it unpacks to more than the limits.
        """
        info = self._parts.get(part_name(name))
        if info is None:
            raise DamagedDocumentError(
                "The office document has lost its text or a part of it. Save or export it again."
            )
        if info.flag_bits & ENCRYPTED:
            raise EncryptedDocumentError("The document is encrypted. Upload a copy saved without a password.")
        if info.compress_type not in METHODS:
            raise DamagedDocumentError("The document is compressed in a way that office programs never use.")
        size = 0
        with self._archive.open(info) as stream:
            while piece := stream.read(_PIECE):
                size += len(piece)
                self._unpacked += len(piece)
                most_of_ratio = max(_FREE_BYTES, _MOST_RATIO * info.compress_size)
                if size > min(most, most_of_ratio) or self._unpacked > _MOST_BYTES:
                    raise DocumentTooLargeError(
                        f"The text unpacks to over {size:,} bytes from {info.compress_size:,}. Upload the plan as PDF."
                    )
                yield piece

    def read(self, name: str, most: int = _MOST_BYTES) -> bytes:
        """Return a part of at most ``most`` bytes; see :meth:`stream`."""
        return b"".join(self.stream(name, most))

    def head(self, name: str, length: int = 200) -> bytes:
        """Return the first bytes of a part; none where it is missing."""
        return next(self.stream(name), b"")[:length] if name in self else b""

    def relationships(self, name: str = "") -> dict[str, Relationship]:
        """Return what a part (or the package, for no name) refers to inside the package, by relationship id."""
        folder, base = posixpath.split(part_name(name))
        source = posixpath.join(folder, "_rels", f"{base}.rels")
        if source not in self:
            return {}
        found = parse_xml(self.stream(source, _MOST_LIST_BYTES), _Relationships(self.budget)).found
        return {key: Relationship(kind, resolve(folder, target)) for key, (kind, target) in found.items()}

    def content_types(self) -> dict[str, str]:
        """Return the content types of the parts that declare one, by the name of the part in lower case."""
        if CONTENT_TYPES not in self:
            return {}
        return parse_xml(self.stream(CONTENT_TYPES, _MOST_LIST_BYTES), _ContentTypes(self.budget)).found


def part_name(name: str) -> str:
    """Return the form of a part's name that names are compared by; some writers use backslashes."""
    return name.replace("\\", "/").lstrip("/").lower()


def resolve(folder: str, target: str) -> str:
    """Return the name of the part that a reference in ``folder`` means."""
    target = unquote(target.partition("#")[0]).replace("\\", "/")
    return part_name(posixpath.normpath(target if target.startswith("/") else posixpath.join(folder, target)))


class _Relationships(XmlHandler):
    """Handler of ``*.rels``."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.found: dict[str, tuple[str, str]] = {}

    def _start_rel_Relationship(self, attributes: Attributes) -> None:
        if attributes.get("TargetMode") != "External":
            kind = attributes.get("Type", "").rpartition("/")[2]
            self.found[attributes.get("Id", "")] = (kind, attributes.get("Target", ""))


class _ContentTypes(XmlHandler):
    """Handler of ``[Content_Types].xml``."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.found: dict[str, str] = {}

    def _start_ct_Override(self, attributes: Attributes) -> None:
        self.found[part_name(attributes.get("PartName", ""))] = attributes.get("ContentType", "").lower()
