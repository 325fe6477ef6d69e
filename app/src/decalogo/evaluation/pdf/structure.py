"""What a PDF's objects tell before its pages are read, and what is changed for that.

PDFium gives no access to a file's objects, so pikepdf (qpdf) opens it first: a few milliseconds for a long plan.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decalogo.evaluation.pdf.fields import Value


def shown_only(content: bytes | Path) -> bytes | Path:
    """Return a PDF as its default view shows it: without what hidden layers hold; the same where nothing is hidden."""
    import pikepdf

    from decalogo.evaluation.pdf.layers import hidden_groups, remove_hidden
    from decalogo.evaluation.pdf.objects import UNREADABLE

    source = io.BytesIO(content) if isinstance(content, bytes) else content
    try:
        with pikepdf.open(source, suppress_warnings=True) as document:
            off = hidden_groups(document.Root)
            if off and remove_hidden(document, off):
                target = io.BytesIO()
                document.save(target)
                return target.getvalue()
    except UNREADABLE:
        pass  # PDFium opens what it can
    return content


def typed_values(content: bytes | Path) -> Callable[[int], list[Value]]:
    """Return what gives the typed texts of a page by its index; nothing is loaded before it is asked."""
    opened: list[Callable[[int], list[Value]]] = []

    def on(index: int) -> list[Value]:
        if not opened:
            from decalogo.evaluation.pdf.fields import TypedValues

            opened.append(TypedValues(content).on)
        return opened[0](index)

    return on
