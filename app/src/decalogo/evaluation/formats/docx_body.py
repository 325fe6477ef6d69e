"""What the XML of a Word document says, as blocks: its text, tables, sections and notes.

Source: ECMA-376 part 1, sections 17.4 (tables), 17.6 (sections) and 17.11 (notes).
"""

from __future__ import annotations

from decalogo.evaluation.formats.blocks import Break, PageBreak
from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.docx_text import DocxParts, DocxText
from decalogo.evaluation.formats.xml_stream import Attributes, value

_MOST_SPAN = 100


class DocxHandler(DocxText):
    """Handler of the main part of a Word document."""

    def __init__(self, budget: Budget, parts: DocxParts | None = None) -> None:
        super().__init__(budget, parts)
        self._in_section = self._section_ends = False
        self._section_type = ""
        self._section: PageBreak | None = None
        self._counts = {"footnote": 0, "endnote": 0}
        self._span, self._continues, self._merged = 1, False, False

    def _end_w_p(self) -> None:
        super()._end_w_p()
        if self._section_ends:
            self._section_ends = False
            self._section = self.build.page_break(Break.FRESH)

    # Sections

    def _start_w_sectPr(self, _: Attributes) -> None:
        self._in_section, self._section_type = True, ""

    def _start_w_type(self, attributes: Attributes) -> None:
        if self._in_section:
            self._section_type = value(attributes, "w", "val")

    def _end_w_sectPr(self) -> None:
        # A section's properties come at its end, and its type is how it begins.
        if self._section is not None and self._section_type in {"continuous", "nextColumn"}:
            self._section.kind = Break.NONE
        self._section, self._in_section = None, False
        self._section_ends = self._in_properties

    # Tables

    def _start_w_tbl(self, _: Attributes) -> None:
        self.build.begin_table()

    def _end_w_tbl(self) -> None:
        self.build.end_table()

    def _start_w_tc(self, _: Attributes) -> None:
        if self.build.in_cells:
            self._span, self._continues, self._merged = 1, False, False

    def _end_w_tc(self) -> None:
        if self.build.in_cells and self._merged:
            self.build.widen_cell(self._span)
        elif self.build.in_cells:
            self.build.end_cell(self._span, continues=self._continues)

    def _end_w_tr(self) -> None:
        self.build.end_row()

    def _start_w_gridBefore(self, attributes: Attributes) -> None:
        self.build.skip_columns(_count(attributes))

    def _start_w_gridSpan(self, attributes: Attributes) -> None:
        if self.build.in_cells:
            self._span = max(1, _count(attributes))

    def _start_w_vMerge(self, attributes: Attributes) -> None:
        if self.build.in_cells:
            self._continues = value(attributes, "w", "val") != "restart"

    _start_w_vmerge = _start_w_vMerge

    def _start_w_hMerge(self, attributes: Attributes) -> None:
        if self.build.in_cells:
            self._merged = value(attributes, "w", "val") != "restart"

    # Notes and documents inside the document

    def _start_w_footnoteReference(self, attributes: Attributes) -> None:
        self._refer("footnote", attributes)

    def _start_w_endnoteReference(self, attributes: Attributes) -> None:
        self._refer("endnote", attributes)

    def _refer(self, kind: str, attributes: Attributes) -> None:
        if self._runs and self._runs[-1].hidden:
            return
        mark = ""
        if value(attributes, "w", "customMarkFollows") in {"", "0", "false"}:
            mark = self._next_mark(kind)
        text = self._parts.notes.get((kind, value(attributes, "w", "id")), "")
        self.build.refer_to_note(mark, text, at_end=kind == "endnote")

    def _next_mark(self, kind: str) -> str:
        self._counts[kind] += 1
        return str(self._counts[kind]) if kind == "footnote" else _roman(self._counts[kind])

    def _start_w_footnote(self, attributes: Attributes) -> None:  # Word 2003 has notes where they are referred to
        self.build.begin_note(self._next_mark("footnote"))

    def _end_w_footnote(self) -> None:
        self.build.end_note()

    def _start_w_endnote(self, attributes: Attributes) -> None:
        self.build.begin_note(self._next_mark("endnote"), at_end=True)

    _end_w_endnote = _end_w_footnote

    def _start_w_altChunk(self, attributes: Attributes) -> None:
        self.build.add(self._parts.chunk(value(attributes, "r", "id")))

    def _start_aml_annotation(self, attributes: Attributes) -> None:
        if value(attributes, "w", "type") in {"Word.Comment", "Word.Deletion"}:
            self.skip()


class NotesHandler(DocxHandler):
    """Handler of ``word/footnotes.xml`` and ``word/endnotes.xml``; ``notes`` holds the text of each note by its id."""

    def __init__(self, budget: Budget, parts: DocxParts, kind: str) -> None:
        super().__init__(budget, parts)
        self.notes: dict[tuple[str, str], str] = {}
        self._kind = kind
        self._key = kind, ""

    def _start_w_footnote(self, attributes: Attributes) -> None:
        if value(attributes, "w", "type") in {"", "normal"}:
            self._key = self._kind, value(attributes, "w", "id")
            self.build.begin_note("")
        else:
            self.skip()  # the line above notes

    def _end_w_footnote(self) -> None:
        self.notes[self._key] = self.build.end_note(keep=False)

    _start_w_endnote = _start_w_footnote
    _end_w_endnote = _end_w_footnote


def _count(attributes: Attributes) -> int:
    written = value(attributes, "w", "val")
    return min(int(written[:9]), _MOST_SPAN) if written.isascii() and written.isdecimal() else 0


def _roman(number: int) -> str:
    text = ""
    for letters, size in (("x", 10), ("ix", 9), ("v", 5), ("iv", 4), ("i", 1)):
        text += letters * min(number // size, 20)
        number %= size
    return text
