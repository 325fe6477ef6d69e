"""Paragraphs and runs of a Word document: headings, lists, hidden and raised text, page breaks.

Source: ECMA-376 part 1, section 17.3 (WordprocessingML), in its transitional and strict namespaces. Word 2003 XML uses
the same elements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from decalogo.evaluation.formats.blocks import Block, Break, PageBreak
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.builder import BlockBuilder
from decalogo.evaluation.formats.docx_styles import NO_STYLE, DocxStyles, Style, is_on, is_raise, outline_rank
from decalogo.evaluation.formats.xml_stream import Attributes, XmlHandler, value

_SUPERSCRIPT = "superscript"


@dataclass(slots=True)
class DocxParts:
    """What a document refers to.

    Attributes:
        styles: its styles.
        notes: text of each note, by ``footnote`` or ``endnote`` and its id.
        chunk: reads the part of a relationship id that is a document of its own (``w:altChunk``).
    """

    styles: DocxStyles | None = None
    notes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    chunk: Callable[[str], list[Block]] = lambda _: []


@dataclass(slots=True)
class _Run:
    """A run of text with one format."""

    hidden: bool
    raised: bool


class DocxText(XmlHandler):
    """Base of handlers of Word documents; ``finish`` returns the blocks."""

    skipped = frozenset(
        {
            "w:del",
            "w:moveFrom",
            "w:instrText",
            "w:delInstrText",
            "w:rPrChange",
            "w:pPrChange",
            "w:sectPrChange",
            "w:tblPrChange",
            "w:trPrChange",
            "w:tcPrChange",
            "w:rt",
            "w:binData",
            "w:docOleData",
            "mc:Fallback",
        }
    )

    def __init__(self, budget: Budget, parts: DocxParts | None = None) -> None:
        super().__init__(budget)
        self.build = BlockBuilder(budget)
        self._parts = parts or DocxParts()
        self._runs: list[_Run] = []
        self._styles: list[Style] = []
        self._text = 0  # elements that hold text, open
        self._in_properties = False  # of a paragraph
        self._style_break: PageBreak | None = None

    def finish(self) -> list[Block]:
        """Return the blocks of the whole document."""
        return self.build.finish()

    def characters(self, text: str) -> None:
        """Take character data."""
        if self._text:
            self._put(text)

    def _put(self, text: str) -> None:
        run = self._runs[-1] if self._runs else None
        if run is None or not (run.hidden or run.raised):
            self.build.put(text)
        elif run.hidden:
            self.build.drop()
        else:
            self.build.put_raised(text)

    # Paragraphs

    def _start_w_p(self, _: Attributes) -> None:
        self._style_break = None
        self.build.begin_paragraph()
        self._styles.append(NO_STYLE)

    def _end_w_p(self) -> None:
        self.build.end_paragraph()
        if self._styles:
            self._styles.pop()

    def _start_w_pPr(self, _: Attributes) -> None:
        self._in_properties = True

    def _end_w_pPr(self) -> None:
        self._in_properties = False

    def _start_w_pStyle(self, attributes: Attributes) -> None:
        style = self._find_style(attributes)
        if self._styles and self._in_properties:
            self._styles[-1] = style
            self.build.style_paragraph(rank=style.rank, listed=style.listed)
            if style.page_before:
                self._style_break = self.build.page_break(Break.FRESH)

    def _start_w_outlineLvl(self, attributes: Attributes) -> None:
        self.build.style_paragraph(rank=outline_rank(attributes))

    def _start_w_numPr(self, _: Attributes) -> None:
        self.build.style_paragraph(listed=True)

    def _start_w_pageBreakBefore(self, attributes: Attributes) -> None:
        if is_on(attributes):
            self.build.page_break(Break.FRESH)
        elif self._style_break is not None:  # of the style of this paragraph
            self._style_break.kind = Break.NONE

    def _find_style(self, attributes: Attributes) -> Style:
        styles = self._parts.styles
        if styles is None:
            styles = self._parts.styles = DocxStyles(self.budget)
        return styles.find(value(attributes, "w", "val"))

    # Runs

    def _start_w_r(self, _: Attributes) -> None:
        style = self._styles[-1] if self._styles else NO_STYLE
        self._runs.append(_Run(bool(style.hidden), bool(style.raised)))

    def _end_w_r(self) -> None:
        if self._runs:
            self._runs.pop()

    def _start_w_rStyle(self, attributes: Attributes) -> None:
        if self._runs and not self._in_properties:
            style = self._find_style(attributes)
            self._runs[-1].hidden |= bool(style.hidden)
            self._runs[-1].raised |= bool(style.raised)

    def _start_w_vanish(self, attributes: Attributes) -> None:
        if self._runs and not self._in_properties:
            self._runs[-1].hidden = is_on(attributes)

    def _start_w_vertAlign(self, attributes: Attributes) -> None:
        if self._runs and not self._in_properties:
            self._runs[-1].raised = value(attributes, "w", "val") == _SUPERSCRIPT

    def _start_w_position(self, attributes: Attributes) -> None:
        if self._runs and not self._in_properties:  # half points above the line
            self._runs[-1].raised |= is_raise(attributes)

    def _start_w_t(self, _: Attributes) -> None:
        self._text += 1

    def _end_w_t(self) -> None:
        self._text -= 1

    _start_m_t, _end_m_t = _start_w_t, _end_w_t

    def _start_m_sup(self, _: Attributes) -> None:
        self._runs.append(_Run(False, True))

    _end_m_sup = _end_w_r

    def _start_w_tab(self, _: Attributes) -> None:
        if self._runs and not self._in_properties:  # else a tab stop
            self._put("\t")

    _start_w_ptab = _start_w_tab

    def _start_w_noBreakHyphen(self, _: Attributes) -> None:
        self._put("-")

    def _start_w_softHyphen(self, _: Attributes) -> None:
        self._put("\xad")

    def _start_w_cr(self, _: Attributes) -> None:
        self._put("\n")

    def _start_w_sym(self, attributes: Attributes) -> None:
        code = value(attributes, "w", "char")
        if len(code) == 4 and all(digit in "0123456789abcdefABCDEF" for digit in code):
            self._put(chr(int(code, 16)))

    def _start_w_br(self, attributes: Attributes) -> None:
        if value(attributes, "w", "type") == "page":
            self.build.page_break(Break.HARD)
        else:
            self._put("\n")

    def _start_w_lastRenderedPageBreak(self, _: Attributes) -> None:
        self.build.page_break(Break.RENDERED)
