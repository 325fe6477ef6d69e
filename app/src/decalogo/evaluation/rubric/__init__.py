"""The rubric: what is asked, of what, and how it is scored, as data."""

from decalogo.errors import RubricError
from decalogo.evaluation.rubric.load import Rubric, available_rubrics, load_rubric

__all__ = ["Rubric", "RubricError", "available_rubrics", "load_rubric"]
