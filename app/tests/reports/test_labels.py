"""Names in reports: from the rubric when it is the result's, honest when it is not."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any

import pytest
import yaml

from decalogo.evaluation import Evaluation
from decalogo.evaluation.rubric import load_rubric
from decalogo.reports import REPORTS, words
from decalogo.reports.labels import labels_for
from decalogo.reports.words import languages


def test_titles_come_from_the_shipped_rubric(plan: Evaluation) -> None:
    labels = labels_for(plan.result)
    assert (labels.notice, labels.max_score, labels.words.language) == ("", 3, "es")
    assert labels.question("Q1") == "Línea base cuantitativa"
    assert labels.element("Q1", "dato") == "una cifra con su unidad o porcentaje"
    assert [labels.heat(value) for value in (0, 39.9, 40, 55, 70, 85, 100, None)] == [
        "h0", "h0", "h1", "h2", "h3", "h4", "h4", "na",
    ]  # fmt: skip


def test_the_colour_of_a_document_is_its_quartile_and_without_a_reference_its_rating(plan: Evaluation) -> None:
    labels = labels_for(plan.result)
    assert [labels.standing({"percent": 28.9, "quartile": quartile}) for quartile in (1, 2, 3, 4)] == [
        "h1", "h2", "h3", "h4",
    ]  # fmt: skip
    assert labels.standing({"percent": 28.9}) == "h0"
    assert labels.standing({"percent": None}) == "na"


def test_every_element_of_every_question_has_a_label(plan: Evaluation) -> None:
    labels = labels_for(plan.result)
    named = {(a["question"], name) for a in plan.result["answers"] for name in a["elements"]}
    assert named <= set(labels.elements)


def test_another_version_of_the_rubric_is_said_so(result: dict[str, Any]) -> None:
    result["rubric"]["sha256"] = "0" * 64
    assert labels_for(result).notice == "notice_other"
    assert "no es la misma versión" in REPORTS["html"].render(result).decode()


def test_an_unknown_rubric_is_shown_by_ids_in_the_language_of_its_advice(result: dict[str, Any]) -> None:
    result["rubric"]["id"] = "of-our-own"
    labels = labels_for(result)
    assert (labels.notice, labels.words.language, labels.max_score) == ("notice_unknown", "es", 3)
    assert labels.element("Q1", "poblacion_afectada") == "poblacion afectada"
    for report in REPORTS.values():
        assert report.render(result)
    assert "no está instalada" in REPORTS["html"].render(result).decode()


def test_a_rubric_of_that_id_that_asks_other_questions_names_nothing(result: dict[str, Any]) -> None:
    for answer in result["answers"]:
        answer["question"] = answer["question"].replace("Q", "Q9")
    assert labels_for(result).notice == "notice_unknown"


def test_a_rubric_can_be_given_as_a_file(result: dict[str, Any], tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    shipped = Path(__file__).parents[2] / "src" / "decalogo" / "rubrics" / "decalogo.yaml"
    own.write_text(shipped.read_text(encoding="utf-8").replace("id: decalogo", "id: own", 1), encoding="utf-8")
    rubric = load_rubric(own)
    result["rubric"] |= {"id": "own", "sha256": rubric.sha256}
    assert labels_for(result).notice == "notice_unknown"
    assert labels_for(result, rubric).notice == ""


def texts(language: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((Path(words.__file__).parent / f"{language}.yaml").read_text("utf-8"))
    return loaded


def shape(value: object) -> object:
    """Keys, and which names each text fills in."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    assert isinstance(value, str)
    return {name for _, name, _, _ in string.Formatter().parse(value) if name}


@pytest.mark.parametrize("language", languages())
def test_all_languages_say_the_same_things(language: str) -> None:
    assert shape(texts(language)) == shape(texts("en"))


def test_a_language_without_a_table_is_told_in_english() -> None:
    assert words.words("qu").language == "en"
    assert words.words("es-CO").language == "es"


def test_no_text_is_left_over() -> None:
    folder = Path(words.__file__).parents[1]
    used = "".join(
        file.read_text("utf-8") for file in [*folder.glob("*.py"), *folder.glob("*/*.py"), *folder.glob("*/*.html")]
    )
    composed = ("quarter_", "quartile_", "review_", "verdict_", "code", "department", "period")
    left = [key for key in texts("en") if f'"{key}"' not in used.replace("'", '"') and not key.startswith(composed)]
    assert left == []


def test_the_maximum_of_a_changed_copy_of_a_shipped_rubric_is_that_of_the_result(plan: Evaluation) -> None:
    changed = plan.result | {"rubric": plan.result["rubric"] | {"sha256": "0" * 64}}
    assert labels_for(changed).max_score == 3
    changed["answers"] = [
        answer | {"score": None if answer["score"] is None else answer["score"] * 4 / 3}
        for answer in changed["answers"]
    ]
    found = labels_for(changed)
    assert (found.max_score, found.notice) == (4, "notice_other")
    assert labels_for(plan.result).max_score == 3
