"""Find repeated headers, footers and page numbers. They stay in the text but are no evidence.

Candidates are the first and last lines of a page and, in a PDF, the lines in its top and bottom margins.

- *Headers and footers.* A line is reduced to a key: its letters, with numbers masked. A key that occurs on at least
  three pages, and on a third of the pages between its first and last one, is a header or footer. The share is taken
  over that range because each part of a merged document has its own headers.
- *Pieces.* Some pages break a header into other lines. A line in a margin that lies where a known header lies on other
  pages belongs to it.
- *Page numbers.* A number on a line of its own whose difference to the page index is the same on many pages is a page
  number, on these pages and wherever that number has the same height. A line such as "Página 3" needs no repetition.

All steps are linear in the number of lines.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence

from decalogo.evaluation.documents.sheets import Box, Line, Sheet
from decalogo.evaluation.layout.words import Words

_EDGE_LINES = 8
"""Number of candidate lines at the beginning and at the end of a page, in text order."""
_LEAST_PAGES = 3
_LEAST_SHARE = 0.34
"""Minimum share of the pages between the first and the last occurrence."""
_MARGIN = 0.1
"""Height of the top and of the bottom margin, as a share of the page's height."""
_SLACK = 3.0
"""Maximum distance by which a piece of a header exceeds the box of the whole header, points."""
_MOST_LENGTH = 200
_NUMBER = re.compile(rb"[0-9]+")
_PERIOD = re.compile(rb"\W*(?:19|20)\d\d\W+(?:19|20)\d\d\W*")
_NO_KEY = bytes(set(range(256)) - set(b"abcdefghijklmnopqrstuvwxyz0123456789#"))


def find_furniture(sheets: Sequence[Sheet], words: Words) -> list[set[int]]:
    """Return, for each sheet, the indices of the lines that are headers, footers or page numbers."""
    margins = [_marginal(sheet) for sheet in sheets]
    edges = [_edge(sheet, marginal) for sheet, marginal in zip(sheets, margins, strict=True)]
    seen: dict[bytes, list[int]] = defaultdict(list)
    keys: list[dict[int, bytes]] = []
    for number, (sheet, edge) in enumerate(zip(sheets, edges, strict=True)):
        keys.append({index: _key(sheet, sheet.lines[index]) for index in edge})
        for key in {key for key in keys[-1].values() if key}:
            seen[key].append(number)
    repeated = {key for key, numbers in seen.items() if _is_regular(numbers)}
    found = [{index for index, key in keyed.items() if key in repeated} for keyed in keys]
    for page, index in _page_numbers(sheets, edges, words):
        found[page].add(index)
    _add_pieces(sheets, found, {key: seen[key] for key in repeated}, keys, margins)
    return found


def clear_grids(sheets: Sequence[Sheet], furniture: Sequence[set[int]]) -> None:
    """Remove headers and footers from the cells of grids that extend into a page's margins."""
    for sheet, chosen in zip(sheets, furniture, strict=True):
        lines = [sheet.lines[index] for index in sorted(chosen)]
        starts, ends = [line.start for line in lines], [line.end for line in lines]
        for grid in sheet.grids if lines else ():
            for cell in grid.cells:
                cell.words = [
                    word for word in cell.words if not (at := bisect_right(starts, word[0])) or ends[at - 1] <= word[0]
                ]


def _add_pieces(
    sheets: Sequence[Sheet],
    found: Sequence[set[int]],
    seen: Mapping[bytes, Sequence[int]],
    keys: Sequence[Mapping[int, bytes]],
    margins: Sequence[set[int]],
) -> None:
    """Add lines in the margins that lie where a header or footer lies on other pages."""
    places: dict[int, list[Box]] = defaultdict(list)
    for key, numbers in seen.items():
        first = numbers[0]
        index = next(index for index, other in keys[first].items() if other == key)
        box = sheets[first].lines[index].box
        if box is not None and index in margins[first]:
            for number in range(first, numbers[-1] + 1):
                places[number].append(box)
    for number, boxes in places.items():
        lines = sheets[number].lines
        for index in margins[number]:
            if index not in found[number] and _lies_in(lines[index].box, boxes):
                found[number].add(index)


def _lies_in(box: Box | None, places: Sequence[Box]) -> bool:
    return box is not None and any(
        box.left >= place.left - _SLACK
        and box.right <= place.right + _SLACK
        and box.top >= place.top - _SLACK
        and box.bottom <= place.bottom + _SLACK
        for place in places
    )


def _page_numbers(sheets: Sequence[Sheet], edges: Sequence[Sequence[int]], words: Words) -> list[tuple[int, int]]:
    """Return the page numbers as (sheet, line): numbers at a page's edge that count up with the pages."""
    shifts: dict[int, list[tuple[int, int]]] = defaultdict(list)
    sure: list[tuple[int, int]] = []
    for page, (sheet, edge) in enumerate(zip(sheets, edges, strict=True)):
        for index in edge:
            match = words.page_number.fullmatch(sheet.lines[index].text)
            if match is None:
                continue
            if match.group("number"):
                shifts[int(match.group("number")) - page].append((page, index))
            outermost = index in (0, len(sheet.lines) - 1)
            if match.group("word") or (outermost and (match.group("roman") or not sheet.height)):
                sure.append((page, index))
    steady = {shift: places for shift, places in shifts.items() if _is_regular([page for page, _ in places])}
    tops = {shift: {_top(sheets[page], index) for page, index in places} for shift, places in steady.items()}
    strays = [
        (page, index)
        for page, sheet in enumerate(sheets if tops else ())
        for index, line in enumerate(sheet.lines if sheet.height else ())
        if line.text.isdecimal() and _top(sheet, index) in tops.get(int(line.text) - page, ())
    ]
    return sure + strays + [place for places in steady.values() for place in places]


def _top(sheet: Sheet, index: int) -> int:
    """Return the height of a line, in steps of four points: page numbers have the same height on every page."""
    box = sheet.lines[index].box
    return round(box.top / 4) if box else -1


def _edge(sheet: Sheet, marginal: set[int]) -> list[int]:
    """Return the candidate lines. Inside a grid, these are only the lines in the margins: column titles repeat too."""
    count = len(sheet.lines)
    edge = {*range(min(_EDGE_LINES, count)), *range(max(0, count - _EDGE_LINES), count)}
    if sheet.grids:
        edge = {index for index in edge - marginal if not _in_grid(sheet, index)}
    return sorted(edge | marginal)


def _key(sheet: Sheet, line: Line) -> bytes:
    """Return the part of a line that is the same on every page: its letters, with numbers masked."""
    if len(line.text) > _MOST_LENGTH:
        return b""
    folded = sheet.folded[line.start : line.end]
    key = folded.translate(None, _NO_KEY)
    if not key.isalpha():
        if _PERIOD.fullmatch(folded):
            return folded
        key = _NUMBER.sub(b"#", folded).translate(None, _NO_KEY)
    return key if len(key) > 2 else b""


def _is_regular(numbers: Sequence[int]) -> bool:
    span = numbers[-1] - numbers[0] + 1
    return len(numbers) >= max(_LEAST_PAGES, _LEAST_SHARE * span)


def _marginal(sheet: Sheet) -> set[int]:
    """Return the lines in the top and bottom margins; none in a format without positions."""
    if not sheet.height:
        return set()
    upper, lower = _MARGIN * sheet.height, (1 - _MARGIN) * sheet.height
    boxes = [line.box for line in sheet.lines]
    return {index for index, box in enumerate(boxes) if box is not None and (box.bottom < upper or box.top > lower)}


def _in_grid(sheet: Sheet, index: int) -> bool:
    line = sheet.lines[index]
    box = line.box or Box(0, line.start, 0, line.end)  # in a format without positions, grids span text offsets
    return any(grid.box.top - 1 <= box.top and box.bottom <= grid.box.bottom + 1 for grid in sheet.grids)
