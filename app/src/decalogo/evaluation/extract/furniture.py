"""Repeated headers and footers and page numbers: they stay in the text and are no evidence."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from decalogo.evaluation.extract.layout import Line, Sheet
from decalogo.evaluation.fold import fold

_EDGE_LINES = 8
"""Lines at a page's beginning and end (in text order and, in a PDF, by height) where furniture is looked for."""
_LEAST_PAGES = 3
_LEAST_SHARE = 0.34
"""Of the pages between its first and last: each part of a merged document has its own headers."""
_MOST_LENGTH = 200
_NUMBER = re.compile(rb"[0-9]+")
_NOISE = re.compile(rb"[^a-z#]+")
_PAGE_NUMBER = re.compile(
    r"(?:p[aá]g(?:ina|\.)?\s*)?[-–—|\[(•]*\s*(?:\d{1,4}|[ivxlc]{1,7})\s*[-–—|\])•]*(?:\s*(?:de|/)\s*\d{1,4})?",
    re.IGNORECASE,
)


def find_furniture(sheets: Sequence[Sheet]) -> list[set[int]]:
    """Return, for each sheet, the indices of its lines that are furniture. Linear in the number of lines."""
    edges = [_edge(sheet) for sheet in sheets]
    seen: dict[bytes, list[int]] = defaultdict(list)
    keys: list[dict[int, bytes]] = []
    for number, (sheet, edge) in enumerate(zip(sheets, edges, strict=True)):
        keys.append({index: _key(sheet.lines[index]) for index in edge})
        for key in {key for key in keys[-1].values() if key}:
            seen[key].append(number)
    repeated = {key for key, numbers in seen.items() if _is_regular(numbers, len(sheets))}
    return [
        {index for index, key in keyed.items() if key in repeated or _is_page_number(sheet, index)}
        for sheet, keyed in zip(sheets, keys, strict=True)
    ]


def _edge(sheet: Sheet) -> list[int]:
    count = len(sheet.lines)
    edge = {*range(min(_EDGE_LINES, count)), *range(max(0, count - _EDGE_LINES), count)}
    if sheet.height:
        for index, line in enumerate(sheet.lines):
            if line.box and (line.box.bottom < 0.1 * sheet.height or line.box.top > 0.9 * sheet.height):
                edge.add(index)
    return sorted(edge)


def _key(line: Line) -> bytes:
    """Return what stays the same from page to page: letters, with numbers masked."""
    if len(line.text) > _MOST_LENGTH:
        return b""
    key = _NOISE.sub(b"", _NUMBER.sub(b"#", fold(line.text)))
    return key if len(key) > 2 else b""


def _is_regular(numbers: Sequence[int], pages: int) -> bool:
    span = numbers[-1] - numbers[0] + 1
    if len(numbers) < _LEAST_PAGES:
        return pages == 2 and len(numbers) == 2
    return len(numbers) >= _LEAST_SHARE * span


def _is_page_number(sheet: Sheet, index: int) -> bool:
    if index not in (0, 1, 2) and index < len(sheet.lines) - 3 and not _is_marginal(sheet, index):
        return False
    return _PAGE_NUMBER.fullmatch(sheet.lines[index].text.strip()) is not None


def _is_marginal(sheet: Sheet, index: int) -> bool:
    box = sheet.lines[index].box
    if box is None or not sheet.height:
        return False
    return box.bottom < 0.12 * sheet.height or box.top > 0.88 * sheet.height
