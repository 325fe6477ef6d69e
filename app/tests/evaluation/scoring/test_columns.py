"""Rules on the columns of tables: roles, merged cells, and cells that do not count."""

from __future__ import annotations

from pathlib import Path

from tests.evaluation.build import COLUMNS, answer, element, table_document


def test_columns_take_their_role_from_title_and_place(tmp_path: Path) -> None:
    rule = {
        "kind": "checklist",
        "elements": [
            element("result", {"columns": {"result": "text", "result_target": "number"}}),
            element("product", {"columns": {"product": "text", "product_target": "number"}}),
            element("cost", {"columns": {"program": "text", "cost": "number"}}),
        ],
    }
    header = ["Programa", "Indicador de resultado", "Meta", "Producto", "Meta", "Costo"]
    full = ["Mujeres libres", "Tasa de violencia", "10 %", "Mujeres capacitadas", "200", "1.500"]
    assert answer(tmp_path, rule, table_document(header, full), columns=COLUMNS)["score"] == 3
    bare = ["Mujeres libres", "Tasa de violencia", "", "Mujeres capacitadas", "", ""]
    assert answer(tmp_path, rule, table_document(header, bare), columns=COLUMNS)["score"] == 0


def test_a_planned_product_is_no_baseline(tmp_path: Path) -> None:
    clause = {"any": ["mujeres"], "number": ["quantity"], "near": 10}
    header, row = ["Producto", "Meta"], ["Talleres dictados", "30 mujeres"]
    rule = {"kind": "checklist", "elements": [element("count", clause)]}
    assert answer(tmp_path, rule, table_document(header, row), columns=COLUMNS)["score"] == 3
    rule = {"kind": "checklist", "elements": [element("count", {**clause, "without": ["product"]})]}
    assert answer(tmp_path, rule, table_document(header, row), columns=COLUMNS)["score"] == 0


def test_a_merged_cell_is_context_for_its_rows_and_quoted_once(tmp_path: Path) -> None:
    rule = {
        "kind": "checklist",
        "elements": [
            element("result", {"columns": {"result": "text", "result_target": "number"}}),
            element("cost", {"columns": {"program": "text", "cost": "number"}}),
        ],
    }
    header = ["Programa", "Indicador de resultado", "Meta", "Producto", "Meta", "Costo"]
    first = ["Mujeres libres", "Violencia contra mujeres", "10 %", "Mujeres capacitadas", "200", "1.500"]
    text = table_document(header, first, ["", "", "", "Casa de mujeres dotada", "1", "900"])
    found = answer(tmp_path, rule, text, columns=COLUMNS)
    assert found["score"] == 3
    quotes = {item["element"]: item["quote"] for item in found["evidence"]}
    assert quotes["result"] == "Mujeres libres Violencia contra mujeres 10 %"
    assert quotes["cost"] in {"Mujeres capacitadas 200 1.500", "Casa de mujeres dotada 1 900"}
