"""Compare the tables that are read of real documents with tables read by hand.

    python bench/tables.py [--show] DIR [FILE...]

DIR holds the documents that ``bench/tables/NAME.txt`` describes; one that is missing is skipped. FILEs have no tables:
each one found there is false. Three figures are reported:

- ruled: rows found of the tables as they are drawn.
- unruled: rows found of the same tables when the ruling lines of every page are hidden from the reader. Tables with
  cells merged over several rows are left out: without lines nothing shows how far such a cell reaches.
- false: tables found in FILEs and, with the lines hidden, on pages of the documents without a table.

A row is found if a row or header of a table on its page has the same texts in the same order. Blanks and empty cells
do not count. ``tables/NAME.txt`` has one block per table: a line ``# page N``, ``merged`` behind it where cells are
merged over several rows, and one line per row, its cells parted by ``|``. Rows of documents that are not part of the
repository are SHA-256 digests after ``=``; ``--digest FILE`` prints a block as digests.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import unicodedata
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from unittest.mock import patch

from decalogo.evaluation.documents.model import Extracted, OcrOptions
from decalogo.evaluation.extract import extract
from decalogo.evaluation.layout.grids import RulingLines
from decalogo.evaluation.pdf.native import NativeTextPage
from decalogo.evaluation.pdf.text_page import TextPage

TRUTH = Path(__file__).with_name("tables")


@dataclass
class Truth:
    """A table read by hand: its page, whether cells are merged over rows, and its rows as keys."""

    page: int
    merged: bool
    rows: list[str] = field(default_factory=list)


def key(cells: Iterable[str]) -> str:
    """Return the digest of a row: its texts in order, without blanks and empty cells."""
    texts = ("".join(unicodedata.normalize("NFC", cell).replace("’", "'").split()) for cell in cells)
    return hashlib.sha256("|".join(text for text in texts if text).encode()).hexdigest()[:16]


def load(path: Path) -> list[Truth]:
    """Return the tables of one file of truth."""
    tables: list[Truth] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# page "):
            number, *rest = line.removeprefix("# page ").split()
            tables.append(Truth(int(number), rest == ["merged"]))
        elif line.startswith("="):
            tables[-1].rows.append(line[1:].strip())
        elif line.strip():
            tables[-1].rows.append(key(line.split("|")))
    return tables


def rows_of(document: Extracted) -> dict[int, list[str]]:
    """Return the digests of all rows and headers on each page."""
    rows: dict[int, list[str]] = {}
    for table in document.tables:
        rows.setdefault(table.page, []).append(key(table.header))
        for row in table.rows:
            rows.setdefault(row.page, []).append(key(cell.text for cell in row.cells))
    return rows


@contextmanager
def hidden_lines():
    """Hide the ruling lines of all pages from both page readers."""
    none = lambda _: RulingLines()  # noqa: E731
    with patch.object(NativeTextPage, "rules", none), patch.object(TextPage, "rules", none):
        yield


def compare(name: str, tables: list[Truth], document: Extracted, *, show: bool) -> tuple[int, int, int]:
    """Return the number of tables, of their rows and of the rows found; print what is missing."""
    found = rows_of(document)
    right = count = 0
    for number, table in enumerate(tables):
        here = list(found.get(table.page, ()))
        missing = []
        for index, row in enumerate(table.rows):
            if row in here:
                here.remove(row)
            else:
                missing.append(index + 1)
        count += len(table.rows)
        right += len(table.rows) - len(missing)
        if show and missing:
            print(f"  {name}, table {number + 1}, page {table.page}: rows {missing} of {len(table.rows)}")
    return len(tables), count, right


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="folder of the documents with tables")
    parser.add_argument("files", nargs="*", type=Path, help="documents without tables")
    parser.add_argument("--show", action="store_true", help="list rows that were not found, and false tables")
    parser.add_argument("--digest", type=Path, help="print a file of truth as digests")
    options = parser.parse_args()
    if options.digest:
        for table in load(options.digest):
            print(f"# page {table.page}{' merged' * table.merged}", *(f"={row}" for row in table.rows), sep="\n")
        return 0
    never = OcrOptions(mode="never")
    ruled, unruled = [0, 0, 0], [0, 0, 0]
    wrong = pages = 0
    for path in sorted(TRUTH.glob("*.txt")):
        file = options.folder / f"{path.stem}.pdf"
        if not file.exists():
            print(f"{file} is missing")
            continue
        tables = load(path)
        drawn = extract(file, ocr=never)
        with hidden_lines():
            hidden = extract(file, ocr=never)
        open_tables = [table for table in tables if not table.merged]
        for total, some, document in ((ruled, tables, drawn), (unruled, open_tables, hidden)):
            kind = "ruled" if total is ruled else "unruled"
            for at, value in enumerate(compare(f"{kind} {path.stem}", some, document, show=options.show)):
                total[at] += value
        bare = {page.number for page in drawn.pages} - {row.page for table in drawn.tables for row in table.rows}
        false = [table for table in hidden.tables if table.page in bare]
        pages += len(bare)
        wrong += len(false)
        for table in false if options.show else ():
            print(f"  false, {path.stem}, page {table.page}: {table.header}, {len(table.rows)} rows")
    for file in options.files:
        document = extract(file, ocr=never)
        pages += len(document.pages)
        wrong += len(document.tables)
        for table in document.tables if options.show else ():
            print(f"  false, {file.name}, page {table.page}: {table.header}, {len(table.rows)} rows")
    print("| tables | number | rows | found | share |\n|---|---|---|---|---|")
    for name, (number, rows, right) in (("ruled", ruled), ("unruled", unruled)):
        print(f"| {name} | {number} | {rows} | {right} | {100 * right / max(1, rows):.1f} % |")
    print(f"\n{wrong} false tables on {pages} pages without a table")
    return 0


if __name__ == "__main__":
    sys.exit(main())
