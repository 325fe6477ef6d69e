"""What drawing a page may cost: images, patterns, shadings and masks, estimated before PDFium draws it.

Only pages whose picture is needed are looked at: for recognition, and for the console. PDFium draws each tile of a
pattern, reads all pixels of an image each time it is drawn, and computes the colour of a shading for each pixel. A file
of a kilobyte can ask for billions of them. The estimate takes the whole page as the area of each operator, so it is an
upper bound, and the limits are several times what dense maps need.

Import this module after a fork only: it loads a native library.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pikepdf

from decalogo.evaluation.pdf.budget import PageBudget
from decalogo.evaluation.pdf.objects import UNREADABLE, Id, contents, entries, entry, inherited, items, xobjects
from decalogo.evaluation.pdf.pictures import has_many_passes
from decalogo.evaluation.pdf.unpacking import jpeg_of, set_limits, unpacked

_MOST_STEPS = 40_000_000_000
"""Steps of a page; a step takes about a nanosecond."""
_MOST_TILING_STEPS = 4_000_000_000
"""Steps to fill a page with a pattern once."""
_MOST_IMAGE_BYTES = 420 << 20
"""Unpacked size of an image: a map of A0 with 300 dots per inch in colour."""
_TOO_MANY = float("inf")
_PAGE = 600 * 850.0
"""Area of a page, square points."""
_DENSITY = (200 / 72) ** 2
"""Pixels per square point."""
_SAMPLE, _TILE, _PIXEL, _OPERATOR = 4, 40, 4, 5
"""Steps for a sample of an image, however few bits it has, a tile, a pixel of a layer, an operator of a function."""
_POINT = {4: 650_000, 5: 1_300_000, 6: 1_750_000, 7: 1_750_000}
"""Steps for a point of a mesh, whose triangles and patches may each be as large as the page, by the type of shading."""
_CONTENT_BYTE = 20
_MAX_DEPTH = 20
_END = rb"(?![^\s/\[\]()<>{}%])"
_NAMED = re.compile(rb"/([^\s/\[\]()<>{}%]+)\s+(Do|gs|scn|SCN|sh)" + _END)
_MASKABLE = re.compile(
    rb"(?<![^\s\])>])(?:(q)|(Q)|(?:/([^\s/\[\]()<>{}%]+)\s+gs)|(T[jJ]|f\*?|F|B\*?|b\*?|[sS]|sh|Do))" + _END
)
_COMPONENTS = {"/DeviceRGB": 3, "/CalRGB": 3, "/Lab": 3, "/DeviceCMYK": 4, "/ICCBased": 4, "/DeviceN": 8}


@dataclass(slots=True)
class Drawings:
    """Budget of drawing for the pages of an open document."""

    document: pikepdf.Pdf
    _budget: PageBudget = field(default_factory=PageBudget)
    _known: dict[Id, float] = field(default_factory=dict)

    @classmethod
    def of(cls, content: bytes | Path) -> Drawings | None:
        """Open a file; ``None`` if its objects cannot be looked at."""
        set_limits()
        source = io.BytesIO(content) if isinstance(content, bytes) else content
        try:
            return cls(pikepdf.open(source, suppress_warnings=True))
        except UNREADABLE:
            return None

    def reason(self, number: int) -> str:
        """Return why page ``number``, from 1, must not be drawn; empty if it may."""
        try:
            page = self.document.pages[number - 1].obj
            resources = inherited(page, "/Resources")
            steps = sum(self._content(one, resources, 0) for one in contents(page))
            too_many = "its images, patterns or shadings have too many pixels" if steps > _MOST_STEPS else ""
            return self._budget.reason(page) or too_many
        except UNREADABLE:
            return ""

    def _content(self, stream: Any, resources: Any, depth: int) -> float:
        """Return the steps of what a page, a form or a tile draws."""
        costs = dict(self._costs(resources, depth))
        if not costs:
            return 0
        data = unpacked(stream)
        if data is None:
            return _TOO_MANY
        steps = sum(costs.get((kind.lower(), name), 0.0) for name, kind in _NAMED.findall(data) if kind != b"gs")
        masks = {name: cost for (kind, name), cost in costs.items() if kind == b"gs"}
        return steps + (_masked(data, masks) if masks else 0)

    def _costs(self, resources: Any, depth: int) -> Iterator[tuple[tuple[bytes, bytes], float]]:
        """Yield operators and names with the steps of each use."""
        if depth > _MAX_DEPTH:
            return
        for name, one in xobjects(resources):
            if cost := self._once(one, self._drawn, depth + 1):
                yield (b"do", _plain(name)), cost
        for name, one in entries(entry(resources, "/Pattern")):
            look = self._tiling if entry(one, "/PatternType") == 1 else self._shading_pattern
            if cost := self._once(one, look, depth + 1):
                yield (b"scn", _plain(name)), cost
        for name, one in entries(entry(resources, "/Shading")):
            if cost := self._once(one, self._shading, depth + 1):
                yield (b"sh", _plain(name)), cost
        for name, one in entries(entry(resources, "/ExtGState")):
            if (form := entry(entry(one, "/SMask"), "/G")) is not None:
                yield (b"gs", _plain(name)), _PAGE * _DENSITY * _PIXEL + self._once(form, self._drawn, depth + 1)

    def _once(self, one: Any, look: Any, depth: int) -> float:
        """Return the steps of an object, computed once. An object that draws itself exceeds the budget."""
        number: Id = one.objgen
        if number == (0, 0):
            return float(look(one, depth))
        if number not in self._known:
            self._known[number] = _TOO_MANY
            self._known[number] = look(one, depth)
        return self._known[number]

    def _drawn(self, one: Any, depth: int) -> float:
        """Return the steps of an image or a form."""
        if entry(one, "/Subtype") != "/Image":
            layer = _area(entry(one, "/BBox")) * _DENSITY * _PIXEL if entry(one, "/Group") is not None else 0
            return layer + self._content(one, entry(one, "/Resources"), depth)
        space = entry(one, "/ColorSpace")
        family = next(items(space), space)
        samples = _number(entry(one, "/Width")) * _number(entry(one, "/Height")) * _COMPONENTS.get(str(family), 1)
        size = samples * _number(entry(one, "/BitsPerComponent"), 1) / 8
        if size > _MOST_IMAGE_BYTES or has_many_passes(jpeg_of(one)):
            return _TOO_MANY
        masks = (entry(one, "/SMask"), entry(one, "/Mask"))
        of_masks = sum(self._once(mask, self._drawn, depth + 1) for mask in masks if isinstance(mask, pikepdf.Stream))
        return samples * _SAMPLE + of_masks if depth <= _MAX_DEPTH else _TOO_MANY

    def _tiling(self, pattern: Any, depth: int) -> float:
        """Return the steps to fill a page with a pattern."""
        scale = _scale(entry(pattern, "/Matrix"))
        step = abs(_number(entry(pattern, "/XStep"), 1) * _number(entry(pattern, "/YStep"), 1)) * scale
        cell = _area(entry(pattern, "/BBox"), scale) * _DENSITY
        tiles = _PAGE / step if step > 0 else _TOO_MANY
        data = unpacked(pattern) if isinstance(pattern, pikepdf.Stream) else b""
        if data is None:
            return _TOO_MANY
        inside = self._content(pattern, entry(pattern, "/Resources"), depth) + _CONTENT_BYTE * len(data)
        # PDFium draws a tile once and copies it; one that is too large for a bitmap is drawn each time.
        steps = max(1.0, tiles) * (inside if cell >= _PAGE * _DENSITY else _TILE + cell) + inside
        return _TOO_MANY if steps > _MOST_TILING_STEPS else steps

    def _shading_pattern(self, pattern: Any, depth: int) -> float:
        return self._shading(entry(pattern, "/Shading"), depth)

    def _shading(self, shading: Any, depth: int) -> float:
        """Return the steps to fill a page with a shading; gradients along a line are cheap."""
        kind = entry(shading, "/ShadingType")
        if kind == 1:
            return _PAGE * _DENSITY * _OPERATOR * _operators(entry(shading, "/Function"), depth)
        if kind in _POINT and isinstance(shading, pikepdf.Stream):
            data = unpacked(shading)
            bits = 2 * max(1.0, _number(entry(shading, "/BitsPerCoordinate"), 8))
            return _TOO_MANY if data is None else _POINT[kind] * len(data) * 8 / bits
        return 0


def _masked(data: bytes, masks: dict[bytes, float]) -> float:
    """Return the steps of the objects that are drawn under a mask, which is drawn again for each."""
    steps, current, saved = 0.0, 0.0, []
    for save, restore, state, drawn in _MASKABLE.findall(data):
        if save:
            saved.append(current)
        elif restore and saved:
            current = saved.pop()
        elif state:
            current = masks.get(state, current)
        elif drawn:
            steps += current
    return steps


def _operators(function: Any, depth: int) -> float:
    """Return how many operators a function has at most."""
    if depth > _MAX_DEPTH:
        return _TOO_MANY
    if isinstance(function, pikepdf.Array):
        return sum(_operators(one, depth + 1) for one in items(function))
    if entry(function, "/FunctionType") == 4:
        data = unpacked(function)
        return _TOO_MANY if data is None else len(data) / 2
    return 20 + sum(_operators(one, depth + 1) for one in items(entry(function, "/Functions")))


def _number(value: Any, default: float = 0) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return default


def _area(box: Any, scale: float = 1) -> float:
    """Return the area of a rectangle, at most that of a page."""
    sides = [_number(side) for side in items(box)]
    if len(sides) != 4:
        return _PAGE
    return min(_PAGE, abs((sides[2] - sides[0]) * (sides[3] - sides[1])) * scale)


def _scale(matrix: Any) -> float:
    """Return by how much a matrix enlarges areas."""
    found = [_number(one) for one in items(matrix)]
    return abs(found[0] * found[3] - found[1] * found[2]) if len(found) == 6 else 1


def _plain(name: str) -> bytes:
    return name.lstrip("/").encode()
