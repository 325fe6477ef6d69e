"""Evaluators by name: the engine that judges is chosen by an entry point of the group ``decalogo.evaluators``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from decalogo.errors import DecalogoError
from decalogo.evaluation.model import OcrOptions
from decalogo.evaluation.pipeline import EVALUATOR, Evaluation, evaluate
from decalogo.evaluation.rubric import Rubric

GROUP = "decalogo.evaluators"


class Evaluator(Protocol):
    """Judges documents. An entry point names a class or function that returns one, called without arguments.

    The same bytes, rubric, ``not_applicable`` and ``version`` must give the same result.
    """

    name: str
    version: str

    def evaluate(
        self,
        content: bytes | Path,
        rubric: Rubric,
        *,
        not_applicable: Mapping[str, str] | None = None,
        max_pages: int = 5000,
        cache_dir: Path | None = None,
        stop: Callable[[], bool] | None = None,
        ocr: OcrOptions | None = None,
    ) -> Evaluation:
        """Judge one document; raises ``DocumentError`` when it cannot be read.

        ``stop`` is asked now and then; once it answers yes (the soft time limit), what is done so far is made a valid
        result with the flag ``partial``.
        """


class PatternEvaluator:
    """The evaluator that ships: patterns, relevance and rules of the rubric."""

    name = EVALUATOR["name"]
    version = EVALUATOR["version"]

    def evaluate(
        self,
        content: bytes | Path,
        rubric: Rubric,
        *,
        not_applicable: Mapping[str, str] | None = None,
        max_pages: int = 5000,
        cache_dir: Path | None = None,
        stop: Callable[[], bool] | None = None,
        ocr: OcrOptions | None = None,
    ) -> Evaluation:
        """Judge one document; see ``decalogo.evaluation.evaluate``."""
        return evaluate(
            content,
            rubric,
            not_applicable=not_applicable,
            max_pages=max_pages,
            cache_dir=cache_dir,
            stop=stop,
            ocr=ocr,
        )


def get_evaluator(name: str) -> Evaluator:
    """Return the evaluator registered under a name.

    Raises:
        DecalogoError: no such entry point, or it cannot be loaded.
    """
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name == PatternEvaluator.name and name not in found:
        return PatternEvaluator()  # a source tree that was not installed
    if name not in found:
        raise DecalogoError(f"unknown evaluator {name!r}; known: {', '.join(sorted({*found, PatternEvaluator.name}))}")
    evaluator: Evaluator = found[name].load()()
    return evaluator
