"""CSV and XLSX reports: all rows, numbers as numbers, nothing that a spreadsheet would execute."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.evaluation import Evaluation
from decalogo.reports import COMPARISONS, REPORTS, Evaluated, NotEvaluated, roll_up
from decalogo.reports.csv_tables import ANSWER_COLUMNS, safe
from decalogo.reports.workbook import HEAT
from tests.reports.conftest import PARTIAL, cut_short


def rows(content: bytes, delimiter: str = ",") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=delimiter))


def workbook(content: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(content))


def test_csv_has_one_row_an_answer_with_its_first_quote(plan: Evaluation) -> None:
    head, *body = rows(REPORTS["csv"].render(plan.result))
    assert tuple(head) == ANSWER_COLUMNS
    assert [row[0] for row in body] == [answer["id"] for answer in plan.result["answers"]]
    table = {row[0]: dict(zip(head, row, strict=True)) for row in body}
    for answer in plan.result["answers"]:
        row = table[answer["id"]]
        assert row["score"] == ("" if answer["score"] is None else f"{answer['score']:g}")
        assert bool(row["quote"]) == bool(answer["evidence"])
        if answer["evidence"]:
            assert row["page"] == str(answer["evidence"][0]["page"])
        assert row["possible"].startswith("p. ") == bool(answer["possible"])
    assert table["P1-D1-Q1"]["question_title"] == "Línea base cuantitativa"
    assert table["P9-D1-Q1"]["recommendation"] == "no aplica"


def test_csv_for_spreadsheets_is_in_the_rubrics_language(plan: Evaluation) -> None:
    content = REPORTS["csv-excel"].render(plan.result)
    assert content.startswith(b"\xef\xbb\xbf")
    head, *body = rows(content, ";")
    assert head[0] == "Respuesta"
    assert "2,25" in {row[7] for row in body}


def test_tables_name_the_pages_and_points_of_a_partial_result(plan: Evaluation, result: dict[str, Any]) -> None:
    place = ANSWER_COLUMNS.index("partial")
    assert {row[place] for row in rows(REPORTS["csv"].render(plan.result))} == {"partial", ""}
    cut_short(result)
    said = {row[0]: row[place] for row in rows(REPORTS["csv"].render(result))}
    assert said["P1-D1-Q1"] == PARTIAL
    assert said["P9-D1-Q1"] == ""  # does not apply
    assert workbook(REPORTS["xlsx"].render(result)).worksheets[0]["A3"].value == PARTIAL


@given(st.text())
def test_no_cell_begins_as_a_formula(text: str) -> None:
    cell = safe(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert "\n" not in cell


@pytest.mark.parametrize("attack", ["=1+1", "@SUM(A1)", "-2+3", "+cmd|' /C calc'!A0", "\t=1", " =1", "＝1"])
def test_formulas_in_a_quote_stay_text(result: dict[str, Any], attack: str) -> None:
    for answer in result["answers"]:
        for item in answer["evidence"]:
            item["quote"], item["matched"] = attack, ""
    quotes = {row[13] for row in rows(REPORTS["csv"].render(result))[1:]}
    assert quotes == {"", f"'{attack.strip()}"}
    cells = workbook(REPORTS["xlsx"].render(result))["Evidencia"]["D"]
    assert {cell.value for cell in cells[1:]} == {attack.strip()}
    assert {cell.data_type for cell in cells} == {"s"}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a;=1+1", "a;'=1+1"),
        ("a, =1+1", "a, '=1+1"),
        ('a";"@SUM(A1)', 'a";"\'@SUM(A1)'),
        ("a,+cmd|' /C calc'!A0", "a,'+cmd|' /C calc'!A0"),
        ("a;-2+3+cmd|x", "a;'-2+3+cmd|x"),
        ("de 3,5 a 4; -3,5 % en 2023", "de 3,5 a 4; -3,5 % en 2023"),
        ("sube, -2; baja", "sube, -2; baja"),
    ],
)
def test_no_formula_follows_a_separator(text: str, written: str) -> None:
    assert safe(text) == written


def test_the_workbook_holds_the_matrix_in_colours(plan: Evaluation) -> None:
    book = workbook(REPORTS["xlsx"].render(plan.result, name="Plan"))
    assert book.sheetnames == ["Matriz", "Respuestas", "Recomendaciones", "Evidencia", "Identidad"]
    sheet = book["Matriz"]
    for row, point in enumerate(plan.result["points"], 5):
        assert sheet.cell(row, 1).value == point["id"]
        for column, dimension in enumerate(plan.result["dimensions"], 3):
            cell = sheet.cell(row, column)
            value = plan.result["matrix"][point["id"]][dimension["id"]]
            assert cell.value == ("–" if value is None else value)
            assert cell.fill.start_color.rgb == "FF" + HEAT[shade(value)][1:]
    assert book["Respuestas"].max_row == 301
    quotes = sum(len({(e["page"], e["start"], e["end"]) for e in a["evidence"]}) for a in plan.result["answers"])
    assert book["Evidencia"].max_row == quotes + 1
    assert plan.result["sha256"] in {cell.value for cell in book["Identidad"]["B"]}


def shade(percent: float | None) -> str:
    """The shade of a percentage by the DECALOGO ratings."""
    if percent is None:
        return "na"
    return f"h{sum(percent >= least for least in (40, 55, 70, 85))}"


def test_comparisons_list_documents_by_rank(plan: Evaluation, empty: dict[str, Any]) -> None:
    whole = roll_up(
        [Evaluated("cero", empty), Evaluated("=plan", plan.result), NotEvaluated("roto", "failed", "dañado")]
    )
    head, first, second, last = rows(COMPARISONS["csv"].render(whole))
    assert head[:4] == ["rank", "document", "percent", "rating"]
    assert head[-2:] == ["percentile", "quartile"]
    stood = plan.result["global"]
    assert (float(first[-2]), int(first[-1])) == (stood["percentile"], stood["quartile"])
    assert last[-2:] == ["", ""]
    assert (first[:2], second[:2], last[1:4]) == (["1", "'=plan"], ["2", "cero"], ["roto", "", "failed"])
    sheet = workbook(COMPARISONS["xlsx"].render(whole))["Clasificación"]
    assert [sheet.cell(row, 2).value for row in (2, 3, 4)] == ["=plan", "cero", "roto"]
    assert sheet.cell(2, 3).value == plan.result["global"]["percent"]
    assert sheet.cell(2, 2).data_type == "s"
