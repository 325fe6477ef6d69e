"""Read a PDF portfolio: a cover page with other files inside, which become the pages of one document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from decalogo.errors import DocumentError, DocumentTooLargeError, UnsupportedDocumentError
from decalogo.evaluation.documents.detect import HEAD_BYTES, PDF, media_type
from decalogo.evaluation.documents.model import Flag
from decalogo.evaluation.documents.parts import Parts
from decalogo.evaluation.documents.reading import Limits, Reading

Reader = Callable[[bytes, Limits], Reading]
_NAMED = 10
"""Names of members in a message at most."""


def read_portfolio(
    members: Mapping[str, bytes], limits: Limits, read_member: Callable[[str], Reader] | None
) -> Reading:
    """Read the members of a portfolio in order.

    Args:
        members: files by name.
        limits: limits for all members together.
        read_member: returns the reader of a media type; ``None``: members are not read.

    Raises:
        UnsupportedDocumentError: no member can be read; the message names them.
        DocumentTooLargeError: more than ``limits.max_pages`` pages.
    """
    whole = Reading(PDF, [], [])
    unread: list[str] = []
    for name, data in members.items():
        if whole.cut or limits.reached(len(whole.sheets)):
            whole.cut = True
            break
        try:
            if read_member is None:
                raise UnsupportedDocumentError("a portfolio inside another document")
            left = replace(limits, max_pages=limits.max_pages - len(whole.sheets), parts=Parts())
            whole.append(read_member(media_type(data[:HEAD_BYTES]))(data, left))
        except DocumentTooLargeError:
            raise
        except DocumentError as error:
            unread.append(f"{name} ({error.title.lower()})")
    if not whole.sheets:
        raise UnsupportedDocumentError(
            f"The PDF is a portfolio of {len(members)} files, and none of them can be read: {_listed([*members])}. "
            "Upload its files instead."
        )
    if unread:
        detail = f"{len(unread)} files of the portfolio cannot be read: {_listed(unread)}."
        whole.flags.append(Flag("attachment-unread", detail))
    return whole


def _listed(names: list[str]) -> str:
    shown = ["".join(char for char in name if char.isprintable())[:100] for name in names[:_NAMED]]
    return ", ".join([*shown, "…"] if len(names) > _NAMED else shown)
