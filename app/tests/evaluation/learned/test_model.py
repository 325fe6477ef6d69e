"""The model that ships, and rubrics without one."""

from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from decalogo.evaluation import evaluate
from decalogo.evaluation.learned.findings import LEAST_POSSIBLE
from decalogo.evaluation.learned.model import FOLDER, model_for, read_model
from decalogo.evaluation.rubric import load_rubric
from decalogo.evaluation.scoring.base import MOST_POSSIBLE

TEXT = """PROGRAMA: EQUIDAD PARA LAS MUJERES

Línea Base Indicador Meta

ND Número de mujeres víctimas de violencia atendidas por la Comisaría de Familia 300
"""


def test_the_shipped_model_knows_every_element_of_the_rubrics_checklists() -> None:
    rubric = load_rubric("decalogo")
    model = model_for(rubric)
    assert model is not None
    asked = {
        (question.id, element.name)
        for dimension in rubric.data.dimensions
        for question in dimension.questions
        if question.rule.kind == "checklist"
        for element in question.rule.elements
    }
    assert set(model.keys) == asked
    assert list(model.points) == [point.id for point in rubric.data.points]


def test_every_model_has_a_card() -> None:
    files = {Path(file.name) for file in resources.files(FOLDER).iterdir()}
    models = {file for file in files if file.suffix == ".npz"}
    assert models
    assert {file.with_suffix(".md") for file in models} <= files


def test_a_row_below_titles_is_found_and_says_by_what() -> None:
    result = evaluate(TEXT.encode(), load_rubric("decalogo")).result
    model = model_for(load_rubric("decalogo"))
    assert model is not None
    assert (result["model"]["version"], result["model"]["sha256"]) == (model.version, model.sha256)
    answers = {answer["id"]: answer for answer in result["answers"]}
    row = answers["P1-D2-Q6"]
    assert row["elements"]["tabla"]
    assert row["elements"]["unidad"]
    assert all(item["found_by"] and 30 <= item["confidence"] <= 99 for item in row["evidence"])


def found_by_the_model(text: str) -> set[tuple[str, str]]:
    rubric = load_rubric("decalogo")
    model = model_for(rubric)
    assert model is not None
    answers = evaluate(text.encode(), rubric).result["answers"]
    return {
        (answer["id"], name)
        for answer in answers
        for name, found in answer["elements"].items()
        if found and (answer["question"], name) in model.keys
    }


def test_a_longer_document_needs_surer_proof() -> None:
    text = f"""{TEXT}
El programa capacita a 120 mujeres rurales cada año en articulación con el SENA, según la Ley 1257 de 2008.

La Secretaría de la Mujer hará el seguimiento.
"""
    filling = "\nVÍAS\n\n" + "El municipio tiene una plaza y calles de piedra que suben al cerro.\n\n" * 3000
    short, long = found_by_the_model(text), found_by_the_model(text + filling)
    assert ("P1-D2-Q6", "unidad") in long
    assert long < short


@pytest.fixture(scope="module")
def florencia() -> list[dict[str, Any]]:
    plan = Path(__file__).parents[2] / "data" / "florencia-2020-2023.pdf"
    answers: list[dict[str, Any]] = evaluate(plan, load_rubric("decalogo")).result["answers"]
    return answers


def test_a_question_without_score_names_the_surest_passages(florencia: list[dict[str, Any]]) -> None:
    named = [answer for answer in florencia if answer["possible"]]
    assert named
    for answer in named:
        assert answer["score"] == 0
        passages: dict[tuple[int, int], list[int]] = {}
        for item in answer["possible"]:
            passages.setdefault((item["page"], item["start"]), []).append(item["confidence"])
        assert len(passages) <= MOST_POSSIBLE
        surest = [sure[0] for sure in passages.values()]
        assert surest == sorted(surest, reverse=True)
        for sure in passages.values():
            assert sure == sorted(sure, reverse=True)
            assert min(sure) >= LEAST_POSSIBLE
        for item in answer["possible"]:
            assert item["element"] != "solo_actividad"  # no step of its ladder asks for it
            assert not answer["elements"][item["element"]]
            assert item not in answer["evidence"]


def test_a_change_of_unknown_size_names_what_the_model_found_about_the_result(
    florencia: list[dict[str, Any]],
) -> None:
    of = {answer["id"]: answer for answer in florencia}
    named = 0
    for answer in (answer for answer in florencia if answer["question"] == "Q18" and answer["possible"]):
        own = of[answer["id"].replace("Q18", "Q16")]
        found = {(item["page"], item["start"]) for item in own["evidence"] if item["element"] in ("meta", "linea_base")}
        named += bool(found)
        if found:
            assert found & {(item["page"], item["start"]) for item in answer["possible"]}
    assert named


@pytest.mark.parametrize(
    ("question", "element", "others"),
    [
        ("Q5", "dinero", {("Q3", "monto")}),
        ("Q28", "productos", {("Q13", "numero")}),
        ("Q28", "resultados", {("Q16", "nombre"), ("Q16", "meta")}),
    ],
)
def test_levels_and_ladders_count_what_the_model_found(
    question: str, element: str, others: set[tuple[str, str]]
) -> None:
    text = f"""{TEXT}
Capacitar a 120 mujeres rurales cada año. Meta: 120 mujeres capacitadas.

Reducir la tasa de violencia contra las mujeres de 80 a 60 por cada 100.000 mujeres.

Inversión del programa Equidad para las Mujeres: $ 120.000.000 en 2012 y $ 150.000.000 en 2013.
"""
    answers = {
        answer["question"]: answer
        for answer in evaluate(text.encode(), load_rubric("decalogo")).result["answers"]
        if answer["point"] == "P1"
    }
    quoted = {
        (item["page"], item["start"])
        for other, name in others
        for item in answers[other]["evidence"]
        if item["element"] == name
    }
    own = {(item["page"], item["start"]) for item in answers[question]["evidence"] if item["element"] == element}
    assert answers[question]["elements"][element] == any(answers[other]["elements"][name] for other, name in others)
    assert own <= quoted


def test_a_rubric_without_a_model_is_evaluated_by_its_patterns(tmp_path: Path) -> None:
    content = (resources.files("decalogo.rubrics") / "decalogo.yaml").read_text(encoding="utf-8")
    path = tmp_path / "own.yaml"
    path.write_text(content.replace("id: decalogo\n", "id: own\n", 1), encoding="utf-8")
    result = evaluate(TEXT.encode(), load_rubric(path)).result
    assert result["model"] is None
    evidence = [item for answer in result["answers"] for item in answer["evidence"]]
    assert evidence
    assert {(tuple(item["found_by"]), item["confidence"]) for item in evidence} == {(("pattern",), None)}


@pytest.mark.parametrize(
    ("written", "instead", "fits"),
    [
        ("- feminicida", "- magnicida", False),
        ("title: Línea base cuantitativa", "title: Punto de partida", True),
    ],
)
def test_a_rubric_of_the_same_name_with_other_content_gets_no_model(
    tmp_path: Path, written: str, instead: str, fits: bool
) -> None:
    content = (resources.files("decalogo.rubrics") / "decalogo.yaml").read_text(encoding="utf-8")
    assert written in content
    path = tmp_path / "decalogo.yaml"
    path.write_text(content.replace(written, instead, 1), encoding="utf-8")
    rubric = load_rubric(path)
    assert (rubric.id, rubric.version) == ("decalogo", load_rubric("decalogo").version)
    assert (model_for(rubric) is not None) == fits


def test_a_model_of_other_word_lists_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    (file,) = [file for file in resources.files(FOLDER).iterdir() if file.name.endswith(".npz")]
    monkeypatch.setattr("decalogo.evaluation.learned.model.load_lexicon", lambda *_: None)
    with pytest.raises(ValueError, match="train it again"):
        read_model(file.read_bytes())


def test_a_low_figure_of_an_answer_that_lacks_nothing_is_not_called_a_missing_element(
    florencia: list[dict[str, Any]],
) -> None:
    rubric = load_rubric("decalogo")
    general = {question.id: question.advice_all for one in rubric.data.dimensions for question in one.questions}
    lacking_nothing = [answer for answer in florencia if answer["applicable"] and all(answer["elements"].values())]
    low = [answer for answer in lacking_nothing if answer["score"] < rubric.data.max_score]
    assert low
    for answer in low:
        assert answer["recommendation"] == general[answer["question"]]
