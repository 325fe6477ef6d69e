"""The entry point of the synthetic evaluator: its cost comes from the settings of this process."""

from __future__ import annotations

from decalogo.evaluation.synthetic import SyntheticCost, SyntheticEvaluator
from decalogo.settings import get_settings


def synthetic_evaluator() -> SyntheticEvaluator:
    """Return the evaluator for load tests with the cost in section ``synthetic`` of the settings."""
    return SyntheticEvaluator(SyntheticCost(**get_settings().synthetic.model_dump()))
