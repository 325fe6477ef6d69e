"""Results to report on: a real plan's, and small ones made by hand."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from decalogo.evaluation import Evaluation, evaluate
from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.rubric import load_rubric
from decalogo.evaluation.synthetic import SyntheticCost, SyntheticEvaluator

PLAN = Path(__file__).parents[1] / "data" / "florencia-2020-2023.pdf"


@pytest.fixture(scope="session")
def plan() -> Evaluation:
    """The real plan, one point declared not applicable."""
    return evaluate(PLAN, load_rubric("decalogo"), EvaluateOptions(not_applicable={"P9": "no hay <cárcel>"}))


@pytest.fixture
def result(plan: Evaluation) -> dict[str, Any]:
    """A copy of the real plan's result, to be changed at will."""
    return copy.deepcopy(plan.result)


@pytest.fixture(scope="session")
def empty() -> dict[str, Any]:
    """A result of zeros without any evidence."""
    evaluator = SyntheticEvaluator(SyntheticCost())
    return evaluator.evaluate(b"x", load_rubric("decalogo"), EvaluateOptions()).result


PARTIAL = (
    "Resultado parcial: se alcanzó el límite de tiempo. Se evaluaron las páginas 1–40 de 116, "
    "en los puntos P1, P2, P3, P4, P5, P6, P7, P8, P10."
)


def cut_short(result: dict[str, Any]) -> None:
    """Make the real plan's result one that ended after page 40."""
    result["document"] |= {"pages": 116, "pages_judged": 40}
    result["coverage"] |= {"complete": False, "pages_judged": [[1, 40]], "pages_left": [[41, 116]]}
    result["flags"].append({"code": "partial", "detail": "judged pages 1-40", "pages": list(range(41, 117))})
