"""Judging one document against a rubric: a pure library without Redis, Celery or HTTP.

Importing it loads no native library: they are loaded on first use, which is after a worker has forked.
"""

from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.pipeline import evaluate
from decalogo.evaluation.scoring.result import Evaluation

__all__ = ["EvaluateOptions", "Evaluation", "evaluate"]
