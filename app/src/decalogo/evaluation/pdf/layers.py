"""Hidden layers: what a PDF's default view does not show is taken out before the pages are read.

A layer is an optional content group (PDF 32000-1, 8.11). Content belongs to one by a marked-content sequence
(``/OC /name BDC … EMC``), or as an XObject with the entry ``/OC``; either names a group or a membership dictionary.
PDFium's text page shows all of them alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pikepdf

from decalogo.evaluation.pdf.objects import (
    UNREADABLE,
    Id,
    contents,
    entries,
    entry,
    ids,
    inherited,
    is_dictionary,
    items,
    xobjects,
)

_MAX_TOKENS, _MAX_ALL_TOKENS = 1_000_000, 4_000_000
"""Words of a content stream, and of a document, past which it is left as it is: maps with a layer for every kind of
line. Each takes about 400 bytes."""
_MAX_DEPTH = 12
_WITHOUT_PAINT = dict.fromkeys(["f", "F", "f*", "B", "B*", "b", "b*", "S", "s"], "n") | {
    "Tj": "", "TJ": "", "sh": "", "Do": "", "INLINE IMAGE": "", "'": "T*", '"': "T*",
}  # fmt: skip
"""What stands for an operator that paints where nothing may be painted: its other effects stay."""


@dataclass(slots=True)
class _Layers:
    """Which groups are off, and the forms that have been looked at."""

    off: frozenset[Id]
    seen: set[Id] = field(default_factory=set)
    tokens: int = _MAX_ALL_TOKENS

    def hides(self, owner: Any, depth: int = 0) -> bool:
        """Return whether a group or membership dictionary is hidden."""
        if not is_dictionary(owner):
            return False
        if entry(owner, "/Type") != "/OCMD":
            return owner.objgen in self.off
        if (expression := entry(owner, "/VE")) is not None:
            return not self._holds(expression, depth)
        groups = entry(owner, "/OCGs")
        hidden = [one.objgen in self.off for one in ([groups] if is_dictionary(groups) else items(groups))]
        if not hidden:
            return False
        shown = {"/AllOn": not any(hidden), "/AnyOff": any(hidden), "/AllOff": all(hidden)}
        return not shown.get(str(entry(owner, "/P")), not all(hidden))

    def are_in(self, resources: Any) -> bool:
        """Return whether resources name anything hidden."""
        named = (one for _, one in entries(entry(resources, "/Properties")))
        return any(map(self.hides, named)) or any(self.hides(entry(one, "/OC")) for _, one in xobjects(resources))

    def _holds(self, expression: Any, depth: int) -> bool:
        """Return whether a visibility expression is true."""
        if is_dictionary(expression):
            return expression.objgen not in self.off
        name, *parts = [*items(expression)] or [None]
        if depth > _MAX_DEPTH or not parts:
            return True
        values = (self._holds(part, depth + 1) for part in parts)
        return not next(values) if name == "/Not" else any(values) if name == "/Or" else all(values)


def hidden_groups(root: Any) -> frozenset[Id]:
    """Return the groups that a document's default view hides; ``root`` is its catalogue."""
    properties = entry(root, "/OCProperties")
    view = entry(properties, "/D")
    off = set(ids(entry(view, "/OFF")))
    if entry(view, "/BaseState") == "/OFF":
        off |= {*ids(entry(properties, "/OCGs"))} - {*ids(entry(view, "/ON"))}
    for rule in items(entry(view, "/AS")):  # states that follow from the use of the document: here, to be looked at
        for group in items(entry(rule, "/OCGs")) if entry(rule, "/Event") == "/View" else ():
            state = entry(entry(entry(group, "/Usage"), "/View"), "/ViewState")
            if state == "/OFF":
                off.add(group.objgen)
            elif state == "/ON":
                off.discard(group.objgen)
    return frozenset(off)


def remove_hidden(document: pikepdf.Pdf, off: frozenset[Id]) -> bool:
    """Take what hidden groups hold out of the pages of a document; return whether anything was."""
    layers, changed = _Layers(off), False
    for page in (one.obj for one in document.pages):
        resources = inherited(page, "/Resources")
        if layers.are_in(resources) and (kept := _visible(page, resources, layers)) is not None:
            page["/Contents"] = document.make_stream(kept)
            changed = True
        changed |= _clean_forms(resources, layers, 0)
        annotations = [*items(entry(page, "/Annots"))]
        shown = [one for one in annotations if not layers.hides(entry(one, "/OC"))]
        if len(shown) < len(annotations):
            page["/Annots"] = pikepdf.Array(shown)
            changed = True
    return changed


def _clean_forms(resources: Any, layers: _Layers, depth: int) -> bool:
    """Do the same inside the form XObjects of a page, each once."""
    changed = False
    for _, form in xobjects(resources):
        if entry(form, "/Subtype") != "/Form" or form.objgen in layers.seen or depth > _MAX_DEPTH:
            continue
        layers.seen.add(form.objgen)
        inside = entry(form, "/Resources")
        if layers.are_in(inside) and (kept := _visible(form, inside, layers)) is not None:
            form.write(kept)
            changed = True
        changed |= _clean_forms(inside, layers, depth + 1)
    return changed


def _visible(holder: Any, resources: Any, layers: _Layers) -> bytes | None:
    """Return the content stream of a page or form without what is hidden; ``None`` if it is too large or malformed."""
    properties, objects = entry(resources, "/Properties"), dict(xobjects(resources))
    kept: list[Any] = []
    hidden: list[bool] = []
    try:
        tokens = sum(map(_count_tokens, contents(holder)))
        if tokens > min(_MAX_TOKENS, layers.tokens):
            return None
        layers.tokens -= tokens
        for step in pikepdf.parse_content_stream(holder):
            operands, operator = step.operands, step.operator
            name = str(operator)
            if name in {"BDC", "BMC"}:
                hidden.append(name == "BDC" and layers.hides(_marked(operands, properties)))
            elif name == "EMC" and hidden:
                hidden.pop()
            elif name == "Do" and operands and layers.hides(entry(objects.get(str(operands[0])), "/OC")):
                continue
            elif any(hidden) and name in _WITHOUT_PAINT:
                if instead := _WITHOUT_PAINT[name]:
                    kept.append(([], pikepdf.Operator(instead)))
                continue
            kept.append((operands, operator))
        return pikepdf.unparse_content_stream(kept)
    except UNREADABLE:
        return None


def _count_tokens(stream: Any) -> int:
    """Return how many words a content stream has at most."""
    data: bytes = stream.read_bytes()
    return sum(data.count(sign) for sign in (b" ", b"\n", b"\r", b"\t", b"(", b"<", b"[", b"/"))


def _marked(operands: Any, properties: Any) -> Any:
    """Return the group that a marked-content sequence belongs to."""
    if len(operands) != 2 or operands[0] != "/OC":
        return None
    return entry(properties, str(operands[1])) if isinstance(operands[1], pikepdf.Name) else operands[1]
