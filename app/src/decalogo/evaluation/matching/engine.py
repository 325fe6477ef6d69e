"""The compiled patterns of a rubric, kept per process."""

from __future__ import annotations

from decalogo.evaluation.matching.patterns import Patterns
from decalogo.evaluation.matching.scanner import Scanner
from decalogo.evaluation.rubric import Rubric

_engines: dict[str, Engine] = {}


class Engine:
    """The patterns of one rubric.

    Attributes:
        patterns: all patterns, with their exact places in a text.
        scanners: one scanner per stage of the rubric (see ``Rubric.stages``).
    """

    def __init__(self, rubric: Rubric) -> None:
        self.patterns = Patterns(rubric.patterns)
        self.scanners = tuple(Scanner(self.patterns, ids) for ids in rubric.stages)


def engine_of(rubric: Rubric) -> Engine:
    """Return the engine of a rubric, compiled at the first call in this process."""
    engine = _engines.get(rubric.sha256)
    if engine is None:
        engine = _engines[rubric.sha256] = Engine(rubric)
    return engine
