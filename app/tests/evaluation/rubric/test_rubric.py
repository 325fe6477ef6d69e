from __future__ import annotations

from pathlib import Path

import pytest

from decalogo.errors import RubricError
from decalogo.evaluation.rubric import available_rubrics, load_rubric
from decalogo.evaluation.rubric.patterns import prepare
from tests.evaluation.build import rubric_text, small_rubric

RULE = {"kind": "checklist", "elements": [{"name": "one", "label": "uno", "find": [{"any": ["talleres?"]}]}]}


def refusal(folder: Path, text: str) -> RubricError:
    path = folder / "mine.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RubricError) as caught:
        load_rubric(path)
    assert str(path) in caught.value.detail
    return caught.value


def line_of(text: str, words: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if words in line)


def test_the_shipped_rubric_asks_thirty_questions_of_ten_points() -> None:
    rubric = load_rubric("decalogo")
    assert "decalogo" in available_rubrics()
    assert rubric.answers == 300
    assert [len(d.questions) for d in rubric.data.dimensions] == [5] * 6
    assert [q.id for d in rubric.data.dimensions for q in d.questions] == [f"Q{n}" for n in range(1, 31)]
    assert [rating.name for rating in rubric.data.ratings] == [
        "excelente", "bueno", "satisfactorio", "insuficiente", "deficiente",
    ]  # fmt: skip


def test_terms_are_looked_for_before_what_clauses_ask(tmp_path: Path) -> None:
    elements = [
        {"name": "one", "label": "uno", "find": [{"any": ["talleres?", "genero"], "none": ["no hay"]}]},
        {"name": "two", "label": "dos", "use": ["shared"]},
    ]
    shared = {"shared": [{"any": ["curso"], "also": ["dictado"]}]}
    rubric = small_rubric(tmp_path, {"kind": "checklist", "elements": elements}, finders=shared)
    terms, others = ({rubric.patterns[number] for number in stage} for stage in rubric.stages)
    assert terms == {prepare(written) for written in ("mujer(es)?", "genero", "hombres y mujeres")}
    assert others == {prepare(written) for written in ("talleres?", "no hay", "curso", "dictado")}

    only_terms = [{"name": "one", "label": "uno", "find": [{"any": ["genero"]}]}]
    assert len(small_rubric(tmp_path, {"kind": "checklist", "elements": only_terms}).stages) == 1


def test_an_unknown_rubric_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(RubricError, match="decalogo"):
        load_rubric("decalgo")


def test_a_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match=r"none\.yaml"):
        load_rubric(tmp_path / "none.yaml")


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    error = refusal(tmp_path, "id: small\nversion: [1\ntitle: x\n")
    assert "line 3" in error.detail


def test_a_wrong_value_names_file_line_and_field(tmp_path: Path) -> None:
    text = rubric_text(RULE).replace("at_least: 50", "at_least: many")
    error = refusal(tmp_path, text)
    assert f"line {line_of(text, 'many')}" in error.detail
    assert "ratings.0.at_least" in error.detail


def test_a_misspelt_field_is_named(tmp_path: Path) -> None:
    text = rubric_text(RULE).replace("strong:", "strnog:")
    error = refusal(tmp_path, text)
    assert "strong" in error.detail or "strnog" in error.detail


def test_a_pattern_that_is_not_folded_is_named_with_its_line(tmp_path: Path) -> None:
    text = rubric_text(RULE).replace("mujer(es)?", "niñez")
    error = refusal(tmp_path, text)
    assert f"line {line_of(text, 'niñez')}:" in error.detail
    assert "points.0.vocabulary.strong.0" in error.detail


@pytest.mark.parametrize("pattern", ["(?=mujer)", r"(a)\1", "mujer(", "(mujer)?", "[a-"])
def test_patterns_the_engines_refuse_are_refused_when_loaded(tmp_path: Path, pattern: str) -> None:
    rule = {"kind": "checklist", "elements": [{"name": "one", "label": "uno", "find": [{"any": [pattern]}]}]}
    assert "dimensions.0.questions.0.rule.elements.0.find.0.any.0" in refusal(tmp_path, rubric_text(rule)).detail


def test_unknown_lists_and_finders_are_named(tmp_path: Path) -> None:
    rule = {"kind": "checklist", "elements": [{"name": "one", "label": "uno", "find": [{"any": ["@nothing"]}]}]}
    assert "@nothing" in refusal(tmp_path, rubric_text(rule)).detail
    rule = {"kind": "checklist", "elements": [{"name": "one", "label": "uno", "use": ["nothing"]}]}
    assert "'nothing'" in refusal(tmp_path, rubric_text(rule)).detail


def test_a_ladder_must_name_its_own_elements(tmp_path: Path) -> None:
    rule = {**RULE, "kind": "ladder", "steps": [{"score": 3, "all": ["other"]}]}
    assert "other" in refusal(tmp_path, rubric_text(rule)).detail


def test_the_hash_is_of_the_files_bytes(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "small.yaml"
    path.write_text(rubric_text(RULE), encoding="utf-8")
    assert load_rubric(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_words_are_matched_whole_and_spaces_are_any_run() -> None:
    assert prepare("linea (de )?base") == r"\b(?:linea +(?:de +)?base)\b"
    assert prepare("^meta") == r"^(?:meta)\b"
    assert prepare("[a-z ]{3}x") == r"\b(?:[a-z ]{3}x)\b"


def test_an_unknown_kind_of_section_is_named(tmp_path: Path) -> None:
    element = {"name": "a", "label": "lo de a", "find": [{"any": ["mujer"]}], "outside": ["annex"]}
    text = rubric_text({"kind": "checklist", "elements": [element]})
    assert "unknown kind of section 'annex'" in refusal(tmp_path, text).detail


def test_like_names_elements_of_checklists(tmp_path: Path) -> None:
    levels = {**RULE, "kind": "levels", "thresholds": [{"value": 1, "score": 3}]}
    levels["elements"] = [{**RULE["elements"][0], "like": ["Q2.other"]}]
    assert "Q2.other" in str(refusal(tmp_path, rubric_text(levels)))
