"""Results are what ``docs/reference/schema/result-1.json`` says, and the schema leaves nothing out."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from decalogo.evaluation import Evaluation, evaluate
from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.rubric import load_rubric
from decalogo.evaluation.scoring.result import SCHEMA_VERSION

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs/reference/schema" / f"result-{SCHEMA_VERSION}.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
CITY = ROOT / "app" / "tests" / "data" / "harbourton-climate-plan.txt"


def problems(result: dict[str, Any]) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(json.loads(json.dumps(result)))]


def test_the_schema_is_a_valid_schema() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_results_of_both_rubrics_and_of_the_synthetic_evaluator_are_valid(
    plan: Evaluation, empty: dict[str, Any]
) -> None:
    city = evaluate(CITY, load_rubric("city-climate")).result
    half = evaluate(CITY.read_bytes() * 40, load_rubric("city-climate"), EvaluateOptions(stop=lambda: True)).result
    assert any(flag["code"] == "partial" for flag in half["flags"])
    for result in (plan.result, city, half, empty):
        assert problems(result) == []


def test_a_result_where_no_point_applies_is_valid() -> None:
    rubric = load_rubric("city-climate")
    reasons = {point.id: "not here" for point in rubric.data.points}
    assert problems(evaluate(CITY, rubric, EvaluateOptions(not_applicable=reasons)).result) == []


def members(value: object, schema: dict[str, Any], path: str = "") -> Iterator[str]:
    """Yield the members of a value that the schema does not describe."""
    if "$ref" in schema:
        schema = SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]]
    if isinstance(value, list):
        for item in value:
            yield from members(item, schema.get("items", {}), f"{path}[]")
    elif isinstance(value, dict):
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for key, item in value.items():
            if key not in known and others is None:
                yield f"{path}.{key}"
            else:
                yield from members(item, known.get(key, others or {}), f"{path}.{key}")


def test_every_member_of_a_result_is_described(plan: Evaluation) -> None:
    assert set(members(plan.result, SCHEMA)) == set()
    assert set(members({"new": 1, "answers": [{"extra": 1}]}, SCHEMA)) == {".new", ".answers[].extra"}


def scoring(result: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(answer for answer in result["answers"] if answer["score"])
    return found


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (lambda r: scoring(r).update(evidence=[]), "evidence"),
        (lambda r: scoring(r).update(score=None), "score"),
        (lambda r: scoring(r)["evidence"][0].pop("page"), "page"),
        (lambda r: scoring(r)["evidence"][0].update(page=0), "page"),
        (lambda r: r.update(sha256="abc"), "sha256"),
        (lambda r: r["global"].update(percent=101), "global"),
        (lambda r: r.update(schema_version=2), "schema_version"),
        (lambda r: r.pop("flags"), "flags"),
        (lambda r: r["matrix"].update(X={}), "matrix"),
    ],
)
def test_a_spoilt_result_is_refused(plan: Evaluation, spoil: Callable[[dict[str, Any]], object], where: str) -> None:
    result = copy.deepcopy(plan.result)
    spoil(result)
    assert any(where in problem for problem in problems(result))
