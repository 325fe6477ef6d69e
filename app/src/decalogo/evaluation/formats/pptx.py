"""PPTX: the slides of a presentation in their order, each a page.

Source: ECMA-376 part 1, sections 19 (PresentationML) and 21.1.2 (text of DrawingML).
"""

from __future__ import annotations

from decalogo.evaluation.formats.blocks import Block, Break, PageBreak, with_own_tables
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.builder import BlockBuilder
from decalogo.evaluation.formats.packages import Package
from decalogo.evaluation.formats.xml_stream import Attributes, XmlHandler, number, parse_xml, value

_TITLES = frozenset({"title", "ctrTitle"})
_FURNITURE = frozenset({"dt", "ftr", "sldNum", "hdr"})
_MOST_SPAN = 100


def pptx_blocks(package: Package, main: str) -> tuple[list[Block], list[int]]:
    """Return the blocks of a presentation, a page break between two slides, and the numbers of its hidden slides."""
    related = package.relationships(main)
    slides = parse_xml(package.stream(main), _PresentationHandler(package.budget)).slides
    blocks: list[Block] = []
    hidden: list[int] = []
    tables = 0
    for place, key in enumerate(slides, 1):
        if place > 1:
            blocks.append(PageBreak(Break.HARD))
        part = related.get(key)
        if part is None or part.target not in package:
            continue
        slide = parse_xml(package.stream(part.target), SlideHandler(package.budget))
        if slide.hidden:
            hidden.append(place)
            continue
        found = slide.build.finish()
        for drawing in package.relationships(part.target).values():
            if drawing.kind == "diagramDrawing" and drawing.target in package:
                found += parse_xml(package.stream(drawing.target), SlideHandler(package.budget)).build.finish()
        moved, tables = with_own_tables(found, tables)
        blocks += moved
    return blocks, hidden


class _PresentationHandler(XmlHandler):
    """Handler of ``ppt/presentation.xml``: the relationship ids of the slides."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.slides: list[str] = []

    def _start_p_sldId(self, attributes: Attributes) -> None:
        self.slides.append(value(attributes, "r", "id"))


class SlideHandler(XmlHandler):
    """Handler of a slide, or of the drawing of a diagram on it; ``hidden`` tells whether the slide is not shown."""

    skipped = frozenset({"mc:Fallback", "p:timing", "p:transition", "p:extLst", "a:extLst"})

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.build = BlockBuilder(budget)
        self.hidden = False
        self._placeholder = ""
        self._not_shown = False
        self._raised: list[bool] = []
        self._taking = False
        self._span, self._continues, self._merged = 1, False, False

    def characters(self, text: str) -> None:
        """Take character data."""
        if self._taking:
            if self._raised and self._raised[-1]:
                self.build.put_raised(text)
            else:
                self.build.put(text)

    def _start_p_sld(self, attributes: Attributes) -> None:
        self.hidden = attributes.get("show") in {"0", "false"}

    def _start_p_sp(self, _: Attributes) -> None:
        self._placeholder = ""

    _start_dsp_sp = _start_p_sp

    def _start_p_cNvPr(self, attributes: Attributes) -> None:
        self._not_shown = attributes.get("hidden") in {"1", "true"}

    def _start_p_ph(self, attributes: Attributes) -> None:
        self._placeholder = attributes.get("type", "body")

    def _start_p_txBody(self, _: Attributes) -> None:
        if self._not_shown or self._placeholder in _FURNITURE:
            self.skip()

    def _start_a_p(self, _: Attributes) -> None:
        rank = 1 if self._placeholder in _TITLES else 0
        self.build.begin_paragraph(rank, listed=self._placeholder == "body")

    def _end_a_p(self) -> None:
        self.build.end_paragraph()

    def _start_a_buNone(self, _: Attributes) -> None:
        self.build.style_paragraph(listed=False)

    def _start_a_buChar(self, _: Attributes) -> None:
        self.build.style_paragraph(listed=True)

    _start_a_buAutoNum = _start_a_buChar

    def _start_a_r(self, _: Attributes) -> None:
        self._raised.append(False)

    def _end_a_r(self) -> None:
        if self._raised:
            self._raised.pop()

    _start_a_fld, _end_a_fld = _start_a_r, _end_a_r

    def _start_a_rPr(self, attributes: Attributes) -> None:
        if self._raised:
            baseline = attributes.get("baseline", "0").rstrip("%")
            self._raised[-1] = baseline.isdecimal() and int(baseline[:9]) > 0

    def _start_a_t(self, _: Attributes) -> None:
        self._taking = True

    def _end_a_t(self) -> None:
        self._taking = False

    def _start_m_t(self, _: Attributes) -> None:
        self._taking = True

    _end_m_t = _end_a_t

    def _start_a_br(self, _: Attributes) -> None:
        self.build.put("\n")

    # Tables

    def _start_a_tbl(self, _: Attributes) -> None:
        self._placeholder = ""
        self.build.begin_table()

    def _end_a_tbl(self) -> None:
        self.build.end_table()

    def _start_a_tc(self, attributes: Attributes) -> None:
        self._span = number(attributes.get("gridSpan", ""), _MOST_SPAN)
        self._continues = attributes.get("vMerge") in {"1", "true"}
        self._merged = attributes.get("hMerge") in {"1", "true"}

    def _end_a_tc(self) -> None:
        if self._merged:  # covered by the cell to its left, whose span counts it
            self.build.take_cell_text()
        else:
            self.build.end_cell(self._span, continues=self._continues)

    def _end_a_tr(self) -> None:
        self.build.end_row()
