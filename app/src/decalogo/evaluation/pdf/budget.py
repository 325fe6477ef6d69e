"""What a page may cost: an estimate from the file's objects before PDFium loads it, and one from its text objects.

PDFium has no limits of its own. A content stream of a few kilobytes can unpack to a gigabyte, draw a form that draws
others ten times each, or place text so that PDFium sorts it in quadratic time. Limits are several times what maps and
the densest tables need.

Import this module after a fork only: it loads a native library.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pikepdf

from decalogo.evaluation.pdf.crowding import CROWDED
from decalogo.evaluation.pdf.fonts import FontCost, Fonts
from decalogo.evaluation.pdf.objects import Id, contents, entry, inherited, xobjects
from decalogo.evaluation.pdf.unpacking import MAX_BYTES, inflated, most_bytes, unpacked

_MAX_OBJECTS = 600_000
"""Text, paths and images that a page draws; each takes about 300 bytes."""
_MAX_CHARACTERS = 2_000_000
"""Characters that a page shows; each takes about 300 bytes. A dense page has 10,000."""
_MAX_SHARED = 16 << 20
"""Unpacked size of content that was shown on a page before, counted each time; the first page of all is not counted."""
_SMALL = 3_000_000
"""Unpacked size of content that is not looked at: it holds at most 600,000 objects."""
_LEAST_OPERATOR, _MANY = 5, 200
"""Bytes of the shortest operator that draws, with its operand; objects of a form that need no count."""
_FEW = 100
"""Forms that a page draws, of which it need not be known which."""
_MAX_DEPTH = 20
_SHORT = 200_000
"""Size of content whose characters need no count: all its bytes may be some."""
_DRAWN = re.compile(rb"(?:(?<=[\s\])>])|^)(?:T[jJ]|f\*?|F|B\*?|b\*?|[sS]|sh|Do|EI|['\"])(?![^\s/\[(<%])")
_FORM = re.compile(rb"/([^\s/\[\]()<>{}%]+)\s+Do(?![^\s/\[(<%])")
_STRING = re.compile(rb"\(((?:[^()\\]|\\.)*+)|<([0-9A-Fa-f\s]++)>", re.DOTALL)
_ESCAPED = re.compile(rb"#([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class Cost:
    """What drawing some content takes: bytes to read, objects and characters to make; why its fonts cost too much."""

    size: int = 0
    objects: int = 0
    characters: int = 0
    fonts: str = ""

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.size + other.size,
            self.objects + other.objects,
            self.characters + other.characters,
            self.fonts or other.fonts,
        )

    def __mul__(self, times: int) -> Cost:
        return Cost(self.size * times, self.objects * times, self.characters * times, self.fonts if times else "")


_ENDLESS = Cost(MAX_BYTES + 1, _MAX_OBJECTS + 1, _MAX_CHARACTERS + 1)


def check_pages(document: pikepdf.Pdf) -> tuple[dict[int, str], frozenset[int]]:
    """Return why pages of an open document cost too much, by number; and the pages with many objects in forms."""
    budget, shared = PageBudget(), _Shared()
    costly: dict[int, str] = {}
    crowded: set[int] = set()
    for number, page in enumerate(document.pages, 1):
        cost = budget.of(page.obj)
        if reason := _excess(cost) or shared.excess(page.obj):
            costly[number] = reason
        elif cost.objects > CROWDED:
            crowded.add(number)
    return costly, frozenset(crowded)


def _excess(cost: Cost) -> str:
    """Return which limit a page exceeds."""
    if cost.size > MAX_BYTES:
        return f"its content unpacks to more than {MAX_BYTES >> 20} MiB"
    if cost.objects > _MAX_OBJECTS:
        return f"it draws more than {_MAX_OBJECTS:,} objects"
    if cost.characters > _MAX_CHARACTERS:
        return f"it shows more than {_MAX_CHARACTERS:,} characters"
    return cost.fonts


@dataclass(slots=True)
class _Shared:
    """Adds up the content that pages share: a small file may show it on thousands of pages."""

    _sizes: dict[Id, int] = field(default_factory=dict)
    _bytes: int = 0

    def excess(self, page: Any) -> str:
        """Count a page; return why it is one too many."""
        for stream in contents(page):
            number: Id = stream.objgen
            if (size := self._sizes.get(number)) is None:
                self._sizes[number] = -1
                continue
            if size < 0:
                data = unpacked(stream)
                size = self._sizes[number] = MAX_BYTES if data is None else len(data)
            self._bytes += size
        return f"pages share over {_MAX_SHARED >> 20} MiB of content" if self._bytes > _MAX_SHARED else ""


@dataclass(slots=True)
class PageBudget:
    """Estimates pages; what several pages draw is looked at once."""

    _known: dict[Id, Cost] = field(default_factory=dict)
    _pages: dict[Any, Cost] = field(default_factory=dict)
    _fonts: Fonts = field(default_factory=Fonts)

    def reason(self, page: Any) -> str:
        """Return which limit a page exceeds."""
        return _excess(self.of(page))

    def of(self, page: Any) -> Cost:
        """Return the cost of a page; nothing for one that cannot cost much."""
        streams, resources = contents(page), inherited(page, "/Resources")
        forms, fonts = _forms(resources), self._fonts.of(resources)
        key = tuple(one.objgen for one in streams), tuple((name, one.objgen) for name, one in forms.items()), fonts
        if (known := self._pages.get(key)) is not None:
            return known
        cost = Cost(fonts=fonts.reason)
        if forms or fonts.longest > 1 or not _are_small(streams):
            for stream in streams:
                cost += self._cost(stream, forms, fonts, 0)
                if not _is_affordable(cost):
                    break
        self._pages[key] = cost
        return cost

    def _cost(self, stream: Any, forms: dict[str, Any], fonts: FontCost, depth: int) -> Cost:
        """Return what one content stream costs, with the forms that it draws."""
        data = unpacked(stream)
        if data is None:
            return _ENDLESS
        characters = len(data) if len(data) <= _SHORT and not depth else _characters(data)
        cost = Cost(len(data), self._objects(data, depth), characters * fonts.longest, fonts.reason)
        if forms and (draws := data.count(b"Do")):
            costs = {name: self._form_cost(form, depth + 1) for name, form in forms.items()}
            most = _most(costs.values()) * draws
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
        resources = entry(form, "/Resources")
        cost = self._cost(form, _forms(resources), self._fonts.of(resources), depth)
        self._known[number] = cost
        return cost


def _forms(resources: Any) -> dict[str, Any]:
    return {name: one for name, one in xobjects(resources) if entry(one, "/Subtype") == "/Form"}


def _most(costs: Iterable[Cost]) -> Cost:
    """Return a cost that none of these exceeds in anything."""
    listed = [*costs]
    return Cost(
        max(one.size for one in listed),
        max(one.objects for one in listed),
        max(one.characters for one in listed),
        next((one.fonts for one in listed if one.fonts), ""),
    )


def _are_small(streams: Sequence[Any]) -> bool:
    """Tell whether the content of a page can only hold what any page may."""
    if sum(map(most_bytes, streams)) <= _SMALL:
        return True
    left = _SMALL
    for stream in streams:
        left -= inflated(stream, left) if most_bytes(stream) > left // 10 else most_bytes(stream)
        if left < 0:
            return False
    return True


def _characters(data: bytes) -> int:
    """Return how many characters some content shows at most."""
    return sum(len(text) or len(digits) // 2 for text, digits in _STRING.findall(data))


def _is_affordable(cost: Cost) -> bool:
    within = cost.size <= MAX_BYTES and cost.objects <= _MAX_OBJECTS and cost.characters <= _MAX_CHARACTERS
    return within and not cost.fonts


def _name(written: bytes) -> str:
    """Return a name as pikepdf writes it."""
    plain = _ESCAPED.sub(lambda code: bytes([int(code[1], 16)]), written)
    return "/" + plain.decode("utf-8", errors="replace")
