"""Read e-mail messages: the text, then each readable attachment, as the pages of one document."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable
from dataclasses import replace
from email.message import Message
from pathlib import Path

from decalogo.errors import DamagedDocumentError, DocumentError, DocumentTooLargeError
from decalogo.evaluation.documents.detect import EML, HEAD_BYTES, TEXT, media_type
from decalogo.evaluation.documents.model import Flag
from decalogo.evaluation.documents.parts import Parts
from decalogo.evaluation.documents.reading import Limits, Reading

_MOST_BYTES = 150 << 20
_MOST_PARTS = 100
_MOST_DEPTH = 20

Reader = Callable[[bytes, Limits], Reading]


def read_eml(content: bytes | Path, limits: Limits, read_part: Callable[[str], Reader]) -> Reading:
    """Read an e-mail message.

    Args:
        content: the message.
        limits: limits for all parts together.
        read_part: returns the reader of a media type. It is not called for a message inside the message.

    Raises:
        DamagedDocumentError: the message is malformed, or none of its parts can be read.
        DocumentTooLargeError: over 150 MB, more than 100 parts, or more than ``limits.max_pages`` pages.
    """
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size > _MOST_BYTES:
        raise DocumentTooLargeError(
            f"The message has {size:,} bytes; the limit is {_MOST_BYTES:,}. Upload its attachments instead."
        )
    data = content.read_bytes() if isinstance(content, Path) else content
    whole = Reading(EML, [], [])
    unread: list[str] = []
    parts = _parts(data)
    for number, (name, part) in enumerate(parts, 1):
        if whole.cut or limits.reached(len(whole.sheets)):
            whole.cut = True
            break
        try:
            kind = media_type(part[:HEAD_BYTES])
            # The page numbers of an attachment differ from those of the message, so it is never read in parts.
            left = replace(limits, max_pages=limits.max_pages - len(whole.sheets), parts=Parts())
            found = read_part(kind)(part, left)
        except DocumentTooLargeError:
            raise
        except DocumentError as error:
            unread.append(f"{name or f'part {number}'} ({error.title.lower()})")
            continue
        _append(whole, found)
    if unread:
        whole.flags.append(
            Flag("attachment-unread", f"{len(unread)} parts of the message cannot be read: {', '.join(unread[:10])}.")
        )
    if not whole.sheets:
        raise DamagedDocumentError("No part of the message can be read. Upload its attachments instead.")
    return whole


def _append(whole: Reading, found: Reading) -> None:
    """Append the pages and flags of a part."""
    shift = len(whole.sheets)
    for sheet in found.sheets:
        sheet.number += shift
        whole.sheets.append(sheet)
    for flag in found.flags:
        whole.flags.append(Flag(flag.code, flag.detail, tuple(page + shift for page in flag.pages)))
    whole.cut = found.cut
    whole.unread_because = found.unread_because or whole.unread_because


def _parts(data: bytes) -> list[tuple[str, bytes]]:
    """Return the text of the message (plain if present, else HTML) and its attachments, as names and bytes."""
    try:
        message = email.message_from_bytes(data, policy=email.policy.compat32)
        leaves: list[tuple[str, Message]] = []
        _collect(message, leaves, 0)
    except (RecursionError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise DamagedDocumentError("The message is malformed. Upload its attachments instead.") from error
    parts: list[tuple[str, bytes]] = []
    for name, leaf in leaves:
        payload = leaf.get_payload(decode=True)
        if isinstance(payload, bytes) and payload.strip():
            if leaf.get_content_type() == "text/html" and media_type(payload[:HEAD_BYTES]) == TEXT:
                payload = b"<html>" + payload
            parts.append((name, payload))
    return parts


def _collect(message: Message, leaves: list[tuple[str, Message]], depth: int) -> None:
    if depth > _MOST_DEPTH or len(leaves) > _MOST_PARTS:
        raise DocumentTooLargeError(f"The message has more than {_MOST_PARTS} parts. Upload its attachments instead.")
    inside = message.get_payload()
    if not isinstance(inside, list):
        leaves.append((_name(message), message))
        return
    chosen = inside
    if message.get_content_subtype() == "alternative":  # the same text in several forms
        plain = [part for part in inside if isinstance(part, Message) and part.get_content_type() == "text/plain"]
        chosen = plain[:1] or inside[-1:]
    for part in chosen:
        if isinstance(part, Message):
            _collect(part, leaves, depth + 1)


def _name(message: Message) -> str:
    name = message.get_filename()
    return "".join(char for char in name if char.isprintable())[:100] if name else ""
