"""Excel 2003 XML: the cells of its sheets.

Source: Microsoft's XML Spreadsheet schema of Office 2003.
"""

from __future__ import annotations

from contextlib import suppress

from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.cells import Merge, SheetCells
from decalogo.evaluation.formats.number_formats import NumberFormat, NumberWriter, read_format
from decalogo.evaluation.formats.xml_stream import Attributes, XmlHandler, value

_NAMED = {
    "General Number": "General",
    "Percent": "0.00%",
    "Standard": "#,##0.00",
    "Fixed": "0.00",
    "Currency": '"$"#,##0.00',
    "Short Date": "dd/mm/yyyy",
}
_MOST = 1_048_576


class Excel2003Handler(XmlHandler):
    """Handler of a workbook; ``sheets`` holds its sheets."""

    skipped = frozenset({"ss:Comment"})

    def __init__(self, budget: Budget, numbers: NumberWriter) -> None:
        super().__init__(budget)
        self.sheets: list[SheetCells] = []
        self._numbers = numbers
        self._formats: dict[str, NumberFormat] = {}
        self._style = self._cell_style = ""
        self._row = self._column = -1
        self._across = self._down = 0
        self._type: str | None = None
        self._pieces: list[str] = []

    def characters(self, text: str) -> None:
        """Take character data."""
        if self._type is not None:
            self._pieces.append(text)

    def _start_ss_Style(self, attributes: Attributes) -> None:
        self._style = value(attributes, "ss", "ID")

    def _start_ss_NumberFormat(self, attributes: Attributes) -> None:
        code = value(attributes, "ss", "Format")
        self._formats[self._style] = read_format(_NAMED.get(code, code)[:200])

    def _start_ss_Worksheet(self, attributes: Attributes) -> None:
        self.sheets.append(SheetCells(value(attributes, "ss", "Name"), self.budget))
        self._row = -1

    def _start_ss_Row(self, attributes: Attributes) -> None:
        self._row = _index(attributes, self._row)
        self._column = -1
        if value(attributes, "ss", "Hidden") == "1":
            self.skip()

    def _start_ss_Cell(self, attributes: Attributes) -> None:
        self._column = _index(attributes, self._column)
        self._cell_style = value(attributes, "ss", "StyleID")
        self._across, self._down = (_count(attributes, name) for name in ("MergeAcross", "MergeDown"))

    def _end_ss_Cell(self) -> None:
        if (self._across or self._down) and self.sheets:
            end = self._row + self._down + 1, self._column + self._across + 1
            self.sheets[-1].merge(Merge(self._row, self._column, *end))
        self._column += self._across

    def _start_ss_Data(self, attributes: Attributes) -> None:
        self._type, self._pieces = value(attributes, "ss", "Type"), []

    def _end_ss_Data(self) -> None:
        text = "".join(self._pieces)
        if self._type == "Number":
            with suppress(ValueError, OverflowError):
                text = self._numbers.write(float(text), self._formats.get(self._cell_style, NumberFormat()))
        elif self._type == "DateTime":
            year, month, day = ([*text[:10].split("-"), "", ""])[:3]
            text = f"{day}/{month}/{year}" if day else text
        if self.sheets:
            self.sheets[-1].put(self._row, self._column, text)
        self._type = None


def _count(attributes: Attributes, name: str) -> int:
    written = value(attributes, "ss", name)
    return min(int(written[:9]), _MOST) if written.isascii() and written.isdecimal() else 0


def _index(attributes: Attributes, before: int) -> int:
    return (_count(attributes, "Index") or before + 2) - 1
