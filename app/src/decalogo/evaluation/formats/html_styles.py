"""What style sheets and attributes of HTML say about text: hidden, superscript, or a new page.

Only simple selectors are read (``.class``, ``#id``, ``tag``, ``tag.class``), as programs that export HTML write them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MOST_BYTES = 2 << 20
_MOST_RULES = 20_000
_COMMENT = re.compile(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/|<!--|-->")
_NESTED = re.compile(r"@[\w-]+[^{};]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}")  # @media and the like: not the usual page
_RULE = re.compile(r"([^{}@]+)\{([^{}]*)\}")
_SELECTOR = re.compile(r"(?:[a-z][a-z0-9]*)?(?:[.#][\w-]+)?", re.IGNORECASE)
_DISPLAY = re.compile(r"(?:^|;)\s*display\s*:\s*([\w-]+)")
_HIDDEN = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all)")
_RAISED = re.compile(r"(?:^|;)\s*vertical-align\s*:\s*super\b")
_BEFORE = re.compile(r"(?:^|;)\s*(?:page-)?break-before\s*:\s*(?:always|page|left|right|recto|verso)\b")
_AFTER = re.compile(r"(?:^|;)\s*(?:page-)?break-after\s*:\s*(?:always|page|left|right|recto|verso)\b")


@dataclass(frozen=True, slots=True)
class HtmlStyle:
    """What is said of an element.

    Attributes:
        hidden: whether it is not shown.
        shown: whether a rule shows it again.
        raised: whether its text is superscript.
        break_before: whether it begins a page.
        break_after: whether a page ends after it.
    """

    hidden: bool = False
    shown: bool = False
    raised: bool = False
    break_before: bool = False
    break_after: bool = False


PLAIN = HtmlStyle()


def read_style(declarations: str) -> HtmlStyle:
    """Return what declarations such as ``display: none; color: red`` say."""
    text = declarations.lower()
    hidden = _HIDDEN.search(text) is not None
    display = _DISPLAY.search(text)
    return HtmlStyle(
        hidden=hidden,
        shown=display is not None and display.group(1) != "none" and not hidden,
        raised=_RAISED.search(text) is not None,
        break_before=_BEFORE.search(text) is not None,
        break_after=_AFTER.search(text) is not None,
    )


class StyleSheets:
    """The rules of a page's style sheets that matter here, by simple selector."""

    def __init__(self) -> None:
        self._rules: dict[str, HtmlStyle] = {}
        self._bytes = 0

    def add(self, css: str) -> None:
        """Read a style sheet."""
        self._bytes += len(css)
        if self._bytes > _MOST_BYTES:
            return
        css = _NESTED.sub("", _COMMENT.sub("", css))
        for rule in _RULE.finditer(css):
            style = read_style(rule.group(2))
            if style == PLAIN or len(self._rules) > _MOST_RULES:
                continue
            for selector in rule.group(1).split(","):
                selector = selector.strip()
                if selector and _SELECTOR.fullmatch(selector):
                    self._rules[selector.lower()] = _both(self._rules.get(selector.lower(), PLAIN), style)

    def style(self, tag: str, attributes: dict[str, str]) -> HtmlStyle:
        """Return what is said of an element, its own ``style`` attribute included."""
        found = PLAIN
        if not self._rules and "style" not in attributes:
            return found
        if self._rules:
            classes, key = attributes.get("class", ""), attributes.get("id", "")
            selectors = [tag]
            selectors += [f"{owner}.{name}" for name in classes.lower().split()[:20] for owner in ("", tag)]
            selectors += [f"#{key.lower()}", f"{tag}#{key.lower()}"] if key else []
            for selector in selectors:
                if rule := self._rules.get(selector):
                    found = _both(found, rule)
        if own := attributes.get("style"):
            found = _both(found, read_style(own))
        return found


def _both(first: HtmlStyle, second: HtmlStyle) -> HtmlStyle:
    """Return two styles together, where the second prevails."""
    return HtmlStyle(
        hidden=second.hidden or (first.hidden and not second.shown),
        shown=second.shown or (first.shown and not second.hidden),
        raised=first.raised or second.raised,
        break_before=first.break_before or second.break_before,
        break_after=first.break_after or second.break_after,
    )
