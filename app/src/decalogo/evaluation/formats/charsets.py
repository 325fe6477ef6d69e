"""Text from bytes: what the bytes themselves show first, then the declared charset, then Windows-1252."""

from __future__ import annotations

import codecs
import re

from decalogo.evaluation.documents.detect import HEAD_BYTES, looks_utf16

DEFAULT = "cp1252"
"""What old plans without any mark are mostly written in."""
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"))
# Labels that stand for the Windows charset that contains them, as browsers take them.
_WINDOWS = {"ascii": DEFAULT, "iso8859-1": DEFAULT, "iso8859-9": "cp1254", "tis-620": "cp874", "gb2312": "gb18030"}
_OTHER_NAMES = {"utf8mb4": "utf-8", "unicode": "utf-16"}
"""Labels that programs write and Python does not know; ``x-`` in front of a known one is left out."""
_UNFIT = frozenset({"utf-7", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "mbcs", "oem", "undefined"})
_META = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?\s{0,9}([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"\s{0,99}<\?xml[^>]{0,99}?encoding\s{0,9}=\s{0,9}[\"']([A-Za-z0-9_.:-]{2,40})")
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_META_BYTES = 16_384


def known_codec(label: str | None) -> str | None:
    """Return Python's codec for a charset label, or ``None`` where it is unknown or no charset of documents."""
    written = (label or "").strip().strip("\"'").lower()
    for one in (_OTHER_NAMES.get(written, written), written.removeprefix("x-")):
        try:
            name = codecs.lookup(one).name
            b"".decode(name)
        except (LookupError, ValueError):
            continue
        return None if name in _UNFIT else _WINDOWS.get(name, name)
    return None


def declared_in_html(data: bytes) -> str | None:
    """Return the codec that an HTML file declares in its head, if any."""
    head = _COMMENT.sub(b"", data[:_META_BYTES])
    for pattern in (_XML, _META):
        if found := pattern.search(head):
            codec = known_codec(found.group(1).decode("ascii"))
            # Read as bytes of ASCII, so it is no UTF-16.
            return None if codec is None or codec.startswith(("utf-16", "utf-32")) else codec
    return None


def decode(data: bytes, declared: str | None = None) -> str:
    """Return the text of ``data`` without a byte order mark.

    Args:
        data: the bytes.
        declared: the codec that the file or its envelope declares. Bytes that are UTF-8 are read as UTF-8 all the same:
            text in another charset hardly ever is.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data.decode(name, errors="replace")
    codec = looks_utf16(data[:HEAD_BYTES])
    if codec is not None:
        return data.decode(codec, errors="replace").removeprefix("\ufeff")
    if declared is not None and declared.startswith("iso2022"):  # ASCII bytes that stand for other characters
        return data.decode(declared, errors="replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        # Bytes that the charset leaves undefined become control characters or nothing.
        fallback = declared if declared is not None and declared != "utf-8" else DEFAULT
        return data.decode(fallback, errors="replace").replace("\ufffd", "")
