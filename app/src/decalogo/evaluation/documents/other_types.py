"""Names of common files that are no readable document, by the bytes that they begin with."""

from __future__ import annotations

_OTHERS = (
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"PK\x07\x08", "a part of a ZIP archive that was split"),
    (b"GIF8", "a GIF image"),
    (b"BM", "a BMP image"),
    (b"8BPS", "a Photoshop image"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"\0\0\x01\0", "an icon"),
    (b"AT&TFORM", "a DjVu document"),
    (b"%!PS", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file (EPS)"),
    (b"\xffWPC", "a WordPerfect document"),
    (b"\xdb\xa5", "a document of Word 2"),
    (b"1\xbe\0\0", "a document of Microsoft Write"),
    (b"\x09\x08\x10\0\0\x06", "an old Excel workbook (XLS)"),
    (b"\x09\x08\x08\0\0\x05", "an old Excel workbook (XLS)"),
    (b"\x09\x04\x06\0", "an old Excel workbook (XLS)"),
    (b"\x09\x02\x06\0", "an old Excel workbook (XLS)"),
    (b"\0\x01\0\0Standard", "an Access database"),
    (b"SQLite format 3", "a SQLite database"),
    (b"!BDN", "an Outlook mailbox (PST)"),
    (b"\x78\x9f\x3e\x22", "an Outlook package (winmail.dat)"),
    (b"AC10", "an AutoCAD drawing (DWG)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\xca\xfe\xba\xbe", "a program (Java)"),
    (b"ID3", "a sound file (MP3)"),
    (b"OggS", "a sound file (Ogg)"),
    (b"fLaC", "a sound file (FLAC)"),
    (b"\x1a\x45\xdf\xa3", "a video (Matroska or WebM)"),
)
_TEXT_LIKE = (b"BM", b"BZh", b"ID3", b"AC10", b"MZ")
"""Beginnings that a text may have as well: only with bytes that no text holds they are what they seem."""
_FTYP = {
    b"heic": "a HEIC photo",
    b"heix": "a HEIC photo",
    b"mif1": "a HEIC photo",
    b"avif": "an AVIF image",
}
_RIFF = {b"WEBP": "a WebP image", b"WAVE": "a sound file (WAV)", b"AVI ": "a video (AVI)"}
_TAR_AT = 257


def name_of_other(head: bytes) -> str | None:
    """Return the type of a file in plain words; ``None`` if its first bytes do not identify it."""
    for magic, name in _OTHERS:
        if head.startswith(magic) and not (magic in _TEXT_LIKE and b"\0" not in head[:512]):
            return name
    if head[4:8] == b"ftyp":
        return _FTYP.get(head[8:12], "a video (MP4 or similar)")
    if head.startswith(b"RIFF"):
        return _RIFF.get(head[8:12], "a RIFF file")
    if head[_TAR_AT : _TAR_AT + 5] == b"ustar":
        return "a tar archive"
    return None
