"""A rubric of another domain and language: nothing of DECALOGO is in the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from decalogo.evaluation import Evaluation, evaluate
from decalogo.evaluation.rubric import available_rubrics, load_rubric
from decalogo.reports import REPORTS
from tests.evaluation.build import answer, check_evidence, document

PLAN = Path(__file__).parents[2] / "data" / "harbourton-climate-plan.txt"
CODE = Path(__file__).parents[3] / "src" / "decalogo" / "evaluation"


@pytest.fixture(scope="module")
def plan() -> Evaluation:
    return evaluate(PLAN, load_rubric("city-climate"))


def scores(done: Evaluation, point: str) -> dict[str, float]:
    return {a["question"]: a["score"] for a in done.result["answers"] if a["point"] == point}


def test_an_english_plan_is_judged_by_what_it_says(plan: Evaluation) -> None:
    assert len(plan.result["answers"]) == load_rubric("city-climate").answers == 24
    assert scores(plan, "P1") == {f"Q{n}": 4 for n in range(1, 9)}
    assert scores(plan, "P2") == {"Q1": 4, "Q2": 2, "Q3": 2, "Q4": 0, "Q5": 4, "Q6": 0, "Q7": 0, "Q8": 0}
    assert set(scores(plan, "P3").values()) == {0}
    check_evidence(plan)


def test_what_is_about_another_topic_proves_nothing(plan: Evaluation) -> None:
    quotes = " ".join(item["quote"] for answer in plan.result["answers"] for item in answer["evidence"])
    assert "18,400 older people" in quotes
    for words in ("900 homes", "flood of complaints", "District heating", "1974"):
        assert words not in quotes


def test_scale_ratings_language_and_advice_are_the_rubrics(plan: Evaluation) -> None:
    result = plan.result
    assert {point["id"]: point["rating"] for point in result["points"]} == {
        "P1": "strong",
        "P2": "weak",
        "P3": "absent",
    }
    assert [flag["code"] for flag in result["flags"] if flag["code"] != "pages-synthetic"] == ["point-without-text"]
    advice = next(answer["recommendation"] for answer in result["answers"] if answer["id"] == "P3-D1-Q1")
    assert advice == (
        "Measure drought and water supply today; missing: a figure with its unit, the year of the figure "
        "and the source of the figure."
    )


def test_the_report_is_in_english(plan: Evaluation) -> None:
    page = REPORTS["html"].render(plan.result, name="Harbourton").decode()
    assert '<html lang="en">' in page
    for words in ("Matrix of results", "Strengths", "Lowest scores", "45.8 %", "Measured baseline"):
        assert words in page


def test_each_rubric_flags_a_document_in_the_others_language(plan: Evaluation) -> None:
    other = evaluate(PLAN, load_rubric("decalogo")).result
    assert "language" in {flag["code"] for flag in other["flags"]}
    assert other["global"]["percent"] < 2
    assert "language" not in {flag["code"] for flag in plan.result["flags"]}


PEOPLE = {"any": ["women"], "number": ["quantity"], "near": 10}
PROPORTION = {
    "kind": "proportion",
    "part": {"name": "part", "label": "the part", "find": [PEOPLE | {"also": ["reach"]}]},
    "whole": {"name": "whole", "label": "the whole", "find": [PEOPLE | {"none": ["reach"]}]},
    "share": {"name": "share", "label": "the share", "find": [{"any": ["of all"], "number": ["percent"]}]},
    "thresholds": [{"value": 0.5, "score": 3}],
}
WOMEN = [{"id": "P1", "title": "Women", "short": "women", "vocabulary": {"strong": ["women"]}}]


@pytest.mark.parametrize(
    "sentences",
    [
        ("There are 1,200 women.", "We reach 600 women."),
        ("There are 24 women.", "We reach twelve women."),
        ("There are some women.", "We reach 50 per cent of all women."),
    ],
)
def test_numbers_are_read_as_the_rubrics_language_writes_them(sentences: tuple[str, str], tmp_path: Path) -> None:
    found = answer(tmp_path, PROPORTION, document(*sentences), language="en", points=WOMEN)
    assert found["measure"] == {"value": 0.5}


def strings_in_code() -> list[tuple[str, int, str]]:
    """Every string in the evaluation's code that is no docstring."""
    found = []
    for file in sorted(CODE.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        prose = {
            id(node.body[0].value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and node.body
            and isinstance(node.body[0], ast.Expr)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                found.append((file.name, node.lineno, node.value))
    return found


def test_no_id_or_title_of_a_rubric_stands_in_the_code() -> None:
    strings = strings_in_code()
    assert len(strings) > 300
    for name in available_rubrics():
        data = load_rubric(name).data
        titles = [p.title for p in data.points] + [p.short for p in data.points] + [d.title for d in data.dimensions]
        titles += [question.title for dimension in data.dimensions for question in dimension.questions]
        titles += [rating.name for rating in data.ratings if rating.name not in {"weak", "strong"}]
        for file, line, text in strings:
            assert not re.search(r"\b[PQ]\d{1,2}\b|\bD[1-6]\b", text), f"{file}:{line}: {text!r}"
            assert not [title for title in titles if title.lower() == text.lower()], f"{file}:{line}: {text!r}"
