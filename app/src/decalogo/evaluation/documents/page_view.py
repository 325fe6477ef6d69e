"""Describe what was read of a page as plain data: text, blocks, headings and tables, all with offsets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from decalogo.evaluation.documents.model import Cell, Extracted, Passage, PassageKind, Row, Table


def document_view(document: Extracted, numbers: Iterable[int]) -> dict[str, Any]:
    """Return a document as data for JSON.

    Args:
        document: as it was extracted.
        numbers: pages to describe, from 1.

    Returns:
        ``media_type``, ``page_count``, ``recognised`` (pages whose text was recognised), ``flags``, and ``pages``;
        see :func:`page_views`.
    """
    return {
        "media_type": document.media_type,
        "page_count": document.total_pages or len(document.pages),
        "recognised": sorted(_recognised(document)),
        "flags": [{"code": flag.code, "detail": flag.detail, "pages": list(flag.pages)} for flag in document.flags],
        "pages": list(page_views(document, numbers)),
    }


def page_views(document: Extracted, numbers: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Yield pages as data for JSON, one at a time.

    Args:
        document: as it was extracted.
        numbers: pages to describe, from 1.

    Yields:
        ``page``, ``text``, ``recognised``; ``blocks`` with kind, offsets, the headings above them (a heading is the
        last of its own), and ``level`` of a heading, from 1; ``headings``, those of the blocks that are one; ``tables``
        with their header and the rows on this page, and where these rows start and end. Offsets are those of ``text``;
        an empty cell has none.
    """
    recognised = _recognised(document)
    passages: defaultdict[int, list[Passage]] = defaultdict(list)
    for passage in document.passages:
        passages[passage.page].append(passage)
    tables: defaultdict[int, list[tuple[Table, list[Row]]]] = defaultdict(list)
    for table in document.tables:
        rows: defaultdict[int, list[Row]] = defaultdict(list)
        for row in table.rows:
            rows[row.page].append(row)
        for number, here in rows.items():
            tables[number].append((table, here))
    for number in numbers:
        text = document.pages[number - 1].text
        blocks = [_block(passage) for passage in passages[number]]
        yield {
            "page": number,
            "text": text,
            "recognised": number in recognised,
            "blocks": blocks,
            "headings": [
                {
                    "text": text[block["start"] : block["end"]],
                    **{name: block[name] for name in ("start", "end", "level")},
                }
                for block in blocks
                if block["level"]
            ],
            "tables": [_table(table, rows) for table, rows in tables[number]],
        }


def _recognised(document: Extracted) -> set[int]:
    return {page for flag in document.flags if flag.code == "pages-by-ocr" for page in flag.pages}


def _block(passage: Passage) -> dict[str, Any]:
    return {
        "kind": str(passage.kind),
        "start": passage.start,
        "end": passage.end,
        "level": max(1, len(passage.section)) if passage.kind is PassageKind.HEADING else None,
        "section": list(passage.section),
    }


def _table(table: Table, rows: list[Row]) -> dict[str, Any]:
    """Describe the rows of a table that are on one page."""
    known = [cell for row in rows for cell in row.cells if cell.start >= 0]
    return {
        "header": list(table.header),
        "section": list(table.section),
        "page": table.page,
        "start": min((cell.start for cell in known), default=None),
        "end": max((cell.end for cell in known), default=None),
        "rows": [[_cell(cell) for cell in row.cells] for row in rows],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    known = cell.start >= 0
    return {"text": cell.text, "start": cell.start if known else None, "end": cell.end if known else None}
