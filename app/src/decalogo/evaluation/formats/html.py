"""HTML: paragraphs, headings, lists and tables, by the parser of the standard library (linear, expands nothing)."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

from decalogo.errors import DocumentTooLargeError
from decalogo.evaluation.documents.detect import HTML
from decalogo.evaluation.documents.reading import Limits, Reading
from decalogo.evaluation.formats.blocks import Block, Paragraph, RowCell, TableRow, make_sheets
from decalogo.evaluation.formats.text import decode

_MOST_BYTES = 40 << 20
_MOST_SPAN = 100
_HEADING = re.compile(r"h([1-6])")
_SKIPPED = frozenset({"script", "style", "noscript", "template", "svg", "nav", "head"})
_BLOCKS = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset figcaption figure footer form "  # noqa: SIM905
    "header hr html li main ol p pre section table tbody tfoot thead ul".split()
)
_BLANKS = re.compile(r"\s+")


def read_html(content: bytes | Path, limits: Limits) -> Reading:
    """Read a page of HTML.

    Raises:
        DocumentTooLargeError: over 40 MB, or more than ``limits.max_pages`` made-up pages.
    """
    size = content.stat().st_size if isinstance(content, Path) else len(content)
    if size > _MOST_BYTES:
        raise DocumentTooLargeError(f"The HTML has {size:,} bytes, over {_MOST_BYTES:,}; upload the plan as PDF.")
    reader = _Reader()
    reader.feed(decode(content.read_bytes() if isinstance(content, Path) else content))
    reader.close()
    reader.finish()
    return make_sheets(HTML, reader.blocks, limits)


class _Reader(HTMLParser):
    """Gathers blocks; a table inside a cell counts as that cell's text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._text: list[str] = []
        self._rank = 0
        self._listed = False
        self._skip = 0
        self._depth = 0
        self._tables = 0
        self._row: list[RowCell] = []
        self._cell: RowCell | None = None
        self._down = 1
        self._hanging: dict[int, tuple[int, int]] = {}  # column → columns spanned, rows still to come

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a start tag."""
        if tag in _SKIPPED:
            self._skip += 1
        elif tag == "br":
            self._text.append("\n")
        elif tag == "table":
            self._begin_table()
        elif self._depth == 1 and tag in {"td", "th"}:
            self._end_cell()
            given = dict(attrs)
            self._hang()
            self._cell = RowCell("", _number(given.get("colspan")))
            self._down = _number(given.get("rowspan"))
        elif self._depth == 1 and tag == "tr":
            self._end_row()
        elif tag in _BLOCKS or _HEADING.fullmatch(tag):
            self.flush()
            heading = _HEADING.fullmatch(tag)
            self._rank, self._listed = int(heading.group(1)) if heading else 0, tag == "li"

    def handle_endtag(self, tag: str) -> None:
        """Take an end tag."""
        if tag in _SKIPPED:
            self._skip = max(0, self._skip - 1)
        elif tag == "table" and self._depth:
            if self._depth == 1:
                self._end_row()
            self._depth -= 1
        elif self._depth == 1 and tag in {"td", "th"}:
            self._end_cell()
        elif self._depth == 1 and tag == "tr":
            self._end_row()
        elif tag in _BLOCKS or _HEADING.fullmatch(tag):
            self.flush()

    def handle_data(self, data: str) -> None:
        """Take text."""
        if not self._skip:
            self._text.append(_BLANKS.sub(" ", data))

    def flush(self) -> None:
        """End the paragraph that is open; inside a table, only its line."""
        if self._depth:
            self._text.append("\n")
            return
        text = "".join(self._text).strip()
        self._text = []
        if text:
            self.blocks.append(Paragraph(f"• {text}" if self._listed else text, self._rank))
        self._rank, self._listed = 0, False

    def finish(self) -> None:
        """End what the file left open."""
        if self._depth:
            self._end_row()
            self._depth = 0
        self.flush()

    def _begin_table(self) -> None:
        self.flush()
        self._depth += 1
        if self._depth == 1:
            self._tables += 1
            self._row, self._cell, self._hanging = [], None, {}

    def _width(self) -> int:
        return sum(cell.span for cell in self._row)

    def _hang(self) -> None:
        """Put the cells that hang down from rows above where they belong."""
        while (column := self._width()) in self._hanging:
            span, rows = self._hanging.pop(column)
            self._row.append(RowCell("", span, continues=True))
            if rows > 1:
                self._hanging[column + 10 * _MOST_SPAN] = (span, rows - 1)  # for the next row: put back at its end

    def _end_cell(self) -> None:
        if self._cell is None:
            return
        self._cell.text = "".join(self._text).strip()
        if self._down > 1:
            self._hanging[self._width() + 10 * _MOST_SPAN] = (self._cell.span, self._down - 1)
        if self._width() < _MOST_SPAN:
            self._row.append(self._cell)
        self._text, self._cell = [], None

    def _end_row(self) -> None:
        self._end_cell()
        if self._row:
            self._hang()
            self.blocks.append(TableRow(self._tables, self._row))
            self._hanging = {column % (10 * _MOST_SPAN): value for column, value in self._hanging.items()}
        self._row, self._text = [], []


def _number(value: str | None) -> int:
    return max(1, min(int(value), _MOST_SPAN)) if value and value.isascii() and value.isdigit() else 1
