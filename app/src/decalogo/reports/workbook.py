"""A workbook with the styles of all XLSX reports; equal content gives equal bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from decalogo.reports.answers import plain

HEAT = {"h0": "#F0A394", "h1": "#F8CFA2", "h2": "#F8EDB4", "h3": "#C3E2C9", "h4": "#7FC4B0", "na": "#ECEEF1"}
"""Shades of the heat map, equal to those of the style sheet (a test compares them)."""

_LONGEST = 32_000
_EPOCH = datetime(2000, 1, 1)
"""Time of creation in the file, so that its bytes do not depend on the clock."""


class Workbook:
    """An XLSX file in memory; texts are always written as strings, never as formulas.

    Args:
        title: title in the properties of the file.
    """

    def __init__(self, title: str) -> None:
        self._out = io.BytesIO()
        options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._book = xlsxwriter.Workbook(self._out, options)
        self._book.set_properties({"title": plain(title)[:250], "created": _EPOCH})
        edge = {"border": 1, "border_color": "#D4D8DE"}
        self._formats: dict[str, Any] = {
            "title": self._book.add_format({"bold": True, "font_size": 14}),
            "head": self._book.add_format(
                {"bold": True, "bg_color": "#EEF1F5", "text_wrap": True, "valign": "bottom"} | edge
            ),
            "text": self._book.add_format({"text_wrap": True, "valign": "top"} | edge),
            "bold": self._book.add_format({"bold": True, "valign": "top"} | edge),
            "plain": self._book.add_format({}),
            "time": self._book.add_format({"num_format": "yyyy-mm-dd hh:mm", "align": "left", "valign": "top"} | edge),
        }
        for shade, colour in HEAT.items():
            look = {"bg_color": colour, "num_format": "0.0", "align": "center", "valign": "vcenter"} | edge
            self._formats[shade] = self._book.add_format(look)

    def sheet(self, name: str, widths: Sequence[float], *, landscape: bool = True) -> Any:
        """Add a sheet; ``widths`` of columns are in characters."""
        sheet = self._book.add_worksheet(name[:31])
        for index, width in enumerate(widths):
            sheet.set_column(index, index, width)
        if landscape:
            sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        return sheet

    def cell(self, sheet: Any, row: int, column: int, value: object, style: str = "text") -> None:
        """Write one cell: a number as a number, a time in UTC as a date, ``None`` as nothing, anything else as text."""
        look = self._formats[style]
        if value is None:
            sheet.write_blank(row, column, None, look)
        elif isinstance(value, datetime):
            sheet.write_datetime(row, column, value.replace(tzinfo=None), self._formats["time"])
        elif isinstance(value, int | float):
            sheet.write_number(row, column, value, look)
        else:
            sheet.write_string(row, column, plain(value)[:_LONGEST], look)

    def percent(self, sheet: Any, row: int, column: int, value: float | None, shade: str) -> None:
        """Write a percentage with its shade."""
        self.cell(sheet, row, column, "–" if value is None else value, shade)

    def table(self, sheet: Any, row: int, head: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
        """Write a table with a filter, starting at ``row``; return the row after it."""
        for column, title in enumerate(head):
            self.cell(sheet, row, column, title, "head")
        last = row
        for last, cells in enumerate(rows, row + 1):
            for column, value in enumerate(cells):
                self.cell(sheet, last, column, value)
        sheet.autofilter(row, 0, max(last, row + 1), len(head) - 1)
        return last + 1

    def done(self) -> bytes:
        """Return the file."""
        self._book.close()
        return self._out.getvalue()
