"""The example in ``docs/how-to/write-an-evaluator.md`` runs as it stands there."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from decalogo.evaluation.evaluators import Evaluator
from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.rubric import available_rubrics, load_rubric
from decalogo.evaluation.scoring.assemble import Quote, Verdict, assemble
from decalogo.evaluation.scoring.result import canonical_json
from decalogo.reports import REPORTS
from tests.evaluation.build import check_evidence, document

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "how-to/write-an-evaluator.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def evaluator() -> Evaluator:
    """The class of the page, made as an entry point makes it."""
    code = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert code
    names: dict[str, Any] = {}
    exec(compile(code.group(1), "docs/how-to/write-an-evaluator.md", "exec"), names)
    made: Evaluator = names["TitleWords"]()
    return made


@pytest.mark.parametrize("name", available_rubrics())
def test_its_results_are_valid_and_can_be_reported(evaluator: Evaluator, name: str, tmp_path: Path) -> None:
    rubric = load_rubric(name)
    plan = tmp_path / "plan.txt"
    plan.write_text("Presupuesto y Instituciones. Institutions measured.", encoding="utf-8")
    options = EvaluateOptions(not_applicable={"P2": "no"})
    done = evaluator.evaluate(plan, rubric, options)
    schema = json.loads((DOCS / "reference/schema/result-1.json").read_text(encoding="utf-8"))
    assert [error.message for error in Draft202012Validator(schema).iter_errors(done.result)] == []
    check_evidence(done)
    assert done.result["global"]["percent"] > 0
    assert len(done.result["answers"]) == rubric.answers
    rest = {key: value for key, value in done.result.items() if key != "sha256"}
    assert done.result["sha256"] == hashlib.sha256(canonical_json(rest)).hexdigest()
    assert (
        evaluator.evaluate(plan.read_bytes(), rubric, EvaluateOptions(not_applicable={"P2": "no"})).to_json()
        == done.to_json()
    )
    for report in REPORTS.values():
        assert report.render(done.result, name="plan", pages=done.pages)


@pytest.mark.parametrize(
    ("verdict", "words"),
    [
        (Verdict(1), "without a quote"),
        (Verdict(-1), "not within"),
        (Verdict(99, {}, (Quote("x", 1, 0, 1),)), "not within"),
        (Verdict(1, {}, (Quote("x", 2, 0, 1),)), "has no characters"),
        (Verdict(1, {}, (Quote("x", 1, 0, 999),)), "has no characters"),
        (Verdict(1, {}, (Quote("x", 1, 3, 3),)), "has no characters"),
        (Verdict(1, {}, (Quote("x", 1, -2, 1),)), "has no characters"),
    ],
)
def test_verdicts_that_no_result_may_hold_are_refused(evaluator: Evaluator, verdict: Verdict, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        assemble(evaluator, b"x", load_rubric("city-climate"), document("A page."), lambda _p, _q: verdict)


def test_the_settings_it_names_exist() -> None:
    from decalogo.settings import variable_names

    named = {name for name in re.findall(r"DECALOGO_[A-Z_]+", PAGE) if not name.endswith("_")}
    assert named
    assert named <= set(variable_names())
