"""Select the parts of an e-mail message that hold content: its text once, and its attachments.

Sources: RFC 2046 (multipart types), RFC 2387 (multipart/related), RFC 2557 (saved web pages), RFC 1847 (signed mail).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesFeedParser
from email.policy import Compat32
from typing import Final, NoReturn

from decalogo.errors import DamagedDocumentError, DocumentTooLargeError
from decalogo.evaluation.formats.charsets import decode, known_codec

_MOST_PARTS: Final = 100
_MOST_DEPTH: Final = 20
_MOST_HEADER: Final = 2000
"""Characters of a header field that are read: a file name of 255 letters takes 1,600 where each is encoded."""
_PIECE: Final = 1 << 16
_BOM: Final = b"\xef\xbb\xbf"
# Parts that only programs read: style sheets of saved pages, invitations, contacts, signatures, reports of delivery.
_NO_CONTENT: Final = re.compile(
    r"text/(?:css|javascript|calendar|x-?vcard|vcard|directory|rfc822-headers|x-amp-html|xml)"
    r"|application/(?:javascript|x-javascript|ics|pgp-signature|(?:x-)?pkcs7-signature|xml|x-font-.*|font-.*|applefile|vnd\.ms-officetheme)"
    r"|font/.*|message/(?:delivery-status|disposition-notification|partial|external-body)"
)
_ENCRYPTED: Final = re.compile(r"multipart/encrypted|application/(?:x-)?pkcs7-mime")
_HOLDER: Final = re.compile(rb"^content-type:\s*(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_TAG: Final = re.compile(r"<[^<>]*>")
_HIDING: Final = re.compile(r"<(/?)(?:style|script|title)\b", re.IGNORECASE)
_PICTURES: Final = ("image/", "audio/", "video/", "application/octet-stream")
_HEADER_FILE: Final = re.compile(rb"mso-element:\s{0,9}footnote-separator")
"""In the file of a page saved by Word that holds the headers, and the lines above notes."""
_OTHER_FORMS: Final = frozenset({"text/enriched", "text/richtext"})
_STUB: Final = 4
"""How many times longer the HTML form is than a plain form that only says that there is an HTML form."""
_STUB_LENGTH: Final = 400


@dataclass(slots=True)
class MailPart:
    """One part with content.

    Attributes:
        name: file name as shown to people; empty for the text of the message.
        declared: its declared media type.
        data: its bytes; text is in UTF-8.
        inline: whether the message shows it inside its text, as it does a logo.
        encrypted: whether it can be read only with a key.
    """

    name: str
    declared: str
    data: bytes
    inline: bool = False
    encrypted: bool = False

    @property
    def is_body(self) -> bool:
        """Whether it is text of the message itself."""
        return not self.name and self.declared in {"text/plain", "text/html"}


class _BoundedHeaders(Compat32):
    """The parser's policy with header fields cut off: the library parses their parameters in quadratic time."""

    def header_source_parse(self, sourcelines: Sequence[str]) -> tuple[str, str]:
        """Return name and value of a field from its lines."""
        name, value = super().header_source_parse(list(sourcelines))
        return name, value[:_MOST_HEADER]


_POLICY: Final = _BoundedHeaders()


def content_parts(data: bytes) -> list[MailPart]:
    """Return the parts of a message that hold content, in order.

    Raises:
        DamagedDocumentError: the message is malformed.
        DocumentTooLargeError: more than 100 parts, or nested more than 20 deep.
    """
    # The parser compares each line with the boundaries of all the parts around it.
    if sum(1 for _ in _HOLDER.finditer(data)) > _MOST_PARTS:
        _refuse()
    try:
        return list(_parts(_parse(data), 0, [_MOST_PARTS]))
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DamagedDocumentError("The message is malformed. Upload its attachments instead.") from error


def _parse(data: bytes) -> Message:
    """Parse a message in pieces: as a whole, the parser of the library would keep four bytes per character."""
    parser = BytesFeedParser(policy=_POLICY)
    for start in range(0, len(data), _PIECE):
        parser.feed(data[start : start + _PIECE])
    return parser.close()


def _refuse() -> NoReturn:
    raise DocumentTooLargeError(f"The message has more than {_MOST_PARTS} parts. Upload its attachments instead.")


def _parts(message: Message, depth: int, left: list[int]) -> Iterator[MailPart]:
    declared, subtype = message.get_content_type(), message.get_content_subtype()
    if depth > _MOST_DEPTH or left[0] <= 0:
        _refuse()
    if _NO_CONTENT.fullmatch(declared):
        return
    inside = message.get_payload()
    if _ENCRYPTED.fullmatch(declared):
        left[0] -= 1
        yield MailPart(_name(message) or "an encrypted part", declared, b"", encrypted=True)
    elif not isinstance(inside, list):
        left[0] -= 1
        yield from _leaf(message, declared)
    else:
        children = [child for child in inside if isinstance(child, Message)]
        if subtype == "alternative":
            yield from _best_of([list(_parts(child, depth + 1, left)) for child in children])
        elif subtype == "related":
            yield from _related(message, children, depth, left)
        else:
            for child in children[:1] if subtype == "signed" else children:
                yield from _parts(child, depth + 1, left)


def _leaf(message: Message, declared: str) -> Iterator[MailPart]:
    payload = message.get_payload(decode=True)
    if not isinstance(payload, bytes) or not payload.strip():
        return
    codec = known_codec(message.get_content_charset())
    if declared.startswith("text/") and codec is not None:
        payload = _BOM + decode(payload, codec).encode("utf-8", errors="replace")
    inline = message.get_content_disposition() != "attachment" and message.get("Content-ID") is not None
    yield MailPart(_name(message), declared, payload, inline)


def _best_of(forms: list[list[MailPart]]) -> Iterator[MailPart]:
    """Yield the text of the best of several forms of the same text, and the attachments of all of them."""
    chosen = next((form for form in forms if _length(form, "text/plain")), None)
    rich = next((form for form in reversed(forms) if _length(form, "text/html")), None)
    if chosen is None or (rich is not None and _is_stub(chosen, rich)):
        chosen = rich
    for form in forms:
        for part in form:
            if form is chosen or not (part.is_body or (chosen is not None and part.declared in _OTHER_FORMS)):
                yield part


def _is_stub(plain: list[MailPart], rich: list[MailPart]) -> bool:
    length = _length(plain, "text/plain")
    return length < _STUB_LENGTH and _length(rich, "text/html") > _STUB * length + _STUB_LENGTH


def _length(form: list[MailPart], declared: str) -> int:
    """Return the characters of the text that the parts of one type hold."""
    texts = (part.data.decode("utf-8", "replace") for part in form if part.is_body and part.declared == declared)
    if declared == "text/html":
        texts = (_TAG.sub(" ", _shown(text)).replace("&nbsp;", " ") for text in texts)
    return sum(len("".join(text.replace("\ufeff", "").split())) for text in texts)


def _shown(text: str) -> str:
    """Return HTML without the content of its styles, scripts and titles; one that never ends hides nothing."""
    pieces: list[str] = []
    start, hidden = 0, False
    for mark in _HIDING.finditer(text):
        closes = bool(mark[1])
        if closes == hidden:
            if not hidden:
                pieces.append(text[start : mark.start()])
            start, hidden = mark.start(), not hidden
    return " ".join([*pieces, text[start:]])


def _related(message: Message, children: list[Message], depth: int, left: list[int]) -> Iterator[MailPart]:
    """Yield the root of a text with what it needs, and the documents beside it; its pictures are part of the text."""
    start = message.get_param("start")
    root = next((child for child in children if start and child.get("Content-ID") == start), None)
    for child in children:
        for part in _parts(child, depth + 1, left):
            is_root = child is root or (root is None and child is children[0])
            if is_root or not (part.declared.startswith(_PICTURES) or _HEADER_FILE.search(part.data)):
                yield part


def _name(message: Message) -> str:
    """Return the file name of a part; parameters of RFC 2231 and encoded words are decoded."""
    name = message.get_filename()
    if not name:
        return ""
    if "\ufffd" in name:  # written without any encoding, as some programs do
        name = _decoded(message).get_filename() or name
    with suppress(ValueError, LookupError):
        name = str(make_header(decode_header(name)))
    return "".join(char for char in name if char.isprintable())[:100]


def _decoded(message: Message) -> Message:
    """Return the headers of a part, read as UTF-8 or Windows-1252 where they are not ASCII."""
    plain = Message()
    for name, value in message.raw_items():
        plain[name] = decode(str(value).encode("utf-8", "surrogateescape"))
    return plain
