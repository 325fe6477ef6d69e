"""Refusals name the real type in plain words and say what to do."""

import struct

import pytest

from decalogo.errors import EncryptedDocumentError, UnsupportedDocumentError
from decalogo.evaluation.extract import extract
from decalogo.evaluation.formats.package_kinds import is_archive
from tests.evaluation.formats.files import content_types, zipped


def ole(*names: str, content: bytes = b"", stream: str = "") -> bytes:
    """A compound file with one sector of table, one of directory, and the content of one stream."""
    header = bytearray(512)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    directory = b""
    for name in names:
        entry = bytearray(128)
        raw = name.encode("utf-16-le")
        entry[: len(raw)] = raw
        struct.pack_into("<H", entry, 64, len(raw) + 2)
        struct.pack_into("<I", entry, 116, 2 if name == stream else 0xFFFFFFFE)
        directory += bytes(entry)
    return bytes(header) + table + directory.ljust(512, b"\0") + content.ljust(512, b"\0")


DOC = b"\xec\xa5\xc1\0" + bytes(8)
PROTECTED_DOC = b"\xec\xa5\xc1\0" + bytes(7) + b"\x01"
XLS = struct.pack("<HH", 0x0809, 16) + bytes(16)
PROTECTED_XLS = XLS + struct.pack("<HH", 0x2F, 4) + bytes(4)


@pytest.mark.parametrize(
    ("content", "name", "advice"),
    [
        (ole("Root Entry", "WordDocument", content=DOC, stream="WordDocument"), "Word document .*DOC", "DOCX or PDF"),
        (ole("Root Entry", "Workbook", content=XLS, stream="Workbook"), "Excel workbook .*XLS", "XLSX or PDF"),
        (ole("Root Entry", "PowerPoint Document"), "PowerPoint presentation .*PPT", "PPTX or PDF"),
        (ole("Root Entry", "__properties_version1.0"), "Outlook message .*MSG", "EML"),
        (ole("Root Entry", "Quill"), "Publisher", "PDF"),
        (ole("Root Entry", "Rara"), "old or damaged Microsoft Office", "PDF"),
        (zipped({"Index/Document.iwa": "x", "preview.jpg": "x"}), "Apple Pages, Numbers or Keynote", "PDF"),
        (zipped({"Plan/Index.zip": "x", "Plan/preview.jpg": "x"}), "Apple Pages, Numbers or Keynote", "PDF"),
        (zipped({"Index/Slide-1.iwa": "x", "Index/Document.iwa": "x"}), "Apple Keynote", "PDF"),
        (zipped({"visio/document.xml": "<a/>", "[Content_Types].xml": "<a/>"}), "Visio", "PDF"),
        (zipped({"mimetype": "application/vnd.sun.xml.writer", "content.xml": "<a/>"}), "OpenOffice 1 text", "PDF"),
        (zipped({"[Content_Types].xml": content_types(a_xml="b/c")}), "Office document of an unknown form", "PDF"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "HEIC photo", "PDF"),
        (b"RIFF\0\0\0\0WEBP" + bytes(40), "WebP image", "PDF"),
        (b"%!PS-Adobe-3.0\n", "PostScript", "PDF"),
        (b"\x1f\x8b\x08" + bytes(40), "gzip archive", "PDF"),
        (bytes(257).replace(b"\0", b"a") + b"ustar\0" + bytes(240), "tar archive", "PDF"),
    ],
)
def test_a_type_that_is_not_read_is_named_with_what_to_do(content, name, advice):
    with pytest.raises(UnsupportedDocumentError, match=name) as caught:
        extract(content)
    assert advice in caught.value.detail
    assert "ZIP archive" not in caught.value.detail


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (ole("Root Entry", "EncryptionInfo", "EncryptedPackage"), "protected Word, Excel or PowerPoint document"),
        (ole("Root Entry", "WordDocument", content=PROTECTED_DOC, stream="WordDocument"), "protected Word document"),
        (ole("Root Entry", "Workbook", content=PROTECTED_XLS, stream="Workbook"), "protected Excel workbook"),
        (ole("Root Entry", "PowerPoint Document", "EncryptedSummary"), "protected PowerPoint presentation"),
    ],
)
def test_a_protected_office_file_is_named_as_such(content, name):
    with pytest.raises(EncryptedDocumentError, match=name):
        extract(content)


@pytest.mark.parametrize("length", [8, 200, 600, 1100])
def test_a_truncated_compound_file_is_still_an_office_file(length):
    with pytest.raises(UnsupportedDocumentError, match="Microsoft Office"):
        extract(ole("Root Entry", "WordDocument")[:length])


@pytest.mark.parametrize(
    "parts",
    [
        {"Index/Document.iwa": "x"},
        {"mimetype": "application/epub+zip"},
        {"[Content_Types].xml": "<Types/>"},
        {"META-INF/manifest.xml": "<m/>", "content.xml": "<a/>"},
        {"word/document2.xml": "<a/>", "_rels/.rels": "<a/>"},
    ],
)
def test_a_package_is_one_document_and_no_archive(tmp_path, parts):
    path = tmp_path / "f"
    path.write_bytes(zipped(parts))
    assert not is_archive(path)


def test_an_archive_of_documents_is_one(tmp_path):
    path = tmp_path / "f"
    path.write_bytes(zipped({"a.pdf": "x", "b.docx": "x", "Index/leeme.txt": "x"}))
    assert is_archive(path)
