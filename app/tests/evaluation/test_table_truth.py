"""Tables of a real plan against what a person read on its pages, as they are drawn and without their ruling lines."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tables import TRUTH, compare, hidden_lines, load

from decalogo.evaluation.documents.model import OcrOptions
from decalogo.evaluation.extract import extract

PLAN = Path(__file__).parents[1] / "data" / "florencia-2020-2023.pdf"
READ_BY_HAND = load(TRUTH / f"{PLAN.stem}.txt")


def test_rows_of_ruled_tables_are_read_as_they_are_drawn() -> None:
    document = extract(PLAN, ocr=OcrOptions(mode="never"))
    number, rows, right = compare("ruled", READ_BY_HAND, document, show=False)
    assert (number, rows) == (45, 233)
    assert right >= 0.95 * rows


def test_most_rows_are_read_where_the_lines_are_missing() -> None:
    with hidden_lines():
        document = extract(PLAN, ocr=OcrOptions(mode="never"))
    tables = [table for table in READ_BY_HAND if not table.merged]
    _, rows, right = compare("unruled", tables, document, show=False)
    assert right >= 0.7 * rows


def test_a_wrong_cell_costs_its_row() -> None:
    document = extract(PLAN, ocr=OcrOptions(mode="never"))
    (first,) = (table for table in READ_BY_HAND if table.page == 10)
    wrong = replace(first, rows=[first.rows[0], "0" * 16, first.rows[2]])
    assert compare("ruled", [wrong], document, show=False) == (1, 3, 2)
