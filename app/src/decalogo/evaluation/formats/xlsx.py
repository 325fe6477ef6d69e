"""XLSX: the workbook, its shared texts and number formats, and the cells of its sheets.

Source: ECMA-376 part 1, section 18 (SpreadsheetML), in its transitional and strict namespaces.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from decalogo.evaluation.formats.budgets import Budget
from decalogo.evaluation.formats.cells import SheetCells
from decalogo.evaluation.formats.number_formats import BUILT_IN, NumberFormat, NumberWriter, read_format
from decalogo.evaluation.formats.packages import Package
from decalogo.evaluation.formats.xlsx_sheet import SheetHandler, Workbook
from decalogo.evaluation.formats.xml_stream import Attributes, XmlHandler, parse_xml, value
from decalogo.evaluation.layout.note_marks import raised


@dataclass(slots=True)
class Sheets:
    """The visible sheets of a workbook.

    Attributes:
        sheets: their cells, in the order of the tabs.
        hidden: how many sheets, rows and columns are hidden and were not read.
        without_value: cells with a formula whose result the file does not hold.
    """

    sheets: list[SheetCells] = field(default_factory=list)
    hidden: int = 0
    without_value: int = 0


def xlsx_sheets(package: Package, main: str, numbers: NumberWriter) -> Sheets:
    """Return the visible sheets of a workbook."""
    related = package.relationships(main)
    found = parse_xml(package.stream(main), _WorkbookHandler(package.budget))
    book = Workbook(NumberWriter(numbers.decimal, numbers.thousands, found.from_1904))
    for one in related.values():
        if one.target not in package:
            continue
        if one.kind == "sharedStrings":
            book.texts = parse_xml(package.stream(one.target), _SharedTexts(package.budget)).texts
        elif one.kind == "styles":
            book.formats = parse_xml(package.stream(one.target), _Formats(package.budget)).formats
    whole = Sheets()
    for name, state, key in found.sheets:
        if state != "visible":
            whole.hidden += 1
            continue
        cells = SheetCells(name, package.budget)
        whole.sheets.append(cells)
        part = related.get(key)
        if part is not None and part.kind == "worksheet" and part.target in package:
            sheet = parse_xml(package.stream(part.target), SheetHandler(package.budget, cells, book))
            whole.hidden += sheet.hidden
            whole.without_value += sheet.without_value
    return whole


class _WorkbookHandler(XmlHandler):
    """Handler of ``xl/workbook.xml``: name, state and relationship id of each sheet."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.sheets: list[tuple[str, str, str]] = []
        self.from_1904 = False

    def _start_s_workbookPr(self, attributes: Attributes) -> None:
        self.from_1904 = attributes.get("date1904", "") in {"1", "true"}

    def _start_s_sheet(self, attributes: Attributes) -> None:
        state = attributes.get("state", "visible")
        self.sheets.append((attributes.get("name", ""), state, value(attributes, "r", "id")))


class SharedText(XmlHandler):
    """Base of handlers of texts with runs, whose superscripts are written as such."""

    skipped = frozenset({"s:rPh", "s:phoneticPr"})

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self._pieces: list[str] = []
        self._raised = self._taking = False

    def characters(self, text: str) -> None:
        """Take character data."""
        if self._taking:
            self._pieces.append(raised("".join(self._pieces[-4:]), text) if self._raised else text)

    def _start_s_t(self, _: Attributes) -> None:
        self._taking = True

    def _end_s_t(self) -> None:
        self._taking = False

    def _start_s_r(self, _: Attributes) -> None:
        self._raised = False

    _end_s_r = _end_s_t

    def _start_s_vertAlign(self, attributes: Attributes) -> None:
        self._raised = attributes.get("val") == "superscript"


class _SharedTexts(SharedText):
    """Handler of ``xl/sharedStrings.xml``."""

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.texts: list[str] = []

    def _start_s_si(self, _: Attributes) -> None:
        self._pieces, self._raised = [], False

    def _end_s_si(self) -> None:
        text = "".join(self._pieces)
        self.budget.add_paragraph(len(text))
        self.texts.append(text)


class _Formats(XmlHandler):
    """Handler of ``xl/styles.xml``: the number format of each cell style."""

    skipped = frozenset({"s:dxfs", "s:cellStyleXfs", "s:fonts", "s:fills", "s:borders"})

    def __init__(self, budget: Budget) -> None:
        super().__init__(budget)
        self.formats: list[NumberFormat] = []
        self._codes: dict[int, str] = dict(BUILT_IN)
        self._in_styles = False

    def _start_s_numFmt(self, attributes: Attributes) -> None:
        key = attributes.get("numFmtId", "")
        if key.isascii() and key.isdecimal():
            self._codes[int(key[:9])] = attributes.get("formatCode", "")[:200]

    def _start_s_cellXfs(self, _: Attributes) -> None:
        self._in_styles = True

    def _end_s_cellXfs(self) -> None:
        self._in_styles = False

    def _start_s_xf(self, attributes: Attributes) -> None:
        if self._in_styles:
            key = attributes.get("numFmtId", "")
            code = self._codes.get(int(key[:9]), "") if key.isascii() and key.isdecimal() else ""
            self.formats.append(read_format(code))
