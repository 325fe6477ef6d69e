"""What the XML of DOCX and ODT says: paragraphs, headings, lists, tables and page breaks, as blocks.

Sources: ECMA-376 part 1, section 17 (WordprocessingML); OASIS OpenDocument 1.3 part 3, sections 5 and 9.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from decalogo.evaluation.formats.blocks import Block, PageBreak, Paragraph, RowCell, TableRow
from decalogo.evaluation.layout.words import heading_style

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main "
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0 "
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_MOST_REPEATED = 100

Attributes = dict[str, str]


@dataclass(slots=True)
class _Table:
    number: int
    cells: list[RowCell] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    span: int = 1
    continues: bool = False


class _Handler:
    """Gathers blocks; a table inside a cell counts as that cell's text."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self._open: list[list[str]] = []  # text boxes put paragraphs inside paragraphs
        self._table: _Table | None = None
        self._depth = 0
        self._tables = 0
        self._skip = 0
        self._break = False
        self._rank = 0
        self._listed = False

    def characters(self, text: str) -> None:
        """Take character data."""
        if self._open and not self._skip and self._takes_text():
            self._open[-1].append(text)

    def _takes_text(self) -> bool:
        return True

    def _put(self, text: str) -> None:
        if self._open and not self._skip:
            self._open[-1].append(text)

    def _begin_paragraph(self, rank: int = 0) -> None:
        self._open.append([])
        self._rank = rank

    def _end_paragraph(self) -> None:
        text = "".join(self._open.pop()) if self._open else ""
        if self._listed and text.strip() and not self._rank:
            text = f"• {text}"
        self._listed = False
        if self._table is not None:
            self._table.texts.append(text)
            return
        self._flush_break()
        if text.strip():
            self.blocks.append(Paragraph(text, self._rank))
        self._rank = 0

    def _flush_break(self) -> None:
        if self._break and self.blocks:
            self.blocks.append(PageBreak())
        self._break = False

    def _begin_table(self) -> None:
        self._depth += 1
        if self._depth == 1:
            self._tables += 1
            self._table = _Table(self._tables)

    def _end_table(self) -> None:
        self._depth -= 1
        if self._depth == 0:
            self._table = None

    def _end_cell(self, times: int = 1) -> None:
        if self._table is not None and self._depth == 1:
            cell = RowCell("\n".join(self._table.texts), self._table.span, self._table.continues)
            self._table.cells += [cell] * times
            self._table.texts, self._table.span, self._table.continues = [], 1, False

    def _end_row(self) -> None:
        if self._table is not None and self._depth == 1:
            self._flush_break()
            self.blocks.append(TableRow(self._table.number, self._table.cells))
            self._table.cells = []


class DocxHandler(_Handler):
    """Handler of ``word/document.xml``."""

    _SKIPPED = frozenset(
        {_W + "del", _W + "instrText", "http://schemas.openxmlformats.org/markup-compatibility/2006 Fallback"}
    )

    def __init__(self) -> None:
        super().__init__()
        self._in_text = False

    def _takes_text(self) -> bool:
        return self._in_text

    def start(self, name: str, attributes: Attributes) -> None:
        """Take a start tag."""
        if name in self._SKIPPED:
            self._skip += 1
        if self._skip or not name.startswith(_W):
            return
        tag, value = name[len(_W) :], attributes.get(_W + "val", "")
        if tag == "p":
            self._begin_paragraph()
        elif tag == "t":
            self._in_text = True
        elif tag in {"tab", "ptab"}:
            self._put("\t")
        elif tag == "noBreakHyphen":
            self._put("-")
        elif tag == "br" and attributes.get(_W + "type") != "page":
            self._put("\n")
        elif tag in {"br", "lastRenderedPageBreak"}:
            self._break = True
        elif tag == "pStyle":
            found = heading_style().match(value)
            self._rank = int(found.group(1)) if found else 0
        elif tag == "outlineLvl" and value.isdecimal() and int(value) < 9:
            self._rank = int(value) + 1
        elif tag == "numPr":
            self._listed = True
        elif tag == "tbl":
            self._begin_table()
        elif self._table is not None and self._depth == 1:
            if tag == "gridSpan" and value.isdecimal():
                self._table.span = int(value)
            elif tag == "vMerge":
                self._table.continues = value != "restart"

    def end(self, name: str) -> None:
        """Take an end tag."""
        if name in self._SKIPPED:
            self._skip -= 1
            return
        if self._skip or not name.startswith(_W):
            return
        tag = name[len(_W) :]
        if tag == "t":
            self._in_text = False
        elif tag == "p":
            self._end_paragraph()
        elif tag == "tc":
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "tbl":
            self._end_table()


class OdtHandler(_Handler):
    """Handler of ``content.xml``."""

    def start(self, name: str, attributes: Attributes) -> None:
        """Take a start tag."""
        if name == _TEXT + "tracked-changes":
            self._skip += 1
        if self._skip:
            return
        if name == _TEXT + "p":
            self._begin_paragraph()
        elif name == _TEXT + "h":
            self._begin_paragraph(_number(attributes.get(_TEXT + "outline-level"), 9))
        elif name == _TEXT + "s":
            self._put(" " * _number(attributes.get(_TEXT + "c"), _MOST_REPEATED))
        elif name == _TEXT + "tab":
            self._put("\t")
        elif name == _TEXT + "line-break":
            self._put("\n")
        elif name == _TEXT + "soft-page-break":
            self._break = True
        elif name == _TEXT + "list-item":
            self._listed = True
        elif name == _TABLE + "table":
            self._begin_table()
        elif name == _TABLE + "table-cell" and self._table is not None and self._depth == 1:
            self._table.span = _number(attributes.get(_TABLE + "number-columns-spanned"), _MOST_REPEATED)
            self._repeated = _number(attributes.get(_TABLE + "number-columns-repeated"), _MOST_REPEATED)

    def end(self, name: str) -> None:
        """Take an end tag."""
        if name == _TEXT + "tracked-changes":
            self._skip -= 1
            return
        if self._skip:
            return
        if name in {_TEXT + "p", _TEXT + "h"}:
            self._end_paragraph()
        elif name == _TABLE + "table-cell":
            self._end_cell(
                self._repeated if self._depth == 1 and not any(self._table.texts if self._table else ()) else 1
            )
        elif name == _TABLE + "table-row":
            self._end_row()
        elif name == _TABLE + "table":
            self._end_table()

    _repeated = 1


def _number(value: str | None, most: int) -> int:
    return max(1, min(int(value), most)) if value and value.isdecimal() else 1
