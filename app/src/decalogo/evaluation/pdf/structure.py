"""Inspect a PDF's objects before PDFium reads its pages.

PDFium gives no access to a file's objects, so pikepdf (qpdf) opens it first. That takes a few milliseconds for a long
plan. A file that pikepdf cannot open is read as PDFium opens it.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from decalogo.evaluation.pdf.file_form import with_header

if TYPE_CHECKING:
    from decalogo.evaluation.pdf.fields import Value

_MOST_MEMBER_BYTES = 150 << 20


@dataclass(frozen=True, slots=True)
class Structure:
    """What was found.

    Attributes:
        content: the file for PDFium: with a header, and without what hidden layers hold.
        members: the files of a portfolio by name, ``None`` for another PDF.
        costly: why a page is not given to PDFium, by its number.
        crowded: pages that draw many objects in forms, by number.
        checked: whether its objects could be looked at.
        form: whether it is an XFA form, which only some programs show.
    """

    content: bytes | Path
    members: dict[str, bytes] | None = None
    costly: Mapping[int, str] = field(default_factory=dict)
    crowded: frozenset[int] = frozenset()
    checked: bool = True
    form: bool = False


def inspect(content: bytes | Path) -> Structure:
    """Return what a PDF's objects tell."""
    import pikepdf

    from decalogo.evaluation.pdf.budget import check_pages
    from decalogo.evaluation.pdf.layers import hidden_groups, remove_hidden
    from decalogo.evaluation.pdf.objects import UNREADABLE, entry
    from decalogo.evaluation.pdf.unpacking import set_limits

    set_limits()
    found = Structure(with_header(content))
    source = io.BytesIO(found.content) if isinstance(found.content, bytes) else found.content
    try:
        with pikepdf.open(source, suppress_warnings=True) as document:
            root = document.Root
            if entry(root, "/Collection") is not None:
                found = replace(found, members=_members(document))
            if entry(entry(root, "/AcroForm"), "/XFA") is not None:
                found = replace(found, form=True)
            costly, crowded = check_pages(document)
            found = replace(found, costly=costly, crowded=crowded)
            off = hidden_groups(root)
            if off and remove_hidden(document, off):
                target = io.BytesIO()
                document.save(target)
                found = replace(found, content=target.getvalue())
    except pikepdf.PasswordError:
        pass  # PDFium refuses it
    except UNREADABLE:
        found = replace(found, checked=False)
    return found


def _members(document: Any) -> dict[str, bytes]:
    """Return the embedded files of a portfolio, in the order of their names in the file."""
    from decalogo.evaluation.pdf.objects import UNREADABLE

    members: dict[str, bytes] = {}
    left = _MOST_MEMBER_BYTES
    for name, member in document.attachments.items():
        try:
            data = member.get_file().read_bytes()
        except UNREADABLE:
            data = b""
        left -= len(data)
        members[member.filename or name] = data if left >= 0 else b""
    return members


def typed_values(content: bytes | Path) -> Callable[[int], list[Value]]:
    """Return a function that gives the typed texts of a page by its index. It loads nothing before its first call."""
    opened: list[Callable[[int], list[Value]]] = []

    def on(index: int) -> list[Value]:
        if not opened:
            from decalogo.evaluation.pdf.fields import TypedValues

            opened.append(TypedValues(content).on)
        return opened[0](index)

    return on
