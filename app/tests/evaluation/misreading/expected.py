"""What is right for an input: texts that are read, texts that are not, cells, pages and flags."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from decalogo.errors import DocumentError
from decalogo.evaluation.extract import extract
from decalogo.evaluation.languages.guess import guess_language


@dataclass(frozen=True)
class Expected:
    """The right reading of one input.

    Attributes:
        has: texts that the pages hold, in this order; a line break counts as a blank.
        lacks: texts that no page holds.
        pages: number of pages; 0 for any.
        cells: header and rows of the first table.
        flags: codes of flags that the document has.
        unflagged: codes that it does not have.
        refused: a word of the message that refuses the input; empty where it is read.
        words: share of the words of ``has`` that are enough, in any order (recognised text); 0 for exact texts.
    """

    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    pages: int = 0
    cells: tuple[tuple[str, ...], ...] = ()
    flags: tuple[str, ...] = ()
    unflagged: tuple[str, ...] = ("damaged", "attachment-unread")
    refused: str = ""
    words: float = 0


@dataclass(frozen=True)
class Case:
    """An input of one kind of misreading, made by ``make``."""

    kind: str
    name: str
    make: Callable[[], bytes]
    right: Expected


def case(kind: str, name: str, make: Callable[[], bytes], has: tuple[str, ...] = (), **right: Any) -> Case:
    """Return a case; ``right`` has the further attributes of ``Expected``."""
    return Case(kind, name, make, Expected(has, **right))


def mistake(content: bytes, right: Expected) -> str:
    """Return what is wrong with the reading of an input; empty if it is right."""
    try:
        document = extract(content)
    except DocumentError as error:
        refused = right.refused and right.refused.lower() in f"{error.title} {error}".lower()
        return "" if refused else f"refused: {error}"
    if right.refused:
        return "read, not refused"
    text = " ".join(" ".join(page.text.split()) for page in document.pages)
    codes = {flag.code for flag in document.flags}
    cells = [
        (table.header, *(tuple(cell.text for cell in row.cells) for row in table.rows)) for table in document.tables
    ]
    return next(
        filter(
            None,
            (
                _missing(text, right),
                next((f"holds {one!r}" for one in right.lacks if one in text), ""),
                f"{len(document.pages)} pages" if right.pages not in {0, len(document.pages)} else "",
                f"cells {cells}" if right.cells and right.cells not in cells[:1] else "",
                f"no flag {right.flags}: {codes}" if not codes.issuperset(right.flags) else "",
                f"flag {codes & {*right.unflagged}}" if codes & {*right.unflagged} else "",
                f"taken for {language}" if (language := guess_language(text)) not in {"es", None} else "",
            ),
        ),
        "",
    )


def _missing(text: str, right: Expected) -> str:
    if right.words:
        wanted = " ".join(right.has).split()
        found = sum(word in text for word in wanted)
        return "" if found >= right.words * len(wanted) else f"{found} of {len(wanted)} words: {text[:300]!r}"
    at = 0
    for one in right.has:
        at = text.find(one, at)
        if at < 0:
            return f"lacks {one!r}: {text[:400]!r}"
        at += len(one)
    return ""
