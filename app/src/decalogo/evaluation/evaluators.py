"""Evaluators by entry point: what judges a document can be replaced without touching the appliance.

A package that declares ``[project.entry-points."decalogo.evaluators"] mine = "package.module:make"`` offers ``mine`` to
``DECALOGO_EVALUATION__EVALUATOR``; ``make()`` returns an :class:`Evaluator`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from decalogo.evaluation.rubric import Rubric

GROUP = "decalogo.evaluators"


class Judged(Protocol):
    """What an evaluator returns."""

    @property
    def pages(self) -> tuple[str, ...]:
        """The page texts that evidence offsets refer to."""

    def to_json(self) -> bytes:
        """Return the result as canonical JSON (sorted keys, UTF-8)."""


class Evaluator(Protocol):
    """Judges documents; called in a worker process, one document at a time."""

    def evaluate(
        self, content: bytes | Path, rubric: Rubric, *, not_applicable: Mapping[str, str], max_pages: int
    ) -> Judged:
        """Judge one document; raises :class:`decalogo.errors.DocumentError` when it cannot be read."""


@lru_cache(maxsize=8)
def get_evaluator(name: str) -> Evaluator:
    """Return the evaluator registered under ``name``; raises ``LookupError`` with the names there are."""
    found = {entry.name: entry for entry in entry_points(group=GROUP)}
    if name not in found:
        raise LookupError(f"no evaluator {name!r}; there are: {', '.join(sorted(found))}")
    evaluator: Evaluator = found[name].load()()
    return evaluator
