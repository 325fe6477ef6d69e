"""An evaluator for load tests: it costs what it is told to and judges nothing.

A load test of the appliance should measure queues, leases and storage, not how hard the plans at hand are to read. This
one burns a fixed CPU time, waits a fixed time and holds a fixed amount of memory for each document, whatever it is.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from decalogo.evaluation.documents.model import Extracted, Flag, OcrOptions
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.scoring.assemble import Verdict, assemble
from decalogo.evaluation.scoring.result import Evaluation
from decalogo.settings import CalibratedSettings, get_settings

_PAGE = 4096
_BLOCK = bytes(1 << 16)
"""Hashed again and again: long enough to be work, short enough (about 0.1 ms) to stop on time."""


class CalibratedEvaluator:
    """Gives every question of every document 0, at a fixed cost (section ``calibrated`` of the settings).

    Args:
        cost: what a document costs; default: the settings of this process.
    """

    name = "calibrated"
    version = "1.0.0"

    def __init__(self, cost: CalibratedSettings | None = None) -> None:
        self._cost = cost or get_settings().calibrated

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
        """Spend the cost and return a valid result without evidence; the document is hashed, never read.

        Once ``stop`` answers yes, what is left of the cost is not spent, and the result is partial.

        Raises:
            RequestError: ``not_applicable`` names a point that the rubric has not.
        """
        held = _hold(self._cost.memory_mib << 20)
        cut = _burn(self._cost.cpu_seconds, stop or _never) or _wait(self._cost.wait_seconds, stop or _never)
        flags = [Flag("calibrated", "For a load test: the document was not read.")]
        flags += [Flag("partial", "the time limit came")] if cut else []
        unread = Extracted("application/octet-stream", (), (), flags=tuple(flags))
        evaluation = assemble(self, content, rubric, unread, lambda _point, _question: Verdict(0.0), not_applicable)
        del held
        return evaluation


def _hold(size: int) -> bytearray:
    """Return a block of memory whose every page has been written to, so that it is resident."""
    block = bytearray(size)
    block[::_PAGE] = b"\1" * len(range(0, size, _PAGE))
    return block


def _never() -> bool:
    return False


def _burn(seconds: float, stop: Callable[[], bool]) -> bool:
    """Use CPU time of this thread, whatever else the machine does; tell whether ``stop`` ended it."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        if stop():
            return True
        hashlib.sha256(_BLOCK)
    return False


def _wait(seconds: float, stop: Callable[[], bool]) -> bool:
    """Sleep, asking ``stop`` every tenth of a second; tell whether it ended the sleep."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if stop():
            return True
        time.sleep(min(left, 0.1))
    return False
