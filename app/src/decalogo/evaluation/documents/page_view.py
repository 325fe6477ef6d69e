"""Describe what was read of a page as plain data: text, blocks, headings and tables, all with offsets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from decalogo.evaluation.documents.model import Cell, Extracted, PassageKind


def document_view(document: Extracted, numbers: Iterable[int]) -> dict[str, Any]:
    """Return a document as data for JSON.

    Args:
        document: as it was extracted.
        numbers: pages to describe, from 1.

    Returns:
        ``media_type``, ``page_count``, ``recognised`` (pages whose text was recognised), ``flags``, and ``pages``;
        see :func:`page_view`.
    """
    return {
        "media_type": document.media_type,
        "page_count": document.total_pages or len(document.pages),
        "recognised": sorted(_recognised(document)),
        "flags": [{"code": flag.code, "detail": flag.detail, "pages": list(flag.pages)} for flag in document.flags],
        "pages": [page_view(document, number) for number in numbers],
    }


def page_view(document: Extracted, number: int) -> dict[str, Any]:
    """Return one page as data for JSON.

    Returns:
        ``page``, ``text``, ``recognised``; ``blocks`` with kind, offsets and the headings above them; ``headings``,
        those of the blocks that are one; ``tables`` with their header and the rows on this page. Offsets are those of
        ``text``; an empty cell has none.
    """
    passages = [one for one in document.passages if one.page == number]
    text = document.pages[number - 1].text
    tables = []
    for table in document.tables:
        if rows := [row for row in table.rows if row.page == number]:
            cells = [[_cell(cell) for cell in row.cells] for row in rows]
            section = list(table.section)
            tables.append({"header": list(table.header), "section": section, "page": table.page, "rows": cells})
    return {
        "page": number,
        "text": text,
        "recognised": number in _recognised(document),
        "blocks": [
            {"kind": str(one.kind), "start": one.start, "end": one.end, "section": list(one.section)}
            for one in passages
        ],
        "headings": [
            {"text": text[one.start : one.end], "start": one.start, "end": one.end}
            for one in passages
            if one.kind is PassageKind.HEADING
        ],
        "tables": tables,
    }


def _recognised(document: Extracted) -> set[int]:
    return {page for flag in document.flags if flag.code == "pages-by-ocr" for page in flag.pages}


def _cell(cell: Cell) -> dict[str, Any]:
    known = cell.start >= 0
    return {"text": cell.text, "start": cell.start if known else None, "end": cell.end if known else None}
