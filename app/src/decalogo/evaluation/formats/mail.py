"""Read e-mail: messages, mailboxes and saved web pages. Texts and attachments become the pages of one document."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from decalogo.errors import DamagedDocumentError, DocumentError, DocumentTooLargeError, EncryptedDocumentError
from decalogo.evaluation.documents.detect import (
    EML,
    HEAD_BYTES,
    HTML,
    JPEG,
    MARKDOWN,
    PNG,
    TEXT,
    TIFF,
    XML,
    media_type,
)
from decalogo.evaluation.documents.model import Flag
from decalogo.evaluation.documents.parts import Parts
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.formats.mail_parts import MailPart, content_parts

_MOST_BYTES = 150 << 20
_MOST_MESSAGES = 1000
# A message of a mailbox begins with a line that names the sender and the date, mostly after an empty line.
_ENVELOPE = re.compile(
    rb"(?:\A|\n\r?\n|\n(?=From \S+ +[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} \d\d:\d\d))"
    rb"(From \S+[^\r\n]{0,200}?\d{4}[^\r\n]{0,50}\r?\n)(?=[A-Za-z][A-Za-z0-9-]{0,60}:)"
)
_QUOTED_FROM = re.compile(rb"^>(>*From )", re.MULTILINE)
_IMAGES = frozenset({JPEG, PNG, TIFF})
_MARKUP = frozenset({HTML, EML, MARKDOWN, XML})

Reader = Callable[[bytes, Limits], Reading]


def read_eml(content: bytes | Path, limits: Limits, read_part: Callable[[str], Reader]) -> Reading:
    """Read an e-mail message, or all messages of a mailbox.

    Args:
        content: the message or mailbox.
        limits: limits for all parts together.
        read_part: returns the reader of a media type. It is not called for a message inside the message.

    Raises:
        DamagedDocumentError: the message is malformed, or none of its parts can be read.
        EncryptedDocumentError: none of its parts can be read, and some are encrypted.
        DocumentTooLargeError: over 150 MB, more than 1,000 messages, a message of more than 100 parts, or more than
            ``limits.max_pages`` pages.
    """
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size > _MOST_BYTES:
        raise DocumentTooLargeError(
            f"The message has {size:,} bytes; the limit is {_MOST_BYTES:,}. Upload its attachments instead."
        )
    data = content.read_bytes() if isinstance(content, Path) else content
    whole = Reading(EML, [], [])
    unread: list[str] = []
    encrypted = False
    for number, part in enumerate(_all_parts(data), 1):
        if whole.cut or limits.reached(len(whole.sheets)):
            whole.cut = True
            break
        name = part.name or f"part {number}"
        if part.encrypted:
            encrypted = True
            unread.append(f"{name} (encrypted)")
            continue
        try:
            found = _read_part(part, whole, limits, read_part)
        except DocumentTooLargeError:
            raise
        except DocumentError as error:
            encrypted |= isinstance(error, EncryptedDocumentError)
            unread.append(f"{name} ({error.title.lower()})")
            continue
        if found is None:
            unread.append(f"{name} (an image without text)")
        else:
            whole.append(found)
    if unread:
        whole.flags.append(
            Flag("attachment-unread", f"{len(unread)} parts of the message cannot be read: {', '.join(unread[:10])}.")
        )
    if not whole.sheets:
        if encrypted:
            raise EncryptedDocumentError("The message is encrypted. Upload its attachments without protection instead.")
        raise DamagedDocumentError("No part of the message can be read. Upload its attachments instead.")
    return whole


def _read_part(part: MailPart, whole: Reading, limits: Limits, read_part: Callable[[str], Reader]) -> Reading | None:
    """Return the pages of a part, or ``None`` for an image without text."""
    kind = media_type(part.data[:HEAD_BYTES])
    if part.declared == "text/html" and kind in {TEXT, MARKDOWN, XML}:
        kind = HTML
    elif part.is_body and part.declared == "text/plain" and kind in _MARKUP:
        kind = TEXT
    # The page numbers of an attachment differ from those of the message, so it is never read in parts.
    left = replace(limits, max_pages=limits.max_pages - len(whole.sheets), parts=Parts())
    found = read_part(kind)(part.data, left)
    return None if kind in _IMAGES and not any(sheet.lines for sheet in found.sheets) else found


def _all_parts(data: bytes) -> Iterator[MailPart]:
    """Yield the parts with content of all messages; pictures inside a text are left out."""
    for raw in _messages(data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n")):
        for part in content_parts(raw):
            if not (part.inline and part.declared.startswith("image/")):
                yield part


def _messages(data: bytes) -> Iterator[bytes]:
    """Yield the messages of a mailbox; a file that is none is one message."""
    starts = [match.start(1) for match in _ENVELOPE.finditer(data)]
    if not starts or starts[0] != 0:
        yield data
        return
    if len(starts) > _MOST_MESSAGES:
        raise DocumentTooLargeError(f"The mailbox has {len(starts)} messages; the limit is {_MOST_MESSAGES}. Split it.")
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        yield _QUOTED_FROM.sub(rb"\1", data[start:end])
