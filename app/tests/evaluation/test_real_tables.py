"""What the rules read from tables of real plans: products, targets, units, costs, baselines, responsible bodies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from labels import load_labelled

from decalogo.evaluation import evaluate
from decalogo.evaluation.rubric import load_rubric

PLAN = Path(__file__).parents[1] / "data" / "florencia-2020-2023.pdf"
Answers = dict[str, dict[str, Any]]


def judged(content: bytes | Path) -> Answers:
    answers = evaluate(content, load_rubric("decalogo")).result["answers"]
    return {f"{a['point']}-{a['question']}": a for a in answers}


@pytest.fixture(scope="module")
def florencia() -> Answers:
    return judged(PLAN)


@pytest.fixture(scope="module")
def tables() -> dict[str, Answers]:
    """Answers on tables of other plans, copied cell by cell."""
    names = {"tabla-carcel-cali", "tabla-mujer-cali", "tabla-inversion-arauca", "tabla-prenatal", "tabla-estratos"}
    return {item.id: judged(item.document()) for item in load_labelled() if item.id in names}


def quotes(answer: dict[str, Any], element: str) -> list[tuple[int, str]]:
    return [(e["page"], " ".join(e["quote"].split())) for e in answer["evidence"] if e["element"] == element]


def test_products_stand_with_target_and_unit_and_nobody_responsible(florencia: Answers) -> None:
    for point in ("P1", "P2", "P3", "P4", "P5", "P6"):
        table = florencia[f"{point}-Q6"]
        assert table["elements"] == {"tabla": True, "meta": True, "unidad": True, "responsable": False}, point
        assert florencia[f"{point}-Q14"]["measure"]["of"] >= 10
        assert florencia[f"{point}-Q14"]["score"] == 0
    assert any(page == 33 for page, _ in quotes(florencia["P5-Q6"], "meta"))


def test_amounts_in_thousands_are_the_programmes_money(florencia: Answers) -> None:
    money = florencia["P2-Q3"]
    assert money["elements"] == {"monto": True, "desglose": True, "trazabilidad": True}
    assert {page for page, _ in quotes(money, "monto")} <= {102, 103}
    assert florencia["P2-Q5"]["score"] == 3
    assert florencia["P9-Q3"]["score"] == 0  # no programme for prisoners in this plan


def test_the_main_target_is_set_against_the_people_affected(florencia: Answers) -> None:
    victims = florencia["P5-Q12"]
    assert victims["measure"] == {"value": round(2000 / 88_419, 4)}
    assert [page for page, _ in quotes(victims, "meta")] == [33]
    assert [page for page, _ in quotes(victims, "poblacion")] == [100]


def test_a_breakdown_names_groups_and_not_the_general_population(florencia: Answers) -> None:
    for point in ("P2", "P3", "P4", "P6"):
        for _, quote in quotes(florencia[f"{point}-Q13"], "desglose"):
            assert "Población General" not in quote, point


def test_results_are_named_in_a_column_of_their_own(florencia: Answers) -> None:
    assert florencia["P5-Q16"]["elements"]["meta"]
    assert florencia["P4-Q17"]["score"] == 3
    levels = florencia["P5-Q28"]
    assert levels["measure"]["found"] >= 3
    assert all(levels["elements"][name] for name in ("insumos", "productos", "resultados"))


def test_a_products_name_is_no_argument_for_it(florencia: Answers) -> None:
    for _, quote in quotes(florencia["P8-Q15"], "argumento"):
        assert "Iniciativas para la promoción" not in quote


@pytest.mark.parametrize("table", ["tabla-carcel-cali", "tabla-mujer-cali"])
def test_a_table_with_baseline_target_and_responsible_answers_for_each_product(
    tables: dict[str, Answers], table: str
) -> None:
    answers = tables[table]
    point = "P9" if "carcel" in table else "P1"
    assert all(answers[f"{point}-Q6"]["elements"].values())
    assert (answers[f"{point}-Q14"]["measure"], answers[f"{point}-Q14"]["score"]) == ({"found": 2.0, "of": 2.0}, 3)
    assert (answers[f"{point}-Q18"]["measure"], answers[f"{point}-Q18"]["score"]) == ({"value": 1.0}, 3)  # 4 to 8
    assert answers[f"{point}-Q3"]["score"] == 0


def test_years_over_amounts_are_a_budget_and_no_data(tables: dict[str, Answers]) -> None:
    answers = tables["tabla-inversion-arauca"]
    for point, row in (("P1", "mujer"), ("P5", "víctimas"), ("P6", "primera infancia")):
        money = answers[f"{point}-Q3"]
        assert all(money["elements"].values())
        assert all(row in quote for _, quote in quotes(money, "desglose"))
        assert answers[f"{point}-Q1"]["elements"]["dato"] is False
        assert answers[f"{point}-Q18"]["score"] == 0


def test_the_last_of_several_yearly_targets_is_the_target(tables: dict[str, Answers]) -> None:
    answers = tables["tabla-prenatal"]
    assert all(answers["P1-Q16"]["elements"].values())
    assert answers["P1-Q18"]["measure"] == {"value": 0.0337}  # from 89 to 92 % in the fourth year
    assert answers["P1-Q13"]["elements"]["desglose"]
    assert answers["P1-Q26"]["elements"]["marco_logico"]  # means of verification beside assumptions
    assert answers["P1-Q27"]["elements"]["supuestos"]


def test_a_table_of_data_has_no_products_and_no_money(tables: dict[str, Answers]) -> None:
    answers = tables["tabla-estratos"]
    for question in ("Q3", "Q5", "Q14", "Q18"):
        assert answers[f"P7-{question}"]["score"] == 0, question
    assert not any(answers["P7-Q6"]["elements"][name] for name in ("tabla", "meta", "responsable"))  # a unit is named
