"""What extraction hands to judging: pages of text, passages and tables, with offsets.

Offsets are always character offsets into the ``text`` of one page, so that
``pages[p - 1].text[start:end]`` is the quoted evidence, character by character.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

from decalogo.evaluation.languages import DEFAULT, load_language


class PassageKind(StrEnum):
    """What a passage is; only prose, list items and table rows can be evidence."""

    PROSE = "prose"
    LIST = "list"
    HEADING = "heading"
    TABLE_ROW = "table-row"
    CONTENTS = "contents"  # an entry of a table of contents: names a topic, says nothing about it
    FURNITURE = "furniture"  # repeated header or footer, page number


@dataclass(frozen=True, slots=True)
class Page:
    """One page of extracted text.

    Attributes:
        number: position in the document, from 1.
        text: NFC text with ligatures expanded and end-of-line hyphens mended; one character folds to one byte.
    """

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of text that is read as one statement (about 40 to 1,200 characters).

    Attributes:
        page: page number, from 1.
        start: offset of the first character in that page's text.
        end: offset after the last character.
        kind: what the passage is.
        section: headings above it, outermost first.
    """

    page: int
    start: int
    end: int
    kind: PassageKind
    section: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a table; ``start`` and ``end`` are offsets in the page's text (both -1 when it is empty)."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """One body row; ``cells`` is parallel to the table's ``header`` (shorter rows are padded with empty cells)."""

    page: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its header; continued over pages, it is one table.

    Attributes:
        header: column titles (empty strings where a column has none).
        rows: body rows in reading order.
        page: page of the first row, from 1.
        section: headings above it, outermost first.
    """

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    page: int
    section: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """A quality flag: ``code`` is stable, ``detail`` is for people, ``pages`` lists pages concerned (may be empty)."""

    code: str
    detail: str
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OcrOptions:
    """Whether and how pages without a text layer are read.

    Attributes:
        mode: ``auto`` recognises them where the program is installed; ``never`` leaves them unread.
        max_pages: pages of one document that are recognised at most, the first ones.
        dpi: resolution at which a page is looked at, dots an inch.
        page_seconds: longest time for one page, seconds; past it the page stays unread.
        document_seconds: longest time for all of them, seconds; past it the others stay unread.
        language: tesseract's name of the language.
        cache_dir: folder that keeps what was found on a page, for other processes too; ``None`` keeps nothing.
    """

    mode: Literal["auto", "never"] = "auto"
    max_pages: int = 20
    dpi: int = 200
    page_seconds: float = 60.0
    document_seconds: float = 600.0
    language: str = field(default_factory=lambda: load_language(DEFAULT).tesseract)
    cache_dir: Path | None = None


@dataclass(frozen=True, slots=True)
class SplitSizes:
    """When a document is read in parts, in pages; 0 is never, which is the default.

    Attributes:
        read_above: a document of more pages is read in parts.
        read: pages of such a part.
        recognise: pages without text that one process recognises by itself, and of a part where there are more.
    """

    read_above: int = 0
    read: int = 250
    recognise: int = 0


@dataclass(frozen=True, slots=True)
class Extracted:
    """A document as text.

    Attributes:
        media_type: judged from content, e.g. ``application/pdf`` or ``text/plain``.
        pages: all pages in order; a page without text has an empty ``text``.
        passages: in reading order.
        tables: in reading order.
        flags: what is wrong with the document short of a failure.
        total_pages: pages of the file, where the time limit came before the last; ``None`` when all were read or
            their number is not known.
    """

    media_type: str
    pages: tuple[Page, ...]
    passages: tuple[Passage, ...]
    tables: tuple[Table, ...] = ()
    flags: tuple[Flag, ...] = field(default=())
    total_pages: int | None = None
