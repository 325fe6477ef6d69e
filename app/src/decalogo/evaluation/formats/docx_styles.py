"""The styles of a DOCX file: what their names mean for headings, lists, page breaks, hidden and raised text."""

from __future__ import annotations

from dataclasses import dataclass

from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.xml_stream import Attributes, XmlHandler, value
from decalogo.evaluation.layout.words import heading_style

_MOST_BASES = 20
_OFF = frozenset({"0", "false", "off"})


@dataclass(slots=True)
class Style:
    """What a style says; ``None`` where it leaves it to the style it is based on.

    Attributes:
        based_on: name of that style.
        rank: heading level from 1; 0 for text that is no heading.
        listed: whether its paragraphs are list items.
        page_before: whether its paragraphs begin on a new page.
        hidden: whether its text is hidden.
        raised: whether its text is superscript.
    """

    based_on: str = ""
    rank: int | None = None
    listed: bool | None = None
    page_before: bool | None = None
    hidden: bool | None = None
    raised: bool | None = None


NO_STYLE = Style(rank=0, listed=False, page_before=False, hidden=False, raised=False)


def is_on(attributes: Attributes) -> bool:
    """Return the value of a property that is on unless it says otherwise."""
    return value(attributes, "w", "val").lower() not in _OFF


def is_raise(attributes: Attributes) -> bool:
    """Return whether ``w:position`` raises text; a negative one lowers it."""
    return value(attributes, "w", "val").strip("+0") != "" and not value(attributes, "w", "val").startswith("-")


def outline_rank(attributes: Attributes) -> int | None:
    """Return the heading level of ``w:outlineLvl``; 0 for body text, ``None`` where it is malformed."""
    level = value(attributes, "w", "val")
    if not (level.isascii() and level.isdecimal()):
        return None
    return int(level[:3]) + 1 if int(level[:3]) < 9 else 0


class DocxStyles(XmlHandler):
    """Handler of ``word/styles.xml``."""

    skipped = frozenset({"w:rPrChange", "w:pPrChange", "w:tblStylePr", "w:docDefaults", "w:latentStyles"})

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self._styles: dict[str, Style] = {}
        self._known: dict[str, Style] = {}
        self._style = Style()

    def find(self, name: str) -> Style:
        """Return a style with all that it inherits."""
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._resolve(name)
        return found

    def _resolve(self, name: str) -> Style:
        by_name = heading_style().match(name)
        whole = Style(rank=int(by_name.group(1)) if by_name else None)
        for _ in range(_MOST_BASES):
            style = self._styles.get(name)
            if style is None:
                break
            for field in ("rank", "listed", "page_before", "hidden", "raised"):
                if getattr(whole, field) is None:
                    setattr(whole, field, getattr(style, field))
            name = style.based_on
        return Style(
            rank=whole.rank or 0,
            listed=bool(whole.listed),
            page_before=bool(whole.page_before),
            hidden=bool(whole.hidden),
            raised=bool(whole.raised),
        )

    def _start_w_style(self, attributes: Attributes) -> None:
        self._style = self._styles[value(attributes, "w", "styleId")] = Style()

    def _start_w_basedOn(self, attributes: Attributes) -> None:
        self._style.based_on = value(attributes, "w", "val")

    def _start_w_outlineLvl(self, attributes: Attributes) -> None:
        self._style.rank = outline_rank(attributes)

    def _start_w_numPr(self, _: Attributes) -> None:
        self._style.listed = True

    def _start_w_pageBreakBefore(self, attributes: Attributes) -> None:
        self._style.page_before = is_on(attributes)

    def _start_w_vanish(self, attributes: Attributes) -> None:
        self._style.hidden = is_on(attributes)

    def _start_w_vertAlign(self, attributes: Attributes) -> None:
        self._style.raised = value(attributes, "w", "val") == "superscript"

    def _start_w_position(self, attributes: Attributes) -> None:
        self._style.raised = self._style.raised or is_raise(attributes)
