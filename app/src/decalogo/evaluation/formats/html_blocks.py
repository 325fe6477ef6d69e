"""The events of an HTML parser as blocks."""

from __future__ import annotations

import re
from typing import Final

from decalogo.evaluation.formats.blocks import Block, Break
from decalogo.evaluation.formats.budgets import MOST_ELEMENTS, Budget, refuse
from decalogo.evaluation.formats.builder import BlockBuilder
from decalogo.evaluation.formats.html_styles import StyleSheets

NOT_SHOWN: Final = frozenset(
    {"script", "style", "title", "noscript", "template", "svg", "nav", "del", "rp", "rt", "datalist", "annotation"}
)
"""Elements whose text is no part of a page's content."""
_NEVER: Final = frozenset({"script", "style", "title"})  # their text is no content even where they are never closed
_HEADINGS: Final = {f"h{rank}": rank for rank in range(1, 7)}
_BLOCKS: Final = frozenset(
    {
        *_HEADINGS,
        *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "dir", "div"),
        *("dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "html", "legend"),
        *("li", "main", "menu", "ol", "option", "p", "pre", "section", "summary", "table", "tbody", "td", "tfoot"),
        *("th", "thead", "tr", "ul", "nav", "noscript"),
    }
)
_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
_MOST_SPAN: Final = 100
_MOST_ROWS: Final = 10_000


class HtmlTarget:
    """Target of lxml's parser; ``finish`` returns the blocks.

    Args:
        budget: limits that elements, rows, cells and paragraphs count against.
        unclosed: elements of ``NOT_SHOWN`` that are not passed over, because the page never closes them.
    """

    def __init__(self, budget: Budget, unclosed: frozenset[str] = frozenset()) -> None:
        self.build = BlockBuilder(budget)
        self._passed = NOT_SHOWN - (unclosed - _NEVER)
        self._sheets = StyleSheets()
        self._css: list[str] | None = None
        self._elements = 0
        self._skipped = 0  # elements open inside one that is passed over, itself included
        self._raised = self._kept = 0  # elements open that raise text or keep its blanks
        self._ends: list[tuple[bool, bool, bool]] = []  # of each open element: raises, keeps blanks, ends a page
        self._open = self._listed = False
        self._rank = 0
        self._blank = True  # whether the last character was a blank: more of them are none
        self._column, self._span, self._down, self._in_cell = 0, 1, 1, False
        self._hanging: dict[int, tuple[int, int]] = {}  # column -> columns spanned, rows still to come
        self._next_hanging: dict[int, tuple[int, int]] = {}

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Take a start tag."""
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            refuse(f"over {MOST_ELEMENTS:,} elements of markup")
        if self._skipped:
            self._skipped += 1
            return
        style = self._sheets.style(tag, attributes)
        closed = tag == "dialog" and "open" not in attributes
        if tag in self._passed or "hidden" in attributes or style.hidden or closed:
            self._skipped = 1
            self._css = [] if tag == "style" else None
            return
        raises = tag == "sup" or style.raised or _is_note_mark(attributes)
        keeps = tag in {"pre", "textarea"}
        self._ends.append((raises, keeps, style.break_after))
        self._raised += raises
        if tag in _BLOCKS:
            self._end_paragraph()
        self._kept += keeps
        if style.break_before:
            self.build.page_break(Break.HARD if tag == "br" else Break.FRESH)
        if _is_page_mark(attributes):
            self.build.page_break(Break.RENDERED)
        self._begin(tag, attributes)

    def end(self, tag: str) -> None:
        """Take an end tag; every element that began ends."""
        if self._skipped:
            self._skipped -= 1
            if not self._skipped and self._css is not None:
                self._sheets.add("".join(self._css))
                self._css = None
            return
        if tag in _BLOCKS:
            self._end_paragraph()
        raises, keeps, breaks = self._ends.pop() if self._ends else (False, False, False)
        self._raised -= raises
        self._kept -= keeps
        if tag in {"td", "th"}:
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self._end_row()
            self.build.end_table()
        elif tag == "li":
            self._listed = False
        elif tag in _HEADINGS:
            self._rank = 0
        if breaks:
            self.build.page_break(Break.FRESH)

    def data(self, text: str) -> None:
        """Take text."""
        if self._skipped:
            if self._css is not None:
                self._css.append(text)
            return
        if not self._kept:
            text = _BLANKS.sub(" ", text)
            if self._blank:
                text = text.removeprefix(" ")
        if not text:
            return
        self._blank = text[-1] == " "
        if not self._open:
            self._begin_paragraph()
        if self._raised:
            self.build.put_raised(text)
        else:
            self.build.put(text)

    def close(self) -> None:
        """Take the end of the file."""

    def finish(self) -> list[Block]:
        """Return the blocks of the page."""
        return self.build.finish()

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _HEADINGS:
            self._rank = _HEADINGS[tag]
        elif tag == "li":
            self._listed = True
        elif tag == "br":
            self.build.put("\n")
            self._blank = True
        elif tag == "table":
            self.build.begin_table()
            if self.build.in_cells:
                self._hanging, self._next_hanging, self._column, self._in_cell = {}, {}, 0, False
        elif tag == "tr" and self.build.in_cells:
            self._end_row()
        elif tag in {"td", "th"} and self.build.in_cells:
            self._end_cell()
            self._hang()
            self._in_cell = True
            self._span = _number(attributes.get("colspan"), _MOST_SPAN)
            self._down = _number(attributes.get("rowspan"), _MOST_ROWS)

    def _begin_paragraph(self) -> None:
        self.build.begin_paragraph(self._rank, listed=self._listed)
        self._open, self._listed = True, False

    def _end_paragraph(self) -> None:
        self._blank = True
        if self._open:
            self.build.end_paragraph()
            self._open = False

    def _hang(self) -> None:
        """Put the cells that hang down from rows above where they belong."""
        while found := self._hanging.get(self._column):
            span, rows = found
            if rows > 1:
                self._hanging[self._column] = span, rows - 1
            else:
                del self._hanging[self._column]
            self.build.end_cell(span, continues=True)
            self._column += span

    def _end_cell(self) -> None:
        if not (self._in_cell and self.build.in_cells):
            return
        self._in_cell = False
        self.build.end_cell(self._span)
        if self._down > 1:
            self._next_hanging[self._column] = self._span, self._down - 1
        self._column += self._span

    def _end_row(self) -> None:
        if not self.build.in_cells:
            return
        self._end_cell()
        if self._column:
            self._hang()
        self._hanging |= self._next_hanging
        self._next_hanging = {}
        self._column = 0
        self.build.end_row()


def _is_note_mark(attributes: dict[str, str]) -> bool:
    return attributes.get("epub:type") == "noteref" or attributes.get("role") == "doc-noteref"


def _is_page_mark(attributes: dict[str, str]) -> bool:
    return attributes.get("epub:type") == "pagebreak" or attributes.get("role") == "doc-pagebreak"


def _number(value: str | None, most: int) -> int:
    return max(1, min(int(value[:9]), most)) if value and value.isascii() and value.isdigit() else 1
