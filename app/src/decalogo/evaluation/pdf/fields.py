"""What people typed into a PDF: values of form fields and typewriter notes (FreeText), which no text page holds.

Import this module after a fork only: it loads a native library.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pikepdf

from decalogo.evaluation.pdf.objects import UNREADABLE, entry, inherited, items

_HIDDEN, _NO_VIEW = 1 << 1, 1 << 5
_PASSWORD, _PUSH_BUTTON = 1 << 13, 1 << 16
_MOST_CHARACTERS = 20_000
_MOST_VALUES = 2000
"""On one page."""
_TICKED = "X"
_TAG = re.compile(r"<[^>]*+>")
_BREAK = re.compile(r"\r\n?|\n|\v|\f")


class Value(NamedTuple):
    """A typed text with its rectangle in PDF coordinates: left, bottom, right, top."""

    text: str
    rectangle: tuple[float, float, float, float]


class TypedValues:
    """The typed texts of a document.

    Args:
        content: the file; it is opened when a page is asked for, and a file that pikepdf cannot open has no values.
    """

    def __init__(self, content: bytes | Path) -> None:
        self._content = content
        self._pages: Any = None

    def on(self, index: int) -> list[Value]:
        """Return the values on page ``index`` (from 0), in the file's order."""
        try:
            if self._pages is None:
                source = io.BytesIO(self._content) if isinstance(self._content, bytes) else self._content
                self._pages = pikepdf.open(source, suppress_warnings=True).pages
            return [*_values(self._pages[index].obj)]
        except UNREADABLE:
            return []


def _values(page: Any) -> Iterator[Value]:
    found = 0
    for annotation in items(entry(page, "/Annots")):
        if _number(entry(annotation, "/F")) & (_HIDDEN | _NO_VIEW):
            continue
        kind = entry(annotation, "/Subtype")
        text = _field(annotation) if kind == "/Widget" else _note(annotation) if kind == "/FreeText" else ""
        rectangle = [float(one) for one in items(entry(annotation, "/Rect")) if isinstance(one, int | float | Decimal)]
        if text and len(rectangle) == 4:
            found += 1
            left, right = sorted(rectangle[::2])
            bottom, top = sorted(rectangle[1::2])
            yield Value(text, (left, bottom, right, top))
            if found == _MOST_VALUES:
                return


def _field(widget: Any) -> str:
    """Return what a field shows."""
    kind, flags = inherited(widget, "/FT"), _number(inherited(widget, "/Ff"))
    value = inherited(widget, "/V")
    if kind == "/Btn":
        state = entry(widget, "/AS") or value
        ticked = isinstance(state, pikepdf.Name) and state != "/Off" and not flags & _PUSH_BUTTON
        return _TICKED if ticked else ""
    if kind == "/Tx":
        return "" if flags & _PASSWORD else _text(value)
    if kind == "/Ch":
        chosen = [*items(value)] if isinstance(value, pikepdf.Array) else [value]
        options = ([*items(option)] for option in items(inherited(widget, "/Opt")))
        shown = {_text(option[0]): _text(option[1]) for option in options if len(option) == 2}
        return "\n".join(filter(None, (shown.get(text, text) for text in map(_text, chosen))))
    return ""


def _note(annotation: Any) -> str:
    return _text(entry(annotation, "/Contents")) or _TAG.sub(" ", _text(entry(annotation, "/RC")))


def _text(value: Any) -> str:
    """Return a text value; one that is kept as a stream is decoded."""
    if isinstance(value, pikepdf.Stream):
        value = pikepdf.String(value.read_bytes()[:_MOST_CHARACTERS])
    if not isinstance(value, pikepdf.String):
        return ""
    lines = (" ".join(line.split()) for line in _BREAK.split(str(value)[:_MOST_CHARACTERS]))
    return "\n".join(filter(None, lines))


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
