"""The rubric as data: points, dimensions, questions, and how answers are scored."""

from decalogo.errors import RubricError
from decalogo.evaluation.rubric.load import Rubric, available_rubrics, load_rubric

__all__ = ["Rubric", "RubricError", "available_rubrics", "load_rubric"]
