"""Each kind of rule, on text that shows what it is for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from decalogo.evaluation.documents.model import PassageKind
from tests.evaluation.build import answer, document, table_document

COLUMNS = [
    {"role": "baseline", "header": ["linea base"]},
    {"role": "result", "header": ["indicador de resultado"]},
    {"role": "product", "header": ["producto"]},
    {"role": "cost", "header": ["costo"]},
    {"role": "target", "header": ["meta"], "after": {"result": "result_target", "product": "product_target"}},
    {"role": "program", "header": ["programa"]},
]


def element(name: str, *clauses: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "label": f"lo de {name}", "find": list(clauses)}


CHECKLIST = {
    "kind": "checklist",
    "elements": [
        element("count", {"any": ["casos"], "number": ["quantity"], "near": 20, "about": "own"}),
        element("source", {"any": ["dane"]}),
    ],
}


def test_a_checklist_scores_the_share_found_and_names_what_is_missing(tmp_path: Path) -> None:
    found = answer(tmp_path, CHECKLIST, document("Hubo 120 casos de violencia contra las mujeres del municipio."))
    assert found["score"] == 1.5
    assert found["elements"] == {"count": True, "source": False}
    assert found["recommendation"] == "En las mujeres falta lo de source."
    assert found["evidence"][0]["matched"] == "120 casos"


def test_a_full_checklist_needs_no_advice(tmp_path: Path) -> None:
    found = answer(tmp_path, CHECKLIST, document("Según el DANE hubo 120 casos de violencia contra las mujeres."))
    assert (found["score"], found["recommendation"]) == (3, "")


@pytest.mark.parametrize(
    "text",
    [
        "La Ley 1257 de 2008 trata de los casos de violencia contra las mujeres.",
        "Hubo 120 casos de dengue en el municipio.",
        "Son 120 casos entre hombres y mujeres de todas las edades.",
        "Las mujeres del municipio participan en la vida pública y económica; en los barrios del sur, del norte y del "
        "oriente de la ciudad, según los registros de la oficina, se presentaron además en el año anterior 120 casos.",
    ],
)
def test_laws_other_topics_excluded_phrases_and_far_words_are_not_data(tmp_path: Path, text: str) -> None:
    assert answer(tmp_path, CHECKLIST, document(text))["elements"]["count"] is False


@pytest.mark.parametrize("kind", [PassageKind.CONTENTS, PassageKind.FURNITURE, PassageKind.HEADING])
def test_contents_furniture_and_headings_are_no_evidence(tmp_path: Path, kind: PassageKind) -> None:
    text = document((kind, "Hubo 120 casos de violencia contra las mujeres según el DANE."))
    assert answer(tmp_path, CHECKLIST, text)["score"] == 0


def test_a_weak_word_needs_company(tmp_path: Path) -> None:
    assert answer(tmp_path, CHECKLIST, document("Hubo 120 casos por género."))["score"] == 0
    assert answer(tmp_path, CHECKLIST, document("Las mujeres piden igualdad. Hubo 120 casos por género."))["score"] == 0
    headed = document("Las mujeres piden igualdad. Hubo 120 casos por género.", section=("PROGRAMA MUJERES",))
    assert answer(tmp_path, CHECKLIST, headed)["score"] == 1.5


def test_the_other_condition_of_a_clause_stands_near(tmp_path: Path) -> None:
    clause = {"any": ["seguimiento"], "also": ["comite"], "also_near": 30}
    rule = {"kind": "checklist", "elements": [element("body", clause)]}
    near = document("El comité hará seguimiento a las mujeres atendidas.")
    assert answer(tmp_path, rule, near)["score"] == 3
    far = document("El comité se reúne con las organizaciones de mujeres del municipio y hay seguimiento.")
    assert answer(tmp_path, rule, far)["score"] == 0


def test_a_count_may_have_to_stand_before_its_noun(tmp_path: Path) -> None:
    clause = {"any": ["mujeres"], "number": ["quantity"], "near": 10, "order": "before"}
    rule = {"kind": "checklist", "elements": [element("people", clause)]}
    assert answer(tmp_path, rule, document("Se conocen 300 mujeres."))["score"] == 3
    assert answer(tmp_path, rule, document("Atención a mujeres 270 300 255."))["score"] == 0


def test_a_series_is_more_than_one_number(tmp_path: Path) -> None:
    rule = {"kind": "checklist", "elements": [element("series", {"number": ["quantity"], "numbers": 2, "years": 2})]}
    for text, found in (
        ("Las mujeres atendidas fueron 120 en 2019 y 150 en 2020.", True),
        ("Entre los años 2019 y 2020 hubo 120 mujeres atendidas.", False),
    ):
        assert answer(tmp_path, rule, document(text))["elements"]["series"] is found


def test_a_group_apart_is_not_the_points_own(tmp_path: Path) -> None:
    groups = {"any": ["mujeres y ninas", "mujeres( [a-z]+)? indigenas"], "apart": True, "about": "own"}
    rule = {"kind": "checklist", "elements": [element("group", groups)]}
    for text, found in (
        ("Se atenderá a las mujeres indígenas del municipio.", True),
        ("Se atenderá a las mujeres y niñas del municipio.", True),
        ("Se atenderá a las mujeres del municipio.", False),
    ):
        assert answer(tmp_path, rule, document(text))["elements"]["group"] is found
    rule["elements"] = [element("group", {**groups, "any": ["mujeres"]})]
    assert not answer(tmp_path, rule, document("Se atenderá a las mujeres del municipio."))["elements"]["group"]


def test_one_word_says_less_about_a_long_sentence(tmp_path: Path) -> None:
    rule = {"kind": "checklist", "elements": [element("dane", {"any": ["dane"]})]}
    long = "Según el DANE, las mujeres y " + ", ".join(["el comercio, la industria, la pesca"] * 8) + " crecen."
    assert answer(tmp_path, rule, document("Según el DANE, las mujeres y el comercio crecen."))["score"] == 3
    assert answer(tmp_path, rule, document(long))["score"] == 0


def test_an_enumeration_of_groups_is_no_treatment_of_each(tmp_path: Path) -> None:
    rule = {"kind": "checklist", "elements": [element("dane", {"any": ["dane"]})]}
    listed = document("Según el DANE crecen indígenas, mujeres y víctimas.")
    exclude = {
        "exclude": ["(indigenas|mujeres|victimas)(, | y )(indigenas|mujeres|victimas)(, | y )(mujeres|victimas)"]
    }
    assert answer(tmp_path, rule, listed)["score"] == 3
    assert answer(tmp_path, rule, listed, relevance=exclude)["score"] == 0


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


def test_beside_asks_for_the_other_in_the_same_unit_or_near(tmp_path: Path) -> None:
    clause = {"number": ["year"], "beside": ["dato"]}
    rule = {"kind": "checklist", "elements": [element("year", clause)]}
    finders = {"dato": [{"any": ["casos"], "number": ["quantity"], "near": 15}]}
    apart = document("Hubo 40 casos contra mujeres.", "Las mujeres votan desde 1957.")
    assert answer(tmp_path, rule, apart, finders=finders)["score"] == 0
    assert answer(tmp_path, rule, document("En 2019 hubo 40 casos contra mujeres."), finders=finders)["score"] == 3


SECTIONS = [
    {"name": "plan", "heading": ["objetivos?"]},
    {"name": "diagnosis", "heading": ["diagnosticos?", "problemas?"]},
]
INTENT = {"kind": "checklist", "elements": [{**element("activity", {"any": ["atender"]}), "outside": ["diagnosis"]}]}


@pytest.mark.parametrize(
    ("section", "score"),
    [
        ((), 3.0),
        (("3. OBJETIVOS",), 3.0),
        (("2. DIAGNÓSTICO",), 0.0),
        (("2. DIAGNÓSTICO", "2.1 Sector mujer"), 0.0),  # its own heading says nothing: the one above does
        (("2. DIAGNÓSTICO", "Objetivos"), 3.0),  # the innermost that says something
        (("Problemas y objetivos",), 3.0),  # of two kinds, the rubric's first
    ],
)
def test_an_element_does_not_count_in_sections_that_only_report(
    tmp_path: Path, section: tuple[str, ...], score: float
) -> None:
    text = document("Atender a las mujeres víctimas de violencia.", section=section)
    assert answer(tmp_path, INTENT, text, sections=SECTIONS)["score"] == score
