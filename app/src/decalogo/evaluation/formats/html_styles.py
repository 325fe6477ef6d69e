"""What style sheets and attributes of HTML say about text: hidden, superscript, or a new page.

Only selectors of one element are read (``.class``, ``#id``, ``tag``, ``tag.class.class``), as programs that export HTML
write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_MOST_BYTES = 2 << 20
_MOST_RULES = 20_000
_MOST_COMPOUND = 20
"""Selectors of several classes that end in one class."""
_BRACE = re.compile(r"([{}])")
_SELECTOR = re.compile(r"(?:[a-z][a-z0-9]*)?(?:[.#][\w-]+){0,5}", re.IGNORECASE)
_SIMPLE = re.compile(r"[.#]?[\w-]+")
_DISPLAY = re.compile(r"(?:^|;)\s*display\s*:\s*([\w-]+)")
# The last two hide what only screen readers and Word's own views show.
_HIDDEN = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all"
    r"|left\s*:\s*-\d{4,}(?:\.\d+)?(?:px|pt)|mso-element\s*:\s*(?:comment-list|header|footer)\b)"
)
_RAISED = re.compile(
    r"(?:^|;)\s*(?:vertical-align\s*:\s*(?:super\b|text-top\b|\+?(?=[\d.]*[1-9])[\d.]+(?:px|pt|r?em|ex|%))"
    r"|mso-text-raise\s*:\s*\+?(?=[\d.]*[1-9])[\d.]+pt|font-variant-position\s*:\s*super\b)"
)
_RELATIVE = re.compile(r"(?:^|;)\s*position\s*:\s*relative\b")
_UPWARDS = re.compile(r"(?:^|;)\s*(?:top\s*:\s*-|bottom\s*:\s*\+?)(?=[\d.]*[1-9])[\d.]+(?:px|pt|r?em|ex)")
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
        raised=_RAISED.search(text) is not None
        or (_RELATIVE.search(text) is not None and _UPWARDS.search(text) is not None),
        break_before=_BEFORE.search(text) is not None,
        break_after=_AFTER.search(text) is not None,
    )


class StyleSheets:
    """The rules of a page's style sheets that matter here, by selector."""

    def __init__(self) -> None:
        self._rules: dict[str, HtmlStyle] = {}
        self._compound: dict[str, list[tuple[frozenset[str], HtmlStyle]]] = {}  # by the last class or id
        self._bytes = 0

    def add(self, css: str) -> None:
        """Read a style sheet."""
        self._bytes += len(css)
        if self._bytes > _MOST_BYTES:
            return
        for prelude, declarations in _rules(_without_comments(css)):
            style = read_style(declarations)
            if style == PLAIN or len(self._rules) > _MOST_RULES:
                continue
            for selector in prelude.split(","):
                selector = selector.strip().lower()
                if selector and _SELECTOR.fullmatch(selector):
                    self._add_rule(selector, style)

    def _add_rule(self, selector: str, style: HtmlStyle) -> None:
        parts = _SIMPLE.findall(selector)
        if len(parts) <= 1 + selector[0].isalpha():
            self._rules[selector] = _both(self._rules.get(selector, PLAIN), style)
            return
        rules = self._compound.setdefault(parts[-1], [])
        if len(rules) < _MOST_COMPOUND:
            rules.append((frozenset(parts), style))

    def style(self, tag: str, attributes: dict[str, str]) -> HtmlStyle:
        """Return what is said of an element, its own ``style`` attribute included."""
        found = PLAIN
        if not self._rules and not self._compound and "style" not in attributes:
            return found
        if self._rules or self._compound:
            classes, key = attributes.get("class", ""), attributes.get("id", "")
            selectors = [tag]
            selectors += [f"{owner}.{name}" for name in classes.lower().split()[:20] for owner in ("", tag)]
            selectors += [f"#{key.lower()}", f"{tag}#{key.lower()}"] if key else []
            for selector in selectors:
                if rule := self._rules.get(selector):
                    found = _both(found, rule)
            if self._compound:
                own_parts = {tag, *(f".{name}" for name in classes.lower().split()[:20]), f"#{key.lower()}"}
                for part in own_parts:
                    for parts, rule in self._compound.get(part, ()):
                        found = _both(found, rule) if parts <= own_parts else found
        if own := attributes.get("style"):
            found = _both(found, read_style(own))
        return found


def _rules(css: str) -> Iterator[tuple[str, str]]:
    """Yield selectors and declarations of the rules that stand outside of ``@media`` and the like."""
    pieces = _BRACE.split(css)
    depth, prelude = 0, ""
    for text, brace in zip(pieces[::2], pieces[1::2], strict=False):
        if brace == "{":
            if not depth:
                prelude = text.rpartition(";")[2].strip()
            depth += 1
        elif depth:
            depth -= 1
            if not depth and not prelude.startswith("@"):
                yield prelude, text


def _without_comments(css: str) -> str:
    pieces, at = [], 0
    while (start := css.find("/*", at)) >= 0:
        pieces.append(css[at:start])
        end = css.find("*/", start + 2)
        at = end + 2 if end >= 0 else len(css)
    return "".join([*pieces, css[at:]]).replace("<!--", "").replace("-->", "")


def _both(first: HtmlStyle, second: HtmlStyle) -> HtmlStyle:
    """Return two styles together, where the second prevails."""
    return HtmlStyle(
        hidden=second.hidden or (first.hidden and not second.shown),
        shown=second.shown or (first.shown and not second.hidden),
        raised=first.raised or second.raised,
        break_before=first.break_before or second.break_before,
        break_after=first.break_after or second.break_after,
    )
