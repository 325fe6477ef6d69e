"""Evaluators by name: the engine that judges is chosen by an entry point of the group ``decalogo.evaluators``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import structlog

from decalogo.errors import DecalogoError
from decalogo.evaluation.documents.model import OcrOptions, SplitSizes
from decalogo.evaluation.pipeline import EVALUATOR, evaluate
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.scoring.result import Evaluation

if TYPE_CHECKING:
    from decalogo.evaluation.documents.parts import Known

GROUP = "decalogo.evaluators"
_log = structlog.get_logger(__name__)


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


@runtime_checkable
class SplittingEvaluator(Evaluator, Protocol):
    """An evaluator that can have parts of a large document read by other processes first."""

    def evaluate_parts(
        self, content: bytes | Path, rubric: Rubric, *, brought: Sequence[bytes], sizes: SplitSizes, **options: Any
    ) -> Evaluation:
        """Judge one document as ``evaluate`` does, with the same result.

        Args:
            content: see ``evaluate``.
            rubric: see ``evaluate``.
            brought: what ``read_part`` returned for some or all parts, and what the ``SplitError`` before them carried.
                None of it may be needed: a part can be lost.
            sizes: what is worth a ``SplitError``; by default nothing is.
            options: the others of ``evaluate``.

        Raises:
            SplitError: names the parts that others should read first.
        """
        ...

    def read_part(
        self, content: bytes | Path, part: str, *, stop: Callable[[], bool] | None = None, ocr: OcrOptions | None = None
    ) -> bytes:
        """Do one of the parts that a ``SplitError`` named; raises ``DocumentError`` when the file cannot be opened."""
        ...


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

    def evaluate_parts(
        self, content: bytes | Path, rubric: Rubric, *, brought: Sequence[bytes], sizes: SplitSizes, **options: Any
    ) -> Evaluation:
        """Judge one document with what was brought; see :class:`SplittingEvaluator`."""
        from decalogo.evaluation.documents.parts import Known, Parts

        return evaluate(content, rubric, parts=Parts(Known.join(_decoded(brought)), sizes), **options)

    def read_part(
        self, content: bytes | Path, part: str, *, stop: Callable[[], bool] | None = None, ocr: OcrOptions | None = None
    ) -> bytes:
        """Read the pages of one part; see :class:`SplittingEvaluator`."""
        from decalogo.evaluation.documents.parts import Part
        from decalogo.evaluation.documents.reading import Limits
        from decalogo.evaluation.pdf.reader import read_part

        return read_part(content, Part.from_json(part), Limits(stop=stop, ocr=ocr or OcrOptions())).encode()


@cache
def _entries() -> Mapping[str, EntryPoint]:
    """Return what is installed; reading that from disk takes milliseconds, so a process does it once."""
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def get_evaluator(name: str) -> Evaluator:
    """Return the evaluator registered under a name.

    Raises:
        DecalogoError: no such entry point, or it cannot be loaded.
    """
    found = _entries()
    if name == PatternEvaluator.name and name not in found:
        return PatternEvaluator()  # a source tree that was not installed
    if name not in found:
        raise DecalogoError(f"unknown evaluator {name!r}; known: {', '.join(sorted({*found, PatternEvaluator.name}))}")
    evaluator: Evaluator = found[name].load()()
    return evaluator


def _decoded(brought: Sequence[bytes]) -> Iterator[Known]:
    from decalogo.evaluation.documents.parts import Known

    for data in brought:
        try:
            yield Known.decode(data)
        except ValueError as error:
            _log.warning("pages are read again", reason=str(error))
