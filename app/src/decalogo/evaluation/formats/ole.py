"""Old and protected Microsoft Office files: none is read, and the error names what each one is.

They are OLE compound files (MS-CFB): a file system of sectors with a directory, whose names tell the type.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import BinaryIO, Final, NoReturn

from decalogo.errors import EncryptedDocumentError, UnsupportedDocumentError
from decalogo.evaluation.documents.reading import Limits

_SECTOR_SHIFTS: Final = (9, 12)
_MOST_SECTORS: Final = 64
_ENTRY: Final = 128
_FREE: Final = 0xFFFFFFFA
_NAMES: Final = (
    ("WordDocument", "Word document", "DOCX", "a Word document of the form before 2007 (DOC)"),
    ("Workbook", "Excel workbook", "XLSX", "an Excel workbook of the form before 2007 (XLS)"),
    ("Book", "Excel workbook", "XLSX", "an Excel workbook of the form before 2007 (XLS)"),
    (
        "PowerPoint Document",
        "PowerPoint presentation",
        "PPTX",
        "a PowerPoint presentation of the form before 2007 (PPT)",
    ),
)
_OTHERS: Final = (
    ("__properties_version1.0", "an Outlook message (MSG). Save it as EML, or upload what is attached to it"),
    ("VisioDocument", "a Visio drawing. Export it as PDF"),
    ("Quill", "a Publisher document. Export it as PDF"),
    ("HwpSummaryInformation", "a Hangul document (HWP). Export it as PDF"),
)


def refuse_ole(content: bytes | Path, _: Limits) -> NoReturn:
    """Name an OLE compound file in an error.

    Raises:
        EncryptedDocumentError: it is protected with a password.
        UnsupportedDocumentError: otherwise.
    """
    with io.BytesIO(content) if isinstance(content, bytes) else content.open("rb") as file:
        entries = _directory(file)
        if "EncryptedPackage" in entries:
            _protected("Word, Excel or PowerPoint document")
        for stream, plain, new, name in _NAMES:
            if stream in entries:
                if "EncryptedSummary" in entries or _is_protected(file, stream, entries[stream]):
                    _protected(plain)
                raise UnsupportedDocumentError(
                    f"The content is {name}, which is not read. "
                    f"Open it in an office program and save it as {new} or PDF."
                )
    for stream, name in _OTHERS:
        if any(entry.endswith(stream) for entry in entries):
            raise UnsupportedDocumentError(f"The content is {name}.")
    raise UnsupportedDocumentError(
        "The content is an old or damaged Microsoft Office file of an unknown form. Upload the plan as PDF or DOCX."
    )


def _protected(name: str) -> NoReturn:
    raise EncryptedDocumentError(f"The content is a protected {name}. Upload a copy saved without a password.")


def _directory(file: BinaryIO) -> dict[str, int]:
    """Return where each stream of a compound file begins in the file, by name; none where it is malformed."""
    header = file.read(512)
    if len(header) < 512:
        return {}
    (shift,) = struct.unpack_from("<H", header, 30)
    if shift not in _SECTOR_SHIFTS:
        return {}
    size = 1 << shift
    (sector,) = struct.unpack_from("<I", header, 48)
    tables = struct.unpack_from("<109I", header, 76)
    entries: dict[str, int] = {}
    for _ in range(_MOST_SECTORS):
        if sector >= _FREE:
            break
        data = _sector(file, sector, size)
        for start in range(0, len(data) - _ENTRY + 1, _ENTRY):
            (length,) = struct.unpack_from("<H", data, start + 64)
            (first,) = struct.unpack_from("<I", data, start + 116)
            name = data[start : start + min(max(0, length - 2), 62)].decode("utf-16-le", "replace")
            if name:
                entries.setdefault(name, (first + 1) * size)
        table, place = divmod(sector, size // 4)
        if table >= len(tables) or tables[table] >= _FREE:
            break
        found = _sector(file, tables[table], size)[4 * place : 4 * place + 4]
        sector = struct.unpack("<I", found)[0] if len(found) == 4 else _FREE
    return entries


def _sector(file: BinaryIO, number: int, size: int) -> bytes:
    file.seek((number + 1) * size)
    return file.read(size)


def _is_protected(file: BinaryIO, stream: str, start: int) -> bool:
    """Return whether a stream of the forms before 2007 says that it is encrypted."""
    file.seek(start)
    data = file.read(512)
    if stream == "WordDocument":  # MS-DOC 2.5.1: bit fEncrypted of the file information block
        return len(data) > 12 and data[:2] == b"\xec\xa5" and bool(data[11] & 0x01)
    at = 0
    while stream in {"Workbook", "Book"} and at + 4 <= len(data):  # MS-XLS 2.4.117: record FilePass
        kind, length = struct.unpack_from("<HH", data, at)
        if kind == 0x2F:
            return True
        if kind == 0 and length == 0:
            break
        at += 4 + length
    return False
