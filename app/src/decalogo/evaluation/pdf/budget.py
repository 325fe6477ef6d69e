"""What a page may cost: an estimate from the file's objects before PDFium loads it, and one from its text objects.

PDFium has no limits of its own. A content stream of a few kilobytes can unpack to a gigabyte, draw a form that draws
others ten times each, or place text so that PDFium sorts it in quadratic time. Limits are several times what maps and
the densest tables need.

Import this module after a fork only: it loads a native library.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pikepdf
import pikepdf.settings

from decalogo.evaluation.pdf.crowding import CROWDED
from decalogo.evaluation.pdf.objects import UNREADABLE, Id, contents, entry, inherited, items, xobjects

MAX_BYTES = 32 << 20
"""Unpacked size of a page's content, forms counted as often as they are drawn."""
_MAX_OBJECTS = 600_000
"""Text, paths and images that a page draws; each takes about 300 bytes."""
_SMALL = 8000
"""Packed size of content that is not looked at: at the best ratio, about 1,030, it holds 1.6 million objects."""
_LEAST_OPERATOR, _MANY = 5, 200
"""Bytes of the shortest operator that draws, with its operand; objects of a form that need no count."""
_FEW = 100
"""Forms that a page draws, of which it need not be known which."""
_MAX_DEPTH = 20
_LZW_BYTES = 200_000
_PIECE = 1 << 16
_PACKED = {"/FlateDecode", "/Fl", "/LZWDecode", "/LZW", "/RunLengthDecode", "/RL"}
_LZW = {"/LZWDecode", "/LZW"}
_DRAWN = re.compile(rb"(?:(?<=[\s\])>])|^)(?:T[jJ]|f\*?|F|B\*?|b\*?|[sS]|sh|Do|EI|['\"])(?![^\s/\[(<%])")
_FORM = re.compile(rb"/([^\s/\[\]()<>{}%]+)\s+Do(?![^\s/\[(<%])")
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


def set_limits() -> None:
    """Bound what qpdf unpacks in this process."""
    pikepdf.settings.set_qpdf_limits(flate_max_memory=MAX_BYTES, run_length_max_memory=MAX_BYTES, max_stream_filters=8)


@dataclass(frozen=True, slots=True)
class Cost:
    """What drawing some content takes: bytes to read and objects to make."""

    size: int = 0
    objects: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.size + other.size, self.objects + other.objects)

    def __mul__(self, times: int) -> Cost:
        return Cost(self.size * times, self.objects * times)


_ENDLESS = Cost(MAX_BYTES + 1, _MAX_OBJECTS + 1)


def check_pages(document: pikepdf.Pdf) -> tuple[dict[int, str], frozenset[int]]:
    """Return why pages of an open document cost too much, by number; and the pages with many objects in forms."""
    budget = _Budget()
    costly: dict[int, str] = {}
    crowded: set[int] = set()
    for number, page in enumerate(document.pages, 1):
        cost = budget.of(page.obj)
        if cost.size > MAX_BYTES:
            costly[number] = f"its content unpacks to more than {MAX_BYTES >> 20} MiB"
        elif cost.objects > _MAX_OBJECTS:
            costly[number] = f"it draws more than {_MAX_OBJECTS:,} objects"
        elif cost.objects > CROWDED:
            crowded.add(number)
    return costly, frozenset(crowded)


@dataclass(slots=True)
class _Budget:
    """Estimates pages; what several pages draw is looked at once."""

    _known: dict[Id, Cost] = field(default_factory=dict)

    def of(self, page: Any) -> Cost:
        """Return the cost of a page; nothing for one that cannot cost much."""
        streams = contents(page)
        forms = {name: form for name, form in xobjects(inherited(page, "/Resources")) if _is_form(form)}
        cost = Cost()
        if forms or not all(_is_small(stream) for stream in streams):
            for stream in streams:
                cost += self._cost(stream, forms, 0, looked_at=not forms)
        return cost

    def _cost(self, stream: Any, forms: dict[str, Any], depth: int, *, looked_at: bool = False) -> Cost:
        """Return what one content stream costs, with the forms that it draws."""
        if looked_at and _is_small(stream):
            return Cost()
        if any(name in _LZW for name in _filters(stream)) and len(stream.read_raw_bytes()) > _LZW_BYTES:
            return _ENDLESS
        data = _unpacked(stream)
        if data is None:
            return _ENDLESS
        cost = Cost(len(data), self._objects(data, depth))
        if forms and (draws := data.count(b"Do")):
            costs = {name: self._form_cost(form, depth + 1) for name, form in forms.items()}
            most = Cost(max(one.size for one in costs.values()), max(one.objects for one in costs.values())) * draws
            if draws <= _FEW and _is_affordable(cost + most):
                return cost + most
            for name, times in Counter(_FORM.findall(data)).items():
                cost += costs.get(_name(name), Cost()) * times
        return cost

    @staticmethod
    def _objects(data: bytes, depth: int) -> int:
        """Return how many objects some content draws; where it can only be few, at most so many."""
        most = len(data) // _LEAST_OPERATOR
        return len(_DRAWN.findall(data)) if most > _MAX_OBJECTS // 2 or (depth and most > _MANY) else most

    def _form_cost(self, form: Any, depth: int) -> Cost:
        number: Id = form.objgen
        if (known := self._known.get(number)) is not None:
            return known
        if depth > _MAX_DEPTH:
            return _ENDLESS
        self._known[number] = _ENDLESS  # for a form that draws itself
        inside = {name: one for name, one in xobjects(entry(form, "/Resources")) if _is_form(one)}
        cost = self._cost(form, inside, depth)
        self._known[number] = cost
        return cost


def _unpacked(stream: Any) -> bytes | None:
    """Return a stream's data; ``None`` for more than the budget. Of a damaged one, what comes before the damage."""
    try:
        data: bytes = stream.read_bytes()
    except pikepdf.DataDecodingError as error:
        return None if "limit" in str(error) else _salvaged(stream)
    except UNREADABLE:
        return b""
    return data


def _salvaged(stream: Any) -> bytes | None:
    data: bytes = stream.read_raw_bytes()
    for name in _filters(stream):
        if name not in {"/FlateDecode", "/Fl"}:
            return data if len(data) <= _SMALL else None
        unpacker, pieces, size = zlib.decompressobj(), [], 0
        try:
            while data and size <= MAX_BYTES and not unpacker.eof:
                pieces.append(unpacker.decompress(data, _PIECE))
                size += len(pieces[-1])
                data = unpacker.unconsumed_tail
        except zlib.error:
            pass  # PDFium draws what it has
        if size > MAX_BYTES:
            return None
        data = b"".join(pieces)
    return data


def _is_affordable(cost: Cost) -> bool:
    return cost.size <= MAX_BYTES and cost.objects <= _MAX_OBJECTS


def _is_form(stream: Any) -> bool:
    return bool(entry(stream, "/Subtype") == "/Form")


def _is_small(stream: Any) -> bool:
    """Tell whether a stream can only hold what any page may, from its packed size."""
    length = entry(stream, "/Length")
    packed = sum(name in _PACKED for name in _filters(stream))
    return isinstance(length, int) and length <= (_SMALL if packed == 1 else _MAX_OBJECTS if not packed else 0)


def _filters(stream: Any) -> list[str]:
    found = entry(stream, "/Filter")
    return [str(found)] if isinstance(found, pikepdf.Name) else [str(name) for name in items(found)]


def _name(written: bytes) -> str:
    """Return a name as pikepdf writes it."""
    plain = _ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), written)
    return "/" + plain.decode("utf-8", errors="replace")
