"""Does anything serialise? Throughput from 1 to 64 slots with documents that wait and cost next to no CPU.

    cd app && ../.venv/bin/python ../bench/slots.py [--slots 1 2 4 8 16 32 64] [--seconds 4] [--rounds 6]

Each document waits so many seconds in the calibrated evaluator. Prints one JSON line a number of slots: documents a
second, and that over slots / seconds (1 is linear).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from stack import Stack, load, rate

SLOTS_A_WORKER = 16


def measure(slots: int, seconds: float, rounds: int) -> dict[str, object]:
    """Run enough documents that every slot has ``rounds`` of them."""
    with tempfile.TemporaryDirectory(prefix="decalogo-bench-") as name:
        folder = Path(name)
        paper = folder / "paper.txt"
        paper.write_text("Un plan de desarrollo de una sola línea.\n")
        each = min(slots, SLOTS_A_WORKER)
        stack = Stack(folder / "whole", each, seconds)
        try:
            stack.start("scheduler1")
            for number in range(1, slots // each + 1):
                stack.start_worker(number)
            stack.finish(stack.submit(paper, 2 * slots))  # all processes are up and have worked
            reached = rate(stack.finish(stack.submit(paper, (rounds + 2) * slots)), slots)
        finally:
            stack.stop_all()
    return {
        "slots": slots, "workers": slots // each, "documents": (rounds + 2) * slots,
        "documents_per_second": round(reached, 3), "of_linear": round(reached * seconds / slots, 3), "load": load(),
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 2, 4, 8, 16, 32, 64])
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--rounds", type=int, default=6)
    given = parser.parse_args()
    for number in given.slots:
        print(json.dumps(measure(number, given.seconds, given.rounds)), flush=True)
