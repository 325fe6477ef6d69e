"""Checklists, and the conditions of their clauses, on text that shows what each is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from decalogo.evaluation.documents.model import PassageKind
from tests.evaluation.build import answer, document, element

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
