"""What the appliance leaves of its evaluator: documents an hour through all of it, over those of the bare evaluator.

    cd app && ../.venv/bin/python ../bench/efficiency.py [--processes 2] [--rounds 3] [--plans 40] [--pages 600]

Both run with the same number of processes on the same cores, in turn, so that other work on the machine meets both.
Through the appliance means: Valkey with a log fsynced always, scheduler, one worker; claim, evaluation, files stored
durably, finish. Prints one JSON line a kind of document; the ratio of CPU times hardly depends on what else the
machine does, but leaves out waiting for the disk.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from plans import REAL_PLAN, make_plan

from stack import Stack, load, rate


def bare(path: Path, cache: Path, processes: int, each: int) -> tuple[float, float]:
    """Return documents a second and CPU seconds a document of so many loops over the evaluator; one warms each up."""
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(processes), context.Queue()
    running = [context.Process(target=_loop, args=(path, cache, each, ready, results)) for _ in range(processes)]
    for process in running:
        process.start()
    spent = [results.get(timeout=580) for _ in running]
    for process in running:
        process.join()
    return sum(each / seconds for seconds, _ in spent), sum(cpu for _, cpu in spent) / (each * processes)


def _loop(path: Path, cache: Path, each: int, ready: Any, results: Any) -> None:
    from decalogo.evaluation.documents.model import OcrOptions
    from decalogo.evaluation.evaluators import get_evaluator
    from decalogo.evaluation.rubric import load_rubric

    evaluator, rubric = get_evaluator("decalogo"), load_rubric("decalogo")
    # As the appliance does: a page that was recognised once is not recognised again.
    options = {"cache_dir": cache, "ocr": OcrOptions(cache_dir=cache / "recognised")}
    evaluator.evaluate(path, rubric, **options).to_json()
    ready.wait()
    started, cpu = time.perf_counter(), time.process_time()
    for _ in range(each):
        evaluator.evaluate(path, rubric, **options).to_json()
    results.put((time.perf_counter() - started, time.process_time() - cpu))


def measure(name: str, path: Path, count: int, processes: int, rounds: int) -> dict[str, object]:
    """Run both in turn; the ratio is of the medians."""
    alone, whole = [], []
    with tempfile.TemporaryDirectory(prefix="decalogo-bench-") as folder:
        stack = Stack(Path(folder) / "whole", processes)
        try:
            stack.start("scheduler1")
            stack.start_worker()
            stack.finish(stack.submit(path, 2 * processes))
            for _ in range(rounds):
                alone.append(bare(path, stack.settings.evaluation.cache_dir, processes, count // processes))
                before = stack.cpu_seconds()
                reached = rate(stack.finish(stack.submit(path, count)), processes)
                whole.append((reached, (stack.cpu_seconds() - before) / count))
        finally:
            stack.stop_all()
    ratios = [through / bare_ for (through, _), (bare_, _) in zip(whole, alone, strict=True)]
    cpu = [statistics.median(used for _, used in figures) for figures in (alone, whole)]
    return {
        "document": name, "processes": processes, "rounds": rounds,
        "bare_per_hour": round(3600 * statistics.median(speed for speed, _ in alone)),
        "appliance_per_hour": round(3600 * statistics.median(speed for speed, _ in whole)),
        "efficiency": round(statistics.median(ratios), 3), "of_each_round": [round(ratio, 3) for ratio in ratios],
        "cpu_ms_bare": round(1000 * cpu[0], 1), "cpu_ms_appliance": round(1000 * cpu[1], 1),
        "efficiency_by_cpu": round(cpu[0] / cpu[1], 3), "load": load(),
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--plans", type=int, default=40, help="real plans a round; 0: none")
    parser.add_argument("--pages", type=int, default=600, help="documents of one page a round; 0: none")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="decalogo-plans-") as name:
        page = make_plan(1, Path(name) / "page.pdf")
        for title, path, count in (("real plan", REAL_PLAN, given.plans), ("one page", page, given.pages)):
            if count:
                print(json.dumps(measure(title, path, count, given.processes, given.rounds)), flush=True)
