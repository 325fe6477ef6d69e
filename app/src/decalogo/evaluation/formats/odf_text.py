"""What the XML of OpenDocument texts and presentations says, as blocks.

Source: OASIS OpenDocument 1.3 part 3, sections 5 (text), 6 (notes, fields), 9 (tables) and 10 (drawings).
"""

from __future__ import annotations

import re

from decalogo.evaluation.formats.blocks import Block, Break
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.builder import BlockBuilder
from decalogo.evaluation.formats.odf_styles import OdfStyle, OdfStyles
from decalogo.evaluation.formats.xml_stream import Attributes, number, value

_MOST_REPEATED = 100
_MOST_ROWS_SPANNED = 10_000
_BLANKS = re.compile(r"[ \t\r\n]+")
NOT_SHOWN = frozenset(
    {
        "text:tracked-changes",
        "text:hidden-text",
        "text:ruby-text",
        "office:annotation",
        "office:annotation-end",
        "draw:object",
        "office:binary-data",
        "office:meta",
        "office:settings",
        "office:scripts",
        "office:master-styles",
        "office:event-listeners",
        "presentation:notes",
        "svg:title",
        "svg:desc",
        "dc:creator",
        "dc:date",
    }
)
"""Elements whose text is on no page."""


class OdfText(OdfStyles):
    """Handler of ``content.xml`` and of flat files; ``finish`` returns the blocks.

    Every slide of a presentation is a page; ``hidden`` holds the numbers of those that are not shown.
    """

    skipped = NOT_SHOWN

    def __init__(self, budget: Budget, styles: dict[tuple[str, str], OdfStyle] | None = None) -> None:
        super().__init__(budget, styles)
        self.build = BlockBuilder(budget)
        self.hidden: list[int] = []
        self._slides = 0
        self._listed = self._hidden_paragraph = False
        self._raised: list[bool] = []
        self._breaks_after: list[bool] = []
        self._blank = True  # whether the last character was a blank: more of them are none
        self._note_class, self._citation = "", ""
        self._in_citation = False
        self._span, self._repeated, self._down = 1, 1, 1
        self._row_repeated = 1
        self._column = self._to_cover = 0
        self._hanging: dict[int, tuple[int, int]] = {}  # column -> columns spanned, rows still to come

    def finish(self) -> list[Block]:
        """Return the blocks of the whole document."""
        return self.build.finish()

    # Text

    def characters(self, text: str) -> None:
        """Take character data."""
        if self._in_citation:
            self._citation += text
            return
        text = _BLANKS.sub(" ", text)
        if self._blank:
            text = text.removeprefix(" ")
        if text:
            self._blank = text[-1] == " "
            self._put(text)

    def _put(self, text: str) -> None:
        if any(self._raised):
            self.build.put_raised(text)
        else:
            self.build.put(text)

    def _begin_paragraph(self, attributes: Attributes, rank: int = 0) -> None:
        style = self.find_style("paragraph", value(attributes, "text", "style-name"))
        if style.hidden:
            self.skip()
            return
        if style.break_before:
            self.build.page_break(Break.FRESH)
        self.build.begin_paragraph(rank, listed=self._listed)
        self._listed, self._blank = False, True
        self._breaks_after.append(style.break_after)

    def _start_text_p(self, attributes: Attributes) -> None:
        self._begin_paragraph(attributes)

    def _start_text_h(self, attributes: Attributes) -> None:
        self._begin_paragraph(attributes, number(value(attributes, "text", "outline-level"), 9))

    def _start_text_hidden_paragraph(self, attributes: Attributes) -> None:
        self._hidden_paragraph = value(attributes, "text", "is-hidden") != "false"

    def _end_text_p(self) -> None:
        if self._hidden_paragraph:
            self.build.clear_paragraph()
            self._hidden_paragraph = False
        self.build.end_paragraph()
        if self._breaks_after and self._breaks_after.pop():
            self.build.page_break(Break.FRESH)

    _end_text_h = _end_text_p

    def _start_text_span(self, attributes: Attributes) -> None:
        style = self.find_style("text", value(attributes, "text", "style-name"))
        if style.hidden:
            self.skip()
        else:
            self._raised.append(bool(style.raised))

    def _end_text_span(self) -> None:
        if self._raised:
            self._raised.pop()

    def _start_text_s(self, attributes: Attributes) -> None:
        self._put(" " * number(value(attributes, "text", "c"), _MOST_REPEATED))

    def _start_text_tab(self, _: Attributes) -> None:
        self._put("\t")

    def _start_text_line_break(self, _: Attributes) -> None:
        self._put("\n")
        self._blank = True

    def _start_text_soft_page_break(self, _: Attributes) -> None:
        self.build.page_break(Break.RENDERED)

    def _start_text_list_item(self, _: Attributes) -> None:
        self._listed = True

    def _start_text_section(self, attributes: Attributes) -> None:
        if value(attributes, "text", "display") == "none":
            self.skip()

    # Notes

    def _start_text_note(self, attributes: Attributes) -> None:
        self._note_class, self._citation = value(attributes, "text", "note-class"), ""

    def _start_text_note_citation(self, _: Attributes) -> None:
        self._in_citation = True

    def _end_text_note_citation(self) -> None:
        self._in_citation = False

    def _start_text_note_body(self, _: Attributes) -> None:
        self.build.begin_note(self._citation.strip(), at_end=self._note_class == "endnote")

    def _end_text_note_body(self) -> None:
        self.build.end_note()
        self._blank = False

    # Tables

    def _start_table_table(self, attributes: Attributes) -> None:
        style = self.find_style("table", value(attributes, "table", "style-name"))
        if style.break_before:
            self.build.page_break(Break.FRESH)
        self.build.begin_table()
        if self.build.in_cells:
            self._hanging = {}

    def _end_table_table(self) -> None:
        self.build.end_table()

    def _start_table_table_row(self, attributes: Attributes) -> None:
        if self.build.in_cells:
            self._column = self._to_cover = 0
            self._row_repeated = number(value(attributes, "table", "number-rows-repeated"), _MOST_REPEATED)

    def _end_table_table_row(self) -> None:
        self.build.end_row(self._row_repeated if self.build.in_cells else 1)

    def _start_table_table_cell(self, attributes: Attributes) -> None:
        if self.build.in_cells:
            self._span = number(value(attributes, "table", "number-columns-spanned"), _MOST_REPEATED)
            self._down = number(value(attributes, "table", "number-rows-spanned"), _MOST_ROWS_SPANNED)
            self._repeated = number(value(attributes, "table", "number-columns-repeated"), _MOST_REPEATED)

    def _end_table_table_cell(self) -> None:
        if self.build.in_cells:
            self.build.end_cell(self._span, times=self._repeated)
            if self._down > 1:
                self._hanging[self._column] = self._span, self._down - 1
            self._column += self._span * self._repeated
            self._to_cover = self._span - 1

    def _start_table_covered_table_cell(self, attributes: Attributes) -> None:
        """Take a cell that another one covers: one to its left, or one above it."""
        if not self.build.in_cells:
            return
        count = number(value(attributes, "table", "number-columns-repeated"), _MOST_REPEATED)
        self.skip()
        for _ in range(count):
            if self._to_cover:
                self._to_cover -= 1
                continue
            span, rows = self._hanging.get(self._column, (1, 0))
            if rows > 0:
                self._hanging[self._column] = span, rows - 1
            self.build.end_cell(span, continues=rows > 0)
            self._column += span
            self._to_cover = span - 1

    # Slides

    def _start_draw_page(self, attributes: Attributes) -> None:
        self._slides += 1
        if self._slides > 1:
            self.build.page_break(Break.HARD)
        style = self.find_style("drawing-page", value(attributes, "draw", "style-name"))
        if style.hidden:
            self.hidden.append(self._slides)
            self.skip()
