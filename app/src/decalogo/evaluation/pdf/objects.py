"""The objects of a PDF as pikepdf gives them, of whatever type they turn out to be.

Files of strangers put any type anywhere: these helpers answer with nothing where the type is another than expected.
Import this module after a fork only: it loads a native library.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pikepdf

Id = tuple[int, int]
UNREADABLE = (
    pikepdf.PdfError, pikepdf.PasswordError, ArithmeticError, AttributeError, LookupError, OSError, RuntimeError,
    TypeError, ValueError,
)  # fmt: skip
"""What pikepdf raises for files that are damaged or protected."""
_MAX_PARENTS = 40
"""Levels of a tree of pages or fields; damaged files have circles."""


def entry(holder: Any, name: str) -> Any:
    """Return an entry of a dictionary or of a stream's dictionary; ``None`` where there is none."""
    return holder.get(name) if isinstance(holder, pikepdf.Dictionary | pikepdf.Stream) else None


def is_dictionary(value: Any) -> bool:
    """Return whether a value is a dictionary (that of a stream is not counted)."""
    return isinstance(value, pikepdf.Dictionary)


def entries(holder: Any) -> Iterator[tuple[str, Any]]:
    """Yield names and values of a dictionary."""
    if isinstance(holder, pikepdf.Dictionary):
        yield from holder.items()


def items(value: Any) -> Iterator[Any]:
    """Yield the items of an array."""
    if isinstance(value, pikepdf.Array):
        yield from value


def ids(value: Any) -> Iterator[Id]:
    """Yield the numbers of the objects that an array refers to."""
    return (item.objgen for item in items(value) if isinstance(item, pikepdf.Object))


def xobjects(resources: Any) -> Iterator[tuple[str, Any]]:
    """Yield names and streams of the XObjects among resources."""
    return ((name, one) for name, one in entries(entry(resources, "/XObject")) if isinstance(one, pikepdf.Stream))


def contents(holder: Any) -> list[Any]:
    """Return the content streams of a page, or the one that a form XObject is."""
    if isinstance(holder, pikepdf.Stream):
        return [holder]
    found = entry(holder, "/Contents")
    streams = [found] if isinstance(found, pikepdf.Stream) else items(found)
    return [one for one in streams if isinstance(one, pikepdf.Stream)]


def inherited(holder: Any, name: str) -> Any:
    """Return an entry of a dictionary or of the nearest of its parents that has it."""
    for _ in range(_MAX_PARENTS):
        if (found := entry(holder, name)) is not None:
            return found
        holder = entry(holder, "/Parent")
    return None
