"""Evaluator whose documents are split into parts, each of which names a fault."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from decalogo.evaluation.documents.model import SplitSizes
from decalogo.evaluation.documents.parts import SplitError
from decalogo.evaluation.options import EvaluateOptions
from tests.worker.faulty_evaluator import Answer, FaultyEvaluator


def install(folder: Path) -> None:
    """Register the evaluator as ``splitting``, in a folder on the search path."""
    info = folder / "splitting_evaluator-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: splitting-evaluator\nVersion: 1\n")
    (info / "entry_points.txt").write_text(f"[decalogo.evaluators]\nsplitting = {__name__}:SplittingEvaluator\n")


class SplittingEvaluator(FaultyEvaluator):
    """Understands JSON ``{"parts": [text, …], "join": text}`` with the texts of ``FaultyEvaluator``.

    The result is the output of the parts, in their order. A document that is not JSON is not split.
    """

    name, version = "splitting", "1"

    def evaluate_parts(
        self, content: Path, rubric: Any, options: EvaluateOptions, *, brought: Sequence[bytes], sizes: SplitSizes
    ) -> Answer:
        text = content.read_text(encoding="utf-8")
        if not text.startswith("{"):
            return self.evaluate(content, rubric, options)
        asked = json.loads(text)
        if sizes.read_above and not brought:
            raise SplitError(asked["parts"], b"known", heavy=asked.get("heavy", False))
        self._act(asked.get("join", "ok"), options)
        return Answer(b" ".join(brought).decode())

    def read_part(self, content: Path, part: str, options: EvaluateOptions) -> bytes:
        return self._act(part, options).encode()

    def _act(self, text: str, options: EvaluateOptions) -> str:
        script = Path(os.environ["TMPDIR"]) / f"script.{os.getpid()}"
        script.write_text(text, encoding="utf-8")
        self.evaluate(script, None, options)
        return text.partition(" ")[0]
