"""Metadata of documents from a CSV table: one row per document, found by the file name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pydantic import Field, ValidationError

from decalogo.api.problems import body_error, validation_error
from decalogo.api.upload.bounded_json import StrictModel
from decalogo.api.upload.display_names import display_name, display_text
from decalogo.api.upload.metadata import DocumentOptions
from decalogo.errors import BodyError

MAX_TABLE_BYTES: Final = 1 << 20
MAX_COLUMNS: Final = 64
FILENAME, ID, NOT_APPLICABLE = "filename", "id", "not_applicable"
_ALIASES: Final = {
    FILENAME: ("archivo", "file", "fichero", "nombre de archivo"),
    ID: ("custom_id", "identificador"),
    "name": ("nombre", "municipio", "entidad"),
    "code": ("codigo", "código", "dane", "código dane", "codigo dane"),
    "department": ("departamento",),
    "period": ("periodo", "período"),
    NOT_APPLICABLE: ("no_aplica", "no aplica"),
}


class TableOptions(StrictModel):
    """How to read the form field `table`."""

    columns: dict[str, str] | None = Field(
        None,
        max_length=MAX_COLUMNS,
        description="Header of the column of each field: `filename`, `id`, `name`, `code`, `department`, `period`,"
        " `not_applicable`, or any other key of `metadata`. Default: by the names of the columns, in English or"
        " Spanish; other columns become further pairs.",
        examples=[{"filename": "archivo", "name": "municipio", "code": "dane"}],
    )


@dataclass(frozen=True, slots=True)
class Table:
    """The parsed table: options of each document by file name in case-folded form."""

    rows: Mapping[str, DocumentOptions]

    def match(self, filenames: Sequence[str]) -> list[DocumentOptions]:
        """Return the options of each document; rows of other files are ignored.

        Raises:
            BodyError: no row matches a document.
        """
        found = [self.rows.get(name.casefold()) for name in filenames]
        if not any(found):
            raise _error(f"no row has the file name of a document, such as {filenames[0]}")
        return [options or DocumentOptions() for options in found]


def parse_table(raw: bytes | bytearray, options: TableOptions) -> Table:
    """Parse a CSV table in UTF-8 or Windows-1252, separated by comma, semicolon or tab.

    Raises:
        BodyError: a column is missing, a file name is repeated, or a value is invalid; ``where`` has the row.
    """
    rows = _rows(raw)
    if not rows:
        raise _error("the table is empty")
    header = [display_text(cell) for cell in rows[0]]
    if len(header) > MAX_COLUMNS:
        raise _error(f"the table has more than {MAX_COLUMNS} columns")
    columns = _columns(header, options.columns)
    if FILENAME not in columns:
        raise _error(f"no column has the file names; the columns are: {', '.join(header)}")
    found: dict[str, DocumentOptions] = {}
    for number, row in enumerate(rows[1:], 2):
        cells = {name: row[at].strip() for name, at in columns.items() if at < len(row) and row[at].strip()}
        filename = display_name(cells.pop(FILENAME, ""), "")
        if not filename:
            continue
        if filename.casefold() in found:
            raise _error(f"the file name {filename} is repeated", number)
        found[filename.casefold()] = _document(cells, number)
    return Table(found)


def _rows(raw: bytes | bytearray) -> list[list[str]]:
    try:
        text = bytes(raw).decode("utf-8-sig")
    except UnicodeDecodeError:
        text = bytes(raw).decode("cp1252", errors="replace")
    first = text.partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True) if any(row)]
    except csv.Error as error:
        raise _error(f"the table is not valid CSV: {error}") from error


def _columns(header: Sequence[str], asked: Mapping[str, str] | None) -> dict[str, int]:
    """Return the index of the column of each field."""
    if asked is None:
        known = {alias: name for name, aliases in _ALIASES.items() for alias in (name, *aliases)}
        return {known.get(title.casefold(), title): at for at, title in reversed(list(enumerate(header))) if title}
    places = {title: at for at, title in reversed(list(enumerate(header)))}
    missing = [title for title in asked.values() if display_text(title) not in places]
    if missing:
        raise _error(f"there is no column {missing[0]!r}; the columns are: {', '.join(header)}")
    return {name: places[display_text(title)] for name, title in asked.items()}


def _document(cells: dict[str, str], number: int) -> DocumentOptions:
    given = {"id": cells.pop(ID, None), NOT_APPLICABLE: _points(cells.pop(NOT_APPLICABLE, "")), "metadata": cells}
    try:
        return DocumentOptions.model_validate(given)
    except ValidationError as error:
        raise validation_error(error, f"table row {number}") from error


def _points(cell: str) -> dict[str, str] | None:
    """Return points of a cell such as ``P9=no hay cárcel; P3``; None for an empty cell."""
    if not cell:
        return None
    pieces = re.split(r"[;|]" if "=" in cell else r"[;|,\s]+", cell)
    pairs = (piece.partition("=") for piece in pieces if piece.strip())
    return {point.strip(): reason.strip() for point, _, reason in pairs}


def _error(detail: str, row: int = 0) -> BodyError:
    return body_error([{"where": f"table row {row}" if row else "table", "detail": detail}])
