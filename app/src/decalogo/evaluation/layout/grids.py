"""Ruled grids: from lines and words to cells.

Lines that touch form one grid; its column and row borders are the distinct positions of its lines; a cell spans over
borders that no line draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from decalogo.evaluation.documents.sheets import Box, Grid, GridCell

THIN = 3.5
"""Maximum thickness of a ruling line, points. Thin filled rectangles are lines too."""
SHORT = 4.0
"""Minimum length of a ruling line, points. Shorter strokes are dots, corners or drawings."""
_NEAR = 2.5
"""Maximum distance of two lines that are one line drawn twice, points."""
_TOUCH = 4.0
"""Maximum gap between two lines that touch, points."""
_OVERHANG = 12.0
"""Minimum length by which row lines extend past the last column line of a table with open sides, points."""
_LEAST_FILLS = 4
_MOST_PAIRS = 400_000
_MOST_CELLS = 20_000

Rule = tuple[float, float, float]


@dataclass(slots=True)
class RulingLines:
    """The ruling lines of a page.

    Attributes:
        horizontal: lines as (y, x0, x1), points.
        vertical: lines as (x, y0, y1), points.
        fills: coloured rectangles.
    """

    horizontal: list[tuple[float, float, float]] = field(default_factory=list)
    vertical: list[tuple[float, float, float]] = field(default_factory=list)
    fills: list[Box] = field(default_factory=list)

    def __bool__(self) -> bool:
        ruled = len(self.horizontal) >= 2 and len(self.vertical) >= 1
        return ruled or len(self.fills) >= 4

    def add(self, box: Box) -> None:
        """Add a thin box as a line; ignore other boxes."""
        left, top, right, bottom = box
        if bottom - top <= THIN and right - left >= SHORT:
            self.horizontal.append(((top + bottom) / 2, left, right))
        elif right - left <= THIN and bottom - top >= SHORT:
            self.vertical.append(((left + right) / 2, top, bottom))

    def add_edges(self, box: Box) -> None:
        """Add the four edges of a box as lines."""
        left, top, right, bottom = box
        self.horizontal += [(top, left, right), (bottom, left, right)]
        self.vertical += [(left, top, bottom), (right, top, bottom)]


def find_grids(rules: RulingLines) -> list[Grid]:
    """Return the grids that the lines of a page form, top to bottom, or else those of coloured rectangles."""
    grids = _grids(rules.horizontal, rules.vertical)
    if not grids and len(rules.fills) >= _LEAST_FILLS:
        shaded = RulingLines(list(rules.horizontal), list(rules.vertical))
        for box in rules.fills:
            shaded.add_edges(box)
        grids = _grids(shaded.horizontal, shaded.vertical)
    return sorted(grids, key=lambda grid: (grid.box.top, grid.box.left))


def is_table(grid: Grid) -> bool:
    """Return whether a grid is a table: at least two columns and a quarter of the cells contain text."""
    full = [cell for cell in grid.cells if cell.words]
    return len({cell.column for cell in full}) >= 2 and len(full) >= 0.25 * len(grid.cells)


def turned(grid: Grid) -> Grid:
    """Return a grid whose rows and columns follow its text, which may be sideways or upside down on the page.

    The border positions are those of the grid seen upright; ``box`` stays where the grid is on the page.
    """
    wide, high, turn = len(grid.columns) - 1, len(grid.rows) - 1, grid.turn
    if not turn:
        return grid
    back_columns = tuple(-x for x in reversed(grid.columns))
    back_rows = tuple(-y for y in reversed(grid.rows))
    columns, rows = {
        90: (grid.rows, back_columns),
        180: (back_columns, back_rows),
        270: (back_rows, grid.columns),
    }[turn]
    for cell in grid.cells:
        top, left, bottom, right = cell.row, cell.column, cell.row_end, cell.column_end
        cell.row, cell.column, cell.row_end, cell.column_end = {
            90: (wide - right, top, wide - left, bottom),
            180: (high - bottom, wide - right, high - top, wide - left),
            270: (left, high - bottom, right, high - top),
        }[turn]
    cells = sorted(grid.cells, key=lambda cell: (cell.row, cell.column))
    owner = {(row, column): cell for cell in cells for row, column in _covered(cell)}
    table = [[owner[row, column] for column in range(len(columns) - 1)] for row in range(len(rows) - 1)]
    return Grid(grid.box, columns, rows, cells, table)


def _covered(cell: GridCell) -> Iterator[tuple[int, int]]:
    return product(range(cell.row, cell.row_end), range(cell.column, cell.column_end))


def _merged(rules: Sequence[Rule]) -> list[Rule]:
    """Join lines at one position that overlap or touch."""
    merged: list[Rule] = []
    group: list[Rule] = []
    for rule in sorted(rules):
        if group and rule[0] - group[0][0] > _NEAR:
            merged += _joined(group)
            group = []
        group.append(rule)
    return merged + _joined(group)


def _joined(group: Sequence[Rule]) -> list[Rule]:
    if not group:
        return []
    position = sum(rule[0] for rule in group) / len(group)
    joined: list[Rule] = []
    start, end = None, 0.0
    for _, low, high in sorted(group, key=lambda rule: rule[1]):
        if start is None:
            start, end = low, high
        elif low <= end + _TOUCH:
            end = max(end, high)
        else:
            joined.append((position, start, end))
            start, end = low, high
    if start is not None:
        joined.append((position, start, end))
    return joined


def _grids(horizontal: Sequence[Rule], vertical: Sequence[Rule]) -> list[Grid]:
    rows, columns = _merged(horizontal), _merged(vertical)
    if len(rows) * len(columns) > _MOST_PAIRS:
        return []
    parent = list(range(len(rows) + len(columns)))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    for index, (y, left, right) in enumerate(rows):
        for other, (x, top, bottom) in enumerate(columns, len(rows)):
            if left - _TOUCH <= x <= right + _TOUCH and top - _TOUCH <= y <= bottom + _TOUCH:
                parent[root(index)] = root(other)
    parts: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for index, rule in enumerate(rows):
        parts.setdefault(root(index), ([], []))[0].append(rule)
    for index, rule in enumerate(columns, len(rows)):
        parts.setdefault(root(index), ([], []))[1].append(rule)
    found = (_grid(part_rows, part_columns) for part_rows, part_columns in parts.values())
    return [grid for grid in found if grid is not None]


def _positions(rules: Sequence[Rule]) -> list[float]:
    positions: list[float] = []
    for position in sorted(rule[0] for rule in rules):
        if not positions or position - positions[-1] > _NEAR:
            positions.append(position)
    return positions


def _grid(rows: list[Rule], columns: list[Rule]) -> Grid | None:
    ys, xs = _positions(rows), _positions(columns)
    if len(ys) < 2 or not xs:
        return None
    left, right = min(rule[1] for rule in rows), max(rule[2] for rule in rows)
    for x in (left, right):  # open sides
        if not any(abs(x - known) <= _OVERHANG for known in xs):
            columns.append((x, ys[0], ys[-1]))
    xs = _positions(columns)
    if len(xs) < 3 or (len(xs) - 1) * (len(ys) - 1) > _MOST_CELLS:
        return None
    cells, owner = _cells(xs, ys, rows, columns)
    return Grid(Box(xs[0], ys[0], xs[-1], ys[-1]), tuple(xs), tuple(ys), cells, owner)


def _drawn(positions: Sequence[float], across: Sequence[float], rules: Sequence[Rule]) -> list[list[bool]]:
    """Return, for every border position and every band across it, whether a line is drawn there."""
    drawn = [[False] * (len(across) - 1) for _ in positions]
    for position, low, high in rules:
        index = min(range(len(positions)), key=lambda i: abs(positions[i] - position))
        for band in range(len(across) - 1):
            middle = (across[band] + across[band + 1]) / 2
            if low - _NEAR <= middle <= high + _NEAR:
                drawn[index][band] = True
    return drawn


def _cells(
    xs: list[float], ys: list[float], rows: Sequence[Rule], columns: Sequence[Rule]
) -> tuple[list[GridCell], list[list[GridCell]]]:
    upright, level = _drawn(xs, ys, columns), _drawn(ys, xs, rows)
    wide, high = len(xs) - 1, len(ys) - 1
    owner: list[list[GridCell | None]] = [[None] * wide for _ in range(high)]
    cells: list[GridCell] = []
    for row in range(high):
        for column in range(wide):
            if owner[row][column] is not None:
                continue
            end = column + 1
            while end < wide and not upright[end][row] and owner[row][end] is None:
                end += 1
            below = row + 1
            while below < high and not any(level[below][c] or owner[below][c] for c in range(column, end)):
                below += 1
            cell = GridCell(row, column, below, end)
            for taken in owner[row:below]:
                taken[column:end] = [cell] * (end - column)
            cells.append(cell)
    return cells, [[cell for cell in line if cell is not None] for line in owner]
