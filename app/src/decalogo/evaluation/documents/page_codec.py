"""The pages of a document as bytes, for another process: JSON in a fixed schema, checked when it is read.

A compromised worker can write any bytes. Reading them yields pages or an error, and nothing else: the type of every
value is checked, and cells of a grid are referred to by number. Lone surrogates and infinite numbers are
kept exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from decalogo.evaluation.documents.raw_pages import RawLine, RawPage, Recognised
from decalogo.evaluation.documents.sheets import Box, Grid, GridCell


def encode(read: Mapping[int, RawPage], recognised: Mapping[int, Recognised | None]) -> bytes:
    """Return pages as bytes."""
    rows = [[number, found and _row_of_recognised(found)] for number, found in recognised.items()]
    whole = [[[number, _row_of_page(page)] for number, page in read.items()], rows]
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def decode(data: bytes) -> tuple[dict[int, RawPage], dict[int, Recognised | None]]:
    """Return the pages of :func:`encode`; raise ``ValueError``, ``TypeError`` or ``IndexError`` for anything else."""
    read, recognised = json.loads(data.decode("utf-8", "surrogatepass"))
    found = {_int(number): None if row is None else _recognised(row) for number, row in recognised}
    return {_int(number): _page(row) for number, row in read}, found


def _row_of_recognised(found: Recognised) -> list[Any]:
    return [found.lines, found.height, found.rotation]


def _row_of_page(page: RawPage) -> list[Any]:
    lines = [[line.start, line.end, line.box, line.size, line.bold, line.level] for line in page.lines]
    grids = [_row_of_grid(grid) for grid in page.grids]
    return [page.number, page.text, page.height, lines, grids, page.failed, page.doubt, page.costly]


def _row_of_grid(grid: Grid) -> list[Any]:
    number = {id(cell): index for index, cell in enumerate(grid.cells)}
    cells = [[cell.row, cell.column, cell.row_end, cell.column_end, cell.words] for cell in grid.cells]
    owner = [[number[id(cell)] for cell in row] for row in grid.owner]
    return [grid.box, grid.columns, grid.rows, cells, owner, grid.turn]


def _page(row: Any) -> RawPage:
    number, text, height, lines, grids, failed, doubt, costly = row
    return RawPage(
        _int(number),
        _text(text),
        _float(height),
        [_line(line) for line in lines],
        [_grid(grid) for grid in grids],
        _bool(failed),
        _text(doubt),
        _text(costly),
    )


def _line(row: Any) -> RawLine:
    start, end, box, size, bold, level = row
    return RawLine(_int(start), _int(end), _box(box), _float(size), _bool(bold), _bool(level))


def _grid(row: Any) -> Grid:
    box, columns, rows, cells, owner, turn = row
    known = [_cell(cell) for cell in cells]
    owners = [[known[_int(number)] for number in numbers] for numbers in owner]
    return Grid(_box(box), tuple(_float(x) for x in columns), tuple(_float(y) for y in rows), known, owners, _int(turn))


def _cell(row: Any) -> GridCell:
    top, left, bottom, right, words = row
    return GridCell(_int(top), _int(left), _int(bottom), _int(right), [(_int(a), _int(b)) for a, b in words])


def _recognised(row: Any) -> Recognised:
    lines, height, rotation = row
    return Recognised(tuple((_text(text), _box(box)) for text, box in lines), _float(height), _int(rotation))


def _box(row: Any) -> Box:
    left, top, right, bottom = row
    return Box(_float(left), _float(top), _float(right), _float(bottom))


def _int(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r:.40} is not a number from 0")
    return value


def _float(value: Any) -> float:
    if type(value) not in (float, int):
        raise TypeError(f"{value!r:.40} is not a number")
    return value  # type: ignore[no-any-return]  # an int stays one, so that pages are carried exactly


def _text(value: Any) -> str:
    if type(value) is not str:
        raise TypeError(f"{value!r:.40} is not a text")
    return value


def _bool(value: Any) -> bool:
    if type(value) is not bool:
        raise TypeError(f"{value!r:.40} is not true or false")
    return value
