"""The styles of OpenDocument files: page breaks, hidden and raised text, hidden sheets and slides.

Source: OASIS OpenDocument 1.3 part 3, section 16 (styles).
"""

from __future__ import annotations

from dataclasses import dataclass

from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.xml_stream import Attributes, XmlHandler, value

_MOST_PARENTS = 20


@dataclass(slots=True)
class OdfStyle:
    """What a style says.

    Attributes:
        parent: the style it is based on.
        break_before: whether what has it begins a page.
        break_after: whether a page ends after it.
        hidden: whether it is not shown.
        raised: whether its text is superscript; ``None`` where the parent says so.
    """

    parent: str = ""
    break_before: bool = False
    break_after: bool = False
    hidden: bool = False
    raised: bool | None = None


NO_STYLE = OdfStyle()
_Key = tuple[str, str]


class OdfStyles(XmlHandler):
    """Handler of ``styles.xml`` and base of the handlers of contents, which have styles of their own."""

    def __init__(self, budget: Budget, styles: dict[_Key, OdfStyle] | None = None) -> None:
        super().__init__(budget)
        self.styles: dict[_Key, OdfStyle] = dict(styles or {})
        self._style: OdfStyle | None = None

    def find_style(self, family: str, name: str) -> OdfStyle:
        """Return a style with what it inherits."""
        style = self.styles.get((family, name))
        if style is None or not style.parent:
            return style or NO_STYLE
        whole = OdfStyle(
            break_before=style.break_before,
            break_after=style.break_after,
            hidden=style.hidden,
            raised=style.raised,
        )
        parent = self.styles.get((family, style.parent))
        for _ in range(_MOST_PARENTS):
            if parent is None:
                break
            whole.break_before |= parent.break_before
            whole.break_after |= parent.break_after
            whole.hidden |= parent.hidden
            if whole.raised is None:
                whole.raised = parent.raised
            parent = self.styles.get((family, parent.parent))
        self.styles[family, name] = whole
        return whole

    def _start_style_style(self, attributes: Attributes) -> None:
        key = value(attributes, "style", "family"), value(attributes, "style", "name")
        self._style = self.styles[key] = OdfStyle(
            value(attributes, "style", "parent-style-name"),
            break_before=value(attributes, "style", "master-page-name") != "",
        )

    def _end_style_style(self) -> None:
        self._style = None

    def _start_style_paragraph_properties(self, attributes: Attributes) -> None:
        if self._style is not None:
            self._style.break_before |= value(attributes, "fo", "break-before") == "page"
            self._style.break_after |= value(attributes, "fo", "break-after") == "page"

    def _start_style_table_properties(self, attributes: Attributes) -> None:
        self._start_style_paragraph_properties(attributes)
        if self._style is not None:
            self._style.hidden |= value(attributes, "table", "display") == "false"

    def _start_style_drawing_page_properties(self, attributes: Attributes) -> None:
        if self._style is not None:
            self._style.hidden |= value(attributes, "presentation", "visibility") == "hidden"

    def _start_style_text_properties(self, attributes: Attributes) -> None:
        if self._style is None:
            return
        self._style.hidden |= value(attributes, "text", "display") == "none"
        if position := value(attributes, "style", "text-position"):
            rise = position.split()[0] if position.strip() else ""
            self._style.raised = rise == "super" or (rise.rstrip("%").isdecimal() and int(rise.rstrip("%")[:4]) > 0)
