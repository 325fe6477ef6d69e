"""An extracted document: pages of text, passages and tables, with offsets.

Offsets are character offsets in the ``text`` of one page: ``pages[p - 1].text[start:end]`` is the quoted evidence,
character by character.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Literal

from decalogo.evaluation.languages import DEFAULT, load_language


class PassageKind(StrEnum):
    """Kind of a passage. Only prose, list items and table rows can be evidence."""

    PROSE = "prose"
    LIST = "list"
    HEADING = "heading"
    TABLE_ROW = "table-row"
    CONTENTS = "contents"  # entry of a table of contents
    FURNITURE = "furniture"  # repeated header or footer, page number


@dataclass(frozen=True, slots=True)
class Page:
    """One page of extracted text.

    Attributes:
        number: position in the document, from 1.
        text: normalised text (see ``layout.normalise``); one character folds to one byte.
    """

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of text that is one statement, about 40 to 1,200 characters long.

    Attributes:
        page: page number, from 1.
        start: offset of the first character in that page's text.
        end: offset after the last character.
        kind: kind of the passage.
        section: headings above it, outermost first.
    """

    page: int
    start: int
    end: int
    kind: PassageKind
    section: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table; ``start`` and ``end`` are offsets in the page's text, both -1 for an empty cell."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Row:
    """A body row; ``cells`` is parallel to the table's ``header``, shorter rows are padded with empty cells."""

    page: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its header. A table that continues on further pages is one table.

    Attributes:
        header: column titles; empty strings for columns without a title.
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
    """A quality flag: ``code`` is stable, ``detail`` is text for people, ``pages`` are affected pages, if any."""

    code: str
    detail: str
    pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class OcrOptions:
    """Text recognition of pages without a text layer.

    Attributes:
        mode: ``auto`` recognises them if tesseract is installed; ``never`` leaves them unread.
        max_pages: maximum number of recognised pages per document; the first ones are recognised.
        dpi: resolution of a page image, dots per inch.
        page_seconds: time limit per page, seconds; a slower page stays unread.
        document_seconds: time limit per document, seconds; the remaining pages stay unread.
        language: tesseract's code of the language.
        cache_dir: folder of recognised pages, shared by processes; ``None`` disables the cache.
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
    """Sizes for reading a document in parts, in pages.

    Attributes:
        read_above: number of pages above which a document is read in parts; 0 disables. read: pages per part.
        recognise: maximum number of pages without text that one process recognises; more are recognised in parts of
        this size; 0 disables.
    """

    read_above: int = 0
    read: int = 250
    recognise: int = 0


@dataclass(frozen=True, slots=True)
class Extracted:
    """A document as text.

    Attributes:
        media_type: media type detected from the content, such as ``application/pdf``.
        pages: all pages in order; a page without text has an empty ``text``.
        passages: in reading order.
        tables: in reading order.
        flags: problems that are no failure.
        total_pages: number of pages of the file if the time limit ended the reading; ``None`` if all pages were read or
            the number is unknown.
    """

    media_type: str
    pages: tuple[Page, ...]
    passages: tuple[Passage, ...]
    tables: tuple[Table, ...] = ()
    flags: tuple[Flag, ...] = field(default=())
    total_pages: int | None = None
