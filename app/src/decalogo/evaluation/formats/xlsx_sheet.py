"""One sheet of an XLSX file: the texts of its cells as they are displayed.

Source: ECMA-376 part 1, sections 18.3.1.4 (cells), 18.3.1.13 (columns) and 18.3.1.55 (merged cells).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.cells import Merge, SheetCells
from decalogo.evaluation.formats.number_formats import NumberFormat, NumberWriter
from decalogo.evaluation.formats.xml_stream import Attributes, XmlHandler
from decalogo.evaluation.layout.note_marks import raised

_REFERENCE = re.compile(r"\$?([A-Za-z]{1,3})\$?(\d{1,7})")
_BOOLEANS = {"1": "VERDADERO", "0": "FALSO"}
_GENERAL = NumberFormat()


@dataclass(slots=True)
class Workbook:
    """What the sheets of a workbook share: how numbers are written, texts by number, number formats by cell style."""

    numbers: NumberWriter
    texts: list[str] = field(default_factory=list)
    formats: list[NumberFormat] = field(default_factory=list)


class SheetHandler(XmlHandler):
    """Handler of a worksheet, which it adds to ``cells``.

    ``hidden`` counts rows and columns that are not shown, ``without_value`` formulas without a result.
    """

    skipped = frozenset({"s:rPh", "s:headerFooter", "s:dataValidations", "s:conditionalFormatting", "s:extLst"})

    def __init__(self, budget: Budget, cells: SheetCells, book: Workbook) -> None:
        super().__init__(budget)
        self.hidden = self.without_value = 0
        self._cells, self._book = cells, book
        self._row = self._column = -1
        self._type = self._style = ""
        self._hidden_columns: list[tuple[int, int]] = []
        self._pieces: list[str] = []
        self._taking = self._raised = self._formula = False

    def characters(self, text: str) -> None:
        """Take character data."""
        if self._taking:
            self._pieces.append(raised("".join(self._pieces[-4:]), text) if self._raised else text)

    def _start_s_col(self, attributes: Attributes) -> None:
        if attributes.get("hidden") in {"1", "true"}:
            first, last = _count(attributes.get("min")), _count(attributes.get("max"))
            self._hidden_columns.append((first - 1, last))
            self.hidden += 1

    def _start_s_row(self, attributes: Attributes) -> None:
        self._row = (_count(attributes.get("r")) or self._row + 2) - 1
        self._column = -1
        if attributes.get("hidden") in {"1", "true"}:
            self.hidden += 1
            self.skip()

    def _start_s_c(self, attributes: Attributes) -> None:
        place = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._column = _column(place.group(1)) if place else self._column + 1
        self._type, self._style = attributes.get("t", "n"), attributes.get("s", "")
        self._pieces, self._raised, self._formula = [], False, False

    def _end_s_c(self) -> None:
        raw = "".join(self._pieces)
        if not raw:
            self.without_value += self._formula
            return
        if not any(first <= self._column < last for first, last in self._hidden_columns):
            self._cells.put(self._row, self._column, self._shown(raw))

    def _start_s_v(self, _: Attributes) -> None:
        self._taking = True

    def _end_s_v(self) -> None:
        self._taking = False

    _start_s_t, _end_s_t = _start_s_v, _end_s_v

    def _start_s_r(self, _: Attributes) -> None:
        self._raised = False

    def _start_s_vertAlign(self, attributes: Attributes) -> None:
        self._raised = attributes.get("val") == "superscript"

    def _start_s_f(self, _: Attributes) -> None:
        self._formula = True

    def _start_s_mergeCell(self, attributes: Attributes) -> None:
        first, _, last = attributes.get("ref", "").partition(":")
        start, end = _REFERENCE.fullmatch(first), _REFERENCE.fullmatch(last)
        if start and end:
            self._cells.merge(
                Merge(int(start.group(2)) - 1, _column(start.group(1)), int(end.group(2)), _column(end.group(1)) + 1)
            )

    def _shown(self, raw: str) -> str:
        """Return what a cell shows for the value that the file holds."""
        if self._type == "s":
            index = _count(raw.strip()) if raw.strip() != "0" else 0
            return self._book.texts[index] if index < len(self._book.texts) else ""
        if self._type in {"str", "inlineStr", "e", "d"}:
            return raw
        if self._type == "b":
            return _BOOLEANS.get(raw.strip(), raw)
        try:
            number = float(raw)
        except ValueError:
            return raw
        return self._book.numbers.write(number, self._format()) if abs(number) < 1e300 else raw

    def _format(self) -> NumberFormat:
        index = _count(self._style)
        return self._book.formats[index] if index < len(self._book.formats) else _GENERAL


def _count(text: str | None) -> int:
    return int(text[:9]) if text and text.isascii() and text.isdecimal() else 0


def _column(letters: str) -> int:
    """Return the number of a column from 0: ``A`` is 0, ``AA`` is 26."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1
