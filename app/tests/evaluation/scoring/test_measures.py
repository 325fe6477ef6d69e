"""Rules that measure: ladders, ratios, coverage, proportions, changes and levels."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.evaluation.build import COLUMNS, answer, document, element, table_document


def test_a_ladder_gives_the_highest_step_reached(tmp_path: Path) -> None:
    rule = {
        "kind": "ladder",
        "elements": [element("money", {"number": ["money"]}), element("product", {"any": ["talleres"]})],
        "steps": [{"score": 3, "all": ["money", "product"]}, {"score": 2, "all": ["money"]}],
    }
    assert answer(tmp_path, rule, document("Se invierten $ 200.000.000 en talleres para mujeres."))["score"] == 3
    assert answer(tmp_path, rule, document("Se invierten $ 200.000.000 en mujeres."))["score"] == 2
    assert answer(tmp_path, rule, document("Habrá talleres para mujeres."))["score"] == 0


def test_a_ratio_counts_the_statements_that_have_what_is_asked(tmp_path: Path) -> None:
    rule = {
        "kind": "ratio",
        "of": element("products", {"any": ["^realizar"]}),
        "having": element("purpose", {"any": ["para que"]}),
        "thresholds": [{"value": 0.7, "score": 3}, {"value": 0.4, "score": 2}, {"value": 0.2, "score": 1}],
    }
    text = document(
        "Realizar ferias para que las mujeres vendan.", "Realizar foros de mujeres.", "Para que las mujeres lean."
    )
    found = answer(tmp_path, rule, text)
    assert found["measure"] == {"found": 1, "of": 2}
    assert found["score"] == 2
    nothing = answer(tmp_path, rule, document("Las mujeres leen."))
    assert (nothing["score"], nothing["elements"]) == (0, {"products": False, "purpose": False})


def test_coverage_pairs_problems_with_products_by_their_words(tmp_path: Path) -> None:
    rule = {
        "kind": "coverage",
        "of": element("problems", {"any": ["falta de"]}),
        "by": element("products", {"any": ["^construir", "^dotar"]}),
        "shared": 2,
        "common": ["falta", "para"],
        "thresholds": [{"value": 0.8, "score": 3}, {"value": 0.5, "score": 2}, {"value": 0.3, "score": 1}],
    }
    text = document(
        "Falta de hogares de acogida para mujeres.",
        "Falta de crédito bancario para mujeres.",
        "Construir dos hogares de acogida para mujeres.",
    )
    found = answer(tmp_path, rule, text)
    assert found["measure"] == {"found": 1, "of": 2}
    assert found["score"] == 2
    assert {item["element"] for item in found["evidence"]} == {"problems", "products"}


PROPORTION = {
    "kind": "proportion",
    "part": element("target", {"any": ["mujeres"], "number": ["quantity"], "near": 5, "also": ["^capacitar"]}),
    "whole": element(
        "people", {"any": ["mujeres", "hogares"], "number": ["quantity"], "near": 5, "none": ["^capacitar"]}
    ),
    "share": element("share", {"any": ["de las mujeres"], "number": ["percent"], "near": 5}),
    "thresholds": [{"value": 0.5, "score": 3}, {"value": 0.2, "score": 2}, {"value": 0.05, "score": 1}],
}


def test_a_proportion_divides_people_of_the_same_kind(tmp_path: Path) -> None:
    found = answer(tmp_path, PROPORTION, document("Viven aquí 1.000 mujeres.", "Capacitar 250 mujeres en oficios."))
    assert (found["measure"], found["score"]) == ({"value": 0.25}, 2)
    other = answer(tmp_path, PROPORTION, document("Hay 1.000 hogares de mujeres.", "Capacitar 250 mujeres en oficios."))
    assert other["score"] == 0


def test_the_main_target_of_a_proportion_is_the_largest(tmp_path: Path) -> None:
    text = ("Viven aquí 1.000 mujeres.", "Capacitar 30 mujeres líderes.", "Capacitar 500 mujeres en oficios.")
    assert answer(tmp_path, PROPORTION, document(*text))["measure"] == {"value": 0.5}


def test_a_proportion_may_be_stated_outright(tmp_path: Path) -> None:
    found = answer(tmp_path, PROPORTION, document("Se atenderá al 60 % de las mujeres del campo."))
    assert (found["measure"], found["score"]) == ({"value": 0.6}, 3)


CHANGE = {
    "kind": "change",
    "row": ["baseline", "target"],
    "from_to": element("pair", {"any": ["reducir", "linea base"], "number": ["quantity", "percent"], "near": 120}),
    "by": element("declared", {"any": [r"reducir en (un )?\d"], "number": ["percent"], "near": 4}),
    "thresholds": [{"value": 0.2, "score": 3}, {"value": 0.1, "score": 2}, {"value": 0.05, "score": 1}],
}


@pytest.mark.parametrize(
    ("text", "value", "score"),
    [
        ("Reducir la violencia contra las mujeres de 12,5 % a 10 %.", 0.2, 3),
        ("Reducir los casos contra las mujeres de 120 a 105 casos.", 0.125, 2),
        ("Línea base: 40 mujeres atendidas, meta 2023: 42.", 0.05, 1),
        ("Reducir en un 15 % los casos contra las mujeres.", 0.15, 2),
    ],
)
def test_a_change_is_measured_from_baseline_to_target(tmp_path: Path, text: str, value: float, score: float) -> None:
    found = answer(tmp_path, CHANGE, document(text))
    assert (found["measure"], found["score"]) == ({"value": value}, score)


@pytest.mark.parametrize(
    "text",
    [
        "Reducir los casos contra las mujeres.",
        "Reducir 12 casos contra las mujeres en 2020.",
        "Reducir los casos contra las mujeres a un nivel entre 5 a 14.",
        "Reducir en 3 los casos contra las mujeres menores, y 20, en riesgo a 15.",
    ],
)
def test_a_change_that_cannot_be_computed_scores_nothing(tmp_path: Path, text: str) -> None:
    found = answer(tmp_path, CHANGE, document(text))
    assert (found["score"], found["evidence"], found["measure"]) == (0, [], None)


def test_a_change_is_read_from_a_table_row(tmp_path: Path) -> None:
    text = table_document(["Indicador", "Línea base", "Meta"], ["Mujeres víctimas de violencia", "200", "150"])
    found = answer(tmp_path, CHANGE, text, columns=COLUMNS)
    assert (found["measure"], found["score"]) == ({"value": 0.25}, 3)


def test_levels_count_what_is_present(tmp_path: Path) -> None:
    rule = {
        "kind": "levels",
        "elements": [
            element("money", {"number": ["money"]}),
            element("talks", {"any": ["foros"]}),
            element("end", {"any": ["paz"]}),
        ],
        "thresholds": [{"value": 3, "score": 3}, {"value": 2, "score": 1}],
    }
    found = answer(tmp_path, rule, document("Foros de mujeres por $ 5.000.000 cada uno."))
    assert (found["score"], found["measure"]) == (1, {"found": 2, "of": 3})
