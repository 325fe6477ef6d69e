"""Evaluate one document against a rubric: a pure library without settings, Redis, Celery or HTTP.

Importing it loads no native library. They are loaded on first use, after a worker has forked.

- ``documents``: media types, pages as read, and the extracted document as data
- ``formats``, ``pdf``: readers
- ``layout``: headers and footers, headings, paragraphs, tables, passages
- ``extract``: bytes to an extracted document
- ``languages``: what depends on the language, as data
- ``rubric``: points, questions and rules, as data
- ``matching``: sentences and table rows, their relevance to each point, and the elements in them
- ``scoring``: scores, evidence, and the roll-up to points and dimensions
- ``pipeline``: bytes and a rubric to a result
- ``evaluators``, ``synthetic``: evaluators by name
"""

from decalogo.evaluation.options import EvaluateOptions
from decalogo.evaluation.pipeline import evaluate
from decalogo.evaluation.scoring.result import Evaluation

__all__ = ["EvaluateOptions", "Evaluation", "evaluate"]
