"""What a file is, judged by its content and never by its name."""

from __future__ import annotations

import re

from decalogo.errors import EmptyDocumentError, UnsupportedDocumentError
from decalogo.evaluation.documents.other_types import name_of_other

PDF = "application/pdf"
ZIP = "application/zip"
OLE = "application/x-ole-storage"
HTML = "text/html"
XML = "application/xml"
TEXT = "text/plain"
MARKDOWN = "text/markdown"
RTF = "application/rtf"
EML = "message/rfc822"
JPEG = "image/jpeg"
PNG = "image/png"
TIFF = "image/tiff"

HEAD_BYTES = 8192
"""How much of a file's beginning is looked at."""

_MAGIC = (
    (b"PK\x03\x04", ZIP),
    (b"{\\rtf", RTF),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"\xff\xd8\xff", JPEG),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
)
_PDF_OBJECT = re.compile(rb"(?:^|[\r\n])\s{0,9}\d{1,9} \d{1,5} obj\b(?=.{0,4000}?\b(?:endobj|stream)\b)", re.DOTALL)
"""The first object of a PDF, for files whose header is misspelt or missing."""
_UTF16_BOMS = (b"\xff\xfe", b"\xfe\xff")
_MARKDOWN_HEADING = re.compile(rb"^#{1,6} +[^\s#]", re.MULTILINE)
_LEAST_HEADINGS = 2
_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]{1,40}):[ \t]*[^\r\n]*\r?\n(?:[ \t]+[^\r\n]*\r?\n)*+")
_MAIL_HEADERS = frozenset(
    b"from to subject date message-id mime-version received return-path content-type delivered-to reply-to".split()
)
_LEAST_MAIL_HEADERS = 3
_MULTIPART = re.compile(rb"^content-type:[ \t]*(?:\r?\n[ \t]+)?multipart/", re.IGNORECASE | re.MULTILINE)
# What may stand before the first element: a byte order mark, blanks, comments, processing instructions.
_PROLOG = rb"(?:\xef\xbb\xbf)?\s*+(?:(?><!--.*?-->)\s*+|<\?[^>]*+>\s*+)*+"
_HTML = re.compile(_PROLOG + rb"<(?:!doctype\s+html|html[\s>/])", re.I | re.S)
_XML_NAMES = rb"(?:[\w.-]{1,40}:)?(?:wordDocument|document|document-content|package|Workbook)\s[^>]{0,4000}?xmlns"
_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*+<\?xml\b|" + _PROLOG + rb"<" + _XML_NAMES, re.S)
# Elements that a page without <html> begins with; some must also be closed, so that a text about tags is none.
_TAGS = (
    rb"(?:head|body|meta|title|style|link|div|p|table|tr|td|h[1-6]|ul|ol|li|section|article|main|header|nav|span|center|font|form"
    rb"|blockquote|pre|b|strong|em|i|a|img|br|hr)"
)
_FRAGMENT = re.compile(_PROLOG + rb"<" + _TAGS + rb"(?:\s[^<>]*+)?/?>", re.I | re.S)
_CLOSING_TAG = re.compile(rb"</" + _TAGS + rb"\s*>", re.I)
_BLOCK_TAG = re.compile(rb"</?(?:p|div|table|tr|td|li|h[1-6]|br|span)(?:\s[^<>]{0,500})?/?>", re.I)
_MOST_BLOCK_TAGS = 12
"""Tags among the first bytes past which a text without any beginning of a page is one."""
# Bytes that no text file of any supported encoding holds (NUL is judged apart: UTF-16 has it).
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
    """Return the media type of a file from its first ``HEAD_BYTES`` bytes.

    The readers of ZIP, OLE and XML files find out which document these are.

    Raises:
        EmptyDocumentError: there are no bytes, or only white space and NUL.
        UnsupportedDocumentError: the content is of no type that can be read.
    """
    if not head.strip(b"\0 \t\r\n\f"):
        raise EmptyDocumentError("The file holds no content (0 bytes or only blanks). Upload the document again.")
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    # Readers accept junk before the header (PDF 32000-1, annex H: the first 1,024 bytes).
    if head.startswith(b"%PDF-") or (b"%PDF-" in head[:1024] and not _is_mail(head)):
        return PDF
    if _PDF_OBJECT.search(head, 0, 1024 + 4000) and not _is_mail(head):
        return PDF
    if name := name_of_other(head):
        raise UnsupportedDocumentError(f"The content is {name}. Upload the plan as PDF, DOCX, ODT or plain text.")
    codec = looks_utf16(head)
    if codec is not None:
        head = head[: len(head) & ~1].decode(codec, errors="replace").encode()
    elif len(_BINARY.findall(head)) > _MOST_BINARY * len(head) and not _HTML.match(head):
        raise UnsupportedDocumentError(
            "The content is binary and of no known type. Upload the plan as PDF or plain text."
        )
    return _text_type(head)


def _text_type(head: bytes) -> str:
    """Return which kind of text begins with ``head``, in UTF-8 or a charset that contains ASCII."""
    if _HTML.match(head):
        return HTML
    if _XML.match(head):
        return XML
    if _is_mail(head):
        return EML
    if _FRAGMENT.match(head) and _CLOSING_TAG.search(head):
        return HTML
    if len(_MARKDOWN_HEADING.findall(head)) >= _LEAST_HEADINGS:
        return MARKDOWN
    return HTML if len(_BLOCK_TAG.findall(head)) > _MOST_BLOCK_TAGS and _CLOSING_TAG.search(head) else TEXT


def _is_mail(head: bytes) -> bool:
    """Return whether a text begins with the headers of a message (after the envelope line of a mailbox, if any)."""
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")
    at = head.find(b"\n") + 1 if head.startswith(b"From ") else 0
    start, found = at, set()
    while match := _HEADER.match(head, at):
        found.add(match.group(1).lower())
        at = match.end()
    if b"mime-version" in found and _MULTIPART.search(head, start, at):
        return True
    return len(found & _MAIL_HEADERS) >= _LEAST_MAIL_HEADERS
