"""The synthetic evaluator: a fixed cost per document, for load tests.

A load test measures queues, leases and storage, not the cost of reading documents. This evaluator uses a
fixed CPU time, waits for a fixed time and holds a fixed amount of memory per document. It reads no document.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from decalogo.evaluation.documents.model import Extracted, Flag
from decalogo.evaluation.options import DEFAULT_OPTIONS, EvaluateOptions
from decalogo.evaluation.rubric import Rubric
from decalogo.evaluation.scoring.assemble import Verdict, assemble
from decalogo.evaluation.scoring.result import Evaluation

_PAGE = 4096
_BLOCK = bytes(1 << 16)
"""Input of one round of hashing (about 0.1 ms): large enough to be work, small enough to stop on time."""


@dataclass(frozen=True, slots=True)
class SyntheticCost:
    """Cost of one document.

    Attributes:
        cpu_seconds: CPU time, seconds.
        wait_seconds: waiting time, seconds.
        memory_mib: memory held while the document is evaluated, MiB.
    """

    cpu_seconds: float = 0.0
    wait_seconds: float = 0.0
    memory_mib: int = 0


class SyntheticEvaluator:
    """Score every question of every document 0, at a fixed cost.

    Args:
        cost: the cost of a document.
    """

    name = "synthetic"
    version = "1.0.0"
    unbounded = True
    """The settings give its CPU time, so ``evaluation.cpu_seconds`` does not apply."""

    def __init__(self, cost: SyntheticCost) -> None:
        self._cost = cost

    def evaluate(self, content: bytes | Path, rubric: Rubric, options: EvaluateOptions = DEFAULT_OPTIONS) -> Evaluation:
        """Spend the cost and return a valid result without evidence; the document is hashed, not read.

        Once ``options.stop`` returns true, the rest of the cost is not spent, and the result is partial.

        Raises:
            RequestError: ``options.not_applicable`` names an unknown point.
        """
        stop = options.stop or _never
        held = _hold(self._cost.memory_mib << 20)
        cut = _burn(self._cost.cpu_seconds, stop) or _wait(self._cost.wait_seconds, stop)
        flags = [Flag("synthetic", "Result of a load test: the document was not read.")]
        flags += [Flag("partial", "The time limit ended the evaluation.")] if cut else []
        unread = Extracted("application/octet-stream", (), (), flags=tuple(flags))
        evaluation = assemble(
            self, content, rubric, unread, lambda _point, _question: Verdict(0.0), options.not_applicable
        )
        del held
        return evaluation


def _hold(size: int) -> bytearray:
    """Return a resident block of memory: every page has been written to."""
    block = bytearray(size)
    block[::_PAGE] = b"\1" * len(range(0, size, _PAGE))
    return block


def _never() -> bool:
    return False


def _burn(seconds: float, stop: Callable[[], bool]) -> bool:
    """Use CPU time of this thread; return whether ``stop`` ended it."""
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        if stop():
            return True
        hashlib.sha256(_BLOCK)
    return False


def _wait(seconds: float, stop: Callable[[], bool]) -> bool:
    """Sleep and call ``stop`` every tenth of a second; return whether it ended the sleep."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if stop():
            return True
        time.sleep(min(left, 0.1))
    return False
