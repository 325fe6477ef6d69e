"""What a file is, judged by its content and never by its name."""

from __future__ import annotations

import re

from decalogo.errors import EmptyDocumentError, UnsupportedDocumentError

PDF = "application/pdf"
ZIP = "application/zip"
HTML = "text/html"
TEXT = "text/plain"
MARKDOWN = "text/markdown"
RTF = "application/rtf"
EML = "message/rfc822"

HEAD_BYTES = 8192
"""How much of a file's beginning is looked at."""

_KNOWN = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"PK\x05\x06", "an empty ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old or an encrypted Microsoft Office document"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
)
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_MARKDOWN_HEADING = re.compile(rb"^#{1,6} +[^\s#]", re.MULTILINE)
_LEAST_HEADINGS = 2
_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]{1,40}):[ \t]*[^\r\n]*\r?\n(?:[ \t]+[^\r\n]*\r?\n)*+")
_MAIL_HEADERS = frozenset(
    b"from to subject date message-id mime-version received return-path content-type delivered-to reply-to".split()
)
_LEAST_MAIL_HEADERS = 3
# Bytes that no text file of any supported encoding holds (NUL is judged apart: UTF-16 has it).
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:(?><!--.*?-->)\s*+|<\?xml[^>]*+>\s*+)*+<(?:!doctype\s+html|html[\s>])", re.I | re.S
)
_BINARY = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_MOST_BINARY = 0.002


def looks_utf16(head: bytes) -> str | None:
    """Return the UTF-16 codec ``head`` is written in: by its mark, or by where its NUL bytes stand; else ``None``."""
    if head.startswith(_UTF16_BOMS):
        return "utf-16"
    even, odd = head[0::2], head[1::2]
    if len(odd) < 4 or not odd:
        return None
    if odd.count(0) > 0.7 * len(odd) and even.count(0) < 0.05 * len(even):
        return "utf-16-le"
    if even.count(0) > 0.7 * len(even) and odd.count(0) < 0.05 * len(odd):
        return "utf-16-be"
    return None


def media_type(head: bytes) -> str:
    """Return the media type of a file from its first ``HEAD_BYTES`` bytes; what is in a ZIP is for others to say.

    Raises:
        EmptyDocumentError: there are no bytes, or only white space and NUL.
        UnsupportedDocumentError: the content is of no type that can be read.
    """
    if not head.strip(b"\0 \t\r\n\f"):
        raise EmptyDocumentError("The file holds no content (0 bytes or only blanks); upload the document again.")
    # Readers accept junk before the header (PDF 32000-1, annex H: the first 1,024 bytes).
    if b"%PDF-" in head[:1024]:
        return PDF
    if head.startswith(b"PK\x03\x04"):
        return ZIP
    if head.startswith(b"{\\rtf"):
        return RTF
    for magic, name in _KNOWN:
        if head.startswith(magic) and not (magic == b"MZ" and not _BINARY.search(head)):
            raise UnsupportedDocumentError(f"The content is {name}; upload the plan as PDF, DOCX, ODT or plain text.")
    if looks_utf16(head):
        return TEXT
    if _HTML.match(head):
        return HTML
    if len(_BINARY.findall(head)) > _MOST_BINARY * len(head):
        raise UnsupportedDocumentError(
            "The content is binary and of no known type; upload the plan as PDF or plain text."
        )
    if _is_mail(head):
        return EML
    return MARKDOWN if len(_MARKDOWN_HEADING.findall(head)) >= _LEAST_HEADINGS else TEXT


def _is_mail(head: bytes) -> bool:
    """Tell whether a text begins with the headers of a message (after the envelope line of a mailbox, if any)."""
    at = head.find(b"\n") + 1 if head.startswith(b"From ") else 0
    found = set()
    while match := _HEADER.match(head, at):
        found.add(match.group(1).lower())
        at = match.end()
    return len(found & _MAIL_HEADERS) >= _LEAST_MAIL_HEADERS
