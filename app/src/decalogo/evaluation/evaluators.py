"""Evaluators by name. Packages register them as entry points of the group ``decalogo.evaluators``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Protocol, runtime_checkable

import structlog

from decalogo.errors import DecalogoError
from decalogo.evaluation.documents.model import OcrOptions, SplitSizes
from decalogo.evaluation.documents.parts import Known, Part, Parts
from decalogo.evaluation.documents.reading import Limits
from decalogo.evaluation.options import DEFAULT_OPTIONS, EvaluateOptions
from decalogo.evaluation.pdf.reader import read_part
from decalogo.evaluation.pipeline import EVALUATOR, evaluate
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.scoring.result import Evaluation

GROUP = "decalogo.evaluators"
_log = structlog.get_logger(__name__)


class Evaluator(Protocol):
    """Evaluates documents. An entry point names a class or function that returns one and takes no arguments.

    The same bytes, rubric, ``options.not_applicable`` and ``version`` must give the same result.
    """

    name: str
    version: str

    def evaluate(self, content: bytes | Path, rubric: Rubric, options: EvaluateOptions = DEFAULT_OPTIONS) -> Evaluation:
        """Evaluate one document; raise ``DocumentError`` if it cannot be read.

        Call ``options.stop`` now and then. Once it returns true (the soft time limit), return what is done so far as a
        valid result with the flag ``partial``.
        """


@runtime_checkable
class SplittingEvaluator(Evaluator, Protocol):
    """An evaluator that lets other processes read parts of a large document first."""

    def evaluate_parts(
        self,
        content: bytes | Path,
        rubric: Rubric,
        options: EvaluateOptions,
        *,
        brought: Sequence[bytes],
        sizes: SplitSizes,
    ) -> Evaluation:
        """Evaluate one document with the same result as ``evaluate``.

        Args:
            content: see ``evaluate``.
            rubric: see ``evaluate``.
            options: see ``evaluate``; its ``parts`` are replaced.
            brought: the output of ``read_part`` for some or all parts, and ``known`` of the ``SplitError`` before them.
                A part can be lost, so none of them may be required.
            sizes: sizes above which to raise a ``SplitError``; by default never.

        Raises:
            SplitError: names the parts that other processes should read first.
        """
        ...

    def read_part(self, content: bytes | Path, part: str, options: EvaluateOptions) -> bytes:
        """Read one part that a ``SplitError`` named; raise ``DocumentError`` if the file cannot be opened."""
        ...


class PatternEvaluator:
    """The built-in evaluator: patterns, relevance and rules of the rubric."""

    name = EVALUATOR["name"]
    version = EVALUATOR["version"]

    def evaluate(self, content: bytes | Path, rubric: Rubric, options: EvaluateOptions = DEFAULT_OPTIONS) -> Evaluation:
        """Evaluate one document; see ``decalogo.evaluation.evaluate``."""
        return evaluate(content, rubric, options)

    def evaluate_parts(
        self,
        content: bytes | Path,
        rubric: Rubric,
        options: EvaluateOptions,
        *,
        brought: Sequence[bytes],
        sizes: SplitSizes,
    ) -> Evaluation:
        """Evaluate one document with the pages of its parts; see :class:`SplittingEvaluator`."""
        parts = Parts(Known.join(_decoded(brought)), sizes)
        return evaluate(content, rubric, replace(options, parts=parts))

    def read_part(self, content: bytes | Path, part: str, options: EvaluateOptions) -> bytes:
        """Read the pages of one part; see :class:`SplittingEvaluator`."""
        limits = Limits(stop=options.stop, ocr=options.ocr or OcrOptions())
        return read_part(content, Part.from_json(part), limits).encode()


@cache
def _entries() -> Mapping[str, EntryPoint]:
    """Return the installed entry points, read once per process because it takes milliseconds."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def get_evaluator(name: str) -> Evaluator:
    """Return the evaluator registered under a name.

    Raises:
        DecalogoError: unknown name.
    """
    found = _entries()
    if name == PatternEvaluator.name and name not in found:
        return PatternEvaluator()  # a source tree without an installation
    if name not in found:
        raise DecalogoError(f"unknown evaluator {name!r}; known: {', '.join(sorted({*found, PatternEvaluator.name}))}")
    evaluator: Evaluator = found[name].load()()
    return evaluator


def _decoded(brought: Sequence[bytes]) -> Iterator[Known]:
    for data in brought:
        try:
            yield Known.decode(data)
        except ValueError as error:
            _log.warning("a part is discarded and its pages are read again", reason=str(error))
