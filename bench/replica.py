"""What a replica holds and how soon it works: memory of 1 and of 16 worker processes, and time to the first document.

    cd app && ../.venv/bin/python ../bench/replica.py [--slots 1 16] [--starts 3]

Memory is PSS (shared pages counted once, in shares; ``smaps_rollup``) of the worker's parent and its processes
together, when they have started and after each has judged real plans. Prints one JSON line a number of processes.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from plans import REAL_PLAN, make_plan

from stack import Stack, load


def pss_mib(pid: int) -> float:
    """Return a process's share of memory, MiB."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def memory(stack: Stack) -> dict[str, float]:
    """Return PSS of parent, of all its processes, and in all, MiB."""
    parent = pss_mib(stack.running["worker1"].pid)
    children = [pss_mib(pid) for pid in stack.children("worker1")]
    return {"parent": round(parent), "processes": round(sum(children)), "all": round(parent + sum(children))}


def measure(slots: int, starts: int) -> dict[str, object]:
    """Start a worker a few times, the last time under real plans."""
    firsts = []
    with tempfile.TemporaryDirectory(prefix="decalogo-bench-") as name:
        folder = Path(name)
        page = make_plan(1, folder / "page.pdf")
        stack = Stack(folder / "whole", slots)
        try:
            for number in range(starts + 1):
                job_id = stack.submit(page, 1)
                started = stack.start_worker()
                (first,) = stack.finish(job_id)
                if number:  # the very first one compiles the patterns, which an image brings along
                    firsts.append(first.finished_at - started)
                if number < starts:
                    stack.running["worker1"].terminate()
                    stack.running["worker1"].wait(60)
            stack.wait(lambda: len(stack.children("worker1")) == slots, 60, "all processes there")
            fresh = memory(stack)
            stack.finish(stack.submit(REAL_PLAN, 2 * slots))
            worked = memory(stack)
        finally:
            stack.stop_all()
    return {
        "processes": slots, "first_document_seconds": round(statistics.median(firsts), 2),
        "pss_mib_started": fresh, "pss_mib_after_real_plans": worked, "load": load(),
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--slots", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--starts", type=int, default=3)
    given = parser.parse_args()
    for number in given.slots:
        print(json.dumps(measure(number, given.starts)), flush=True)
