"""What metrics cost: CPU time a document with and without them, and how long a scrape takes.

    cd app && ../.venv/bin/python ../bench/metrics.py [--rounds 4] [--small 600] [--real 6]

A worker with two processes judges the same documents with metrics off and on in turn (off, on, on, off, …), each time
scraped every second when on; what is compared is CPU time of the worker and its children between the first tenth and
the end, so other work on the machine matters little. Small documents are one word that nothing judges: the worst case.
Real ones are the plan in the tests' data. `direct` measures the observations of a document alone, child and parent, as
CPU time of 20,000 of them through a pipe, and gives their share of what a document costs.

Prints one JSON line a measurement.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

APP = Path(__file__).parents[1] / "app"
sys.path.insert(0, str(APP))

import httpx
from decalogo.batches.ledger import open_ledger
from decalogo.batches.states import BatchState, NewDocument, Options
from decalogo.ids import new_id
from decalogo.metrics.exposition import new_registry
from decalogo.metrics.record import LOST, count_in_parent, observe, open_pipe
from decalogo.metrics.worker import families
from decalogo.settings import EvaluationSettings
from decalogo.storage.artifacts import ArtifactStore
from tests.faults.processes import Processes

PLAN = APP / "tests/data/florencia-2020-2023.pdf"
TICK = os.sysconf("SC_CLK_TCK")
DIRECT = 20_000
IDLE = 100


def cpu_seconds(processes: Processes, name: str) -> float:
    """Return the CPU time of a worker: its parent, its children, and children that are gone."""
    parent = processes.running[name].pid
    total = 0
    for pid in (parent, *processes.children(name)):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += sum(int(value) for value in fields[11 : 15 if pid == parent else 13])
    return total / TICK


def run(content: bytes, count: int, metrics: bool, evaluator: str, processes_each: int = 2) -> dict[str, float]:
    """Judge ``count`` documents; return CPU milliseconds a document, and the median and longest scrape in ms."""
    with tempfile.TemporaryDirectory(prefix="decalogo-bench-") as name:
        whole = Processes(Path(name), 10.0, metrics=metrics)
        # One folder of compiled patterns for all rounds.
        chosen = EvaluationSettings(evaluator=evaluator, cache_dir=Path(tempfile.gettempdir()) / "decalogo-bench-cache")
        whole.settings = whole.settings.model_copy(update={"evaluation": chosen})
        whole.commands["worker1"] = [sys.executable, "-m", "decalogo", "worker", "--concurrency", str(processes_each)]
        ledger, store = open_ledger(whole.settings), ArtifactStore(whole.settings.storage.path)
        scrapes: list[float] = []
        stop = threading.Event()
        try:
            whole.start("redis")
            documents = []
            for _ in range(count):
                document_id = new_id("doc")
                store.put(f"documents/{document_id}", content)
                documents.append(NewDocument(document_id, "x", "", "00", len(content)))
            job_id = new_id("batch")
            ledger.admit(job_id, "bench", Options(), documents)
            whole.start("scheduler1")  # publishes them
            whole.start("worker1")
            whole.wait(lambda: ledger.batch(job_id).counts["succeeded"] >= count // 10 + 1, 300, "under way")
            if metrics:
                port = whole.metrics_ports["worker1"]
                threading.Thread(target=scrape, args=(port, scrapes, stop), daemon=True).start()
            first, before = ledger.batch(job_id).counts["succeeded"], cpu_seconds(whole, "worker1")
            whole.wait(lambda: ledger.batch(job_id).state is BatchState.FINISHED, 900, "finished")
            spent, judged = cpu_seconds(whole, "worker1") - before, count - first
            stop.set()
            idle = idle_scrapes(whole) if metrics else {}
        finally:
            stop.set()
            whole.stop_all()
    answer = {"cpu_ms_per_document": 1000 * spent / judged}
    if scrapes:
        answer |= {"scrape_ms_median": statistics.median(scrapes), "scrape_ms_longest": max(scrapes)}
    return answer | idle


def idle_scrapes(whole: Processes) -> dict[str, float]:
    """Scrape a worker that has nothing to do, a hundred times; return CPU and median time of one, ms."""
    took = []
    before = cpu_seconds(whole, "worker1")
    with httpx.Client(trust_env=False) as client:
        for _ in range(IDLE):
            started = time.perf_counter()
            client.get(f"http://127.0.0.1:{whole.metrics_ports['worker1']}/metrics").raise_for_status()
            took.append(1000 * (time.perf_counter() - started))
    spent = 1000 * (cpu_seconds(whole, "worker1") - before) / IDLE
    return {"idle_scrape_cpu_ms": spent, "idle_scrape_ms_median": statistics.median(took)}


def scrape(port: int, took: list[float], stop: threading.Event) -> None:
    """Ask every second, as Prometheus would every fifteen."""
    with httpx.Client(trust_env=False) as client:
        while not stop.wait(1):
            started = time.perf_counter()
            client.get(f"http://127.0.0.1:{port}/metrics").raise_for_status()
            took.append(1000 * (time.perf_counter() - started))


def alternating(kind: str, content: bytes, count: int, evaluator: str, rounds: int) -> float:
    """Compare off and on; return the CPU milliseconds of a document without metrics."""
    spent: dict[bool, list[float]] = {False: [], True: []}
    for number in range(rounds):
        for metrics in (False, True) if number % 2 == 0 else (True, False):
            spent[metrics].append(run(content, count, metrics, evaluator)["cpu_ms_per_document"])
    off, on = statistics.median(spent[False]), statistics.median(spent[True])
    print(json.dumps({
        "measure": f"{kind} documents", "documents": count, "rounds": rounds, "off_cpu_ms": round(off, 2),
        "on_cpu_ms": round(on, 2), "cost_percent": round(100 * (on / off - 1), 2),
        "off_all": [round(v, 2) for v in spent[False]], "on_all": [round(v, 2) for v in spent[True]],
    }), flush=True)  # fmt: skip
    return off


def direct() -> float:
    """Return the CPU milliseconds that the observations of one document cost, in child and parent together."""
    registry, lost = new_registry("bench")
    pipe = open_pipe({**families(registry), LOST: lost})
    count_in_parent(pipe)
    started = time.process_time()
    for number in range(DIRECT):
        observe(
            ("documents", 1, "succeeded", "decalogo"),
            ("document", 1.25, "succeeded"),
            ("wait", 0.5, "decalogo_batch_tasks"),
            ("stage", 0.0007, "claim"),
            ("stage", 0.0021, "store"),
            ("stage", 0.0009, "finish"),
            ("stage", 0.41, "extract"),
            ("stage", 0.83, "judge"),
            ("pages", 116),
            ("bytes", 3_000_000),
        )
        if number % 100 == 99:  # let the other end catch up, so that nothing is dropped
            while (registry.get_sample_value("decalogo_document_pages_count") or 0) <= number:
                time.sleep(0.001)
    spent = 1000 * (time.process_time() - started) / DIRECT
    if registry.get_sample_value("decalogo_metrics_lost_total"):
        raise RuntimeError("observations were dropped: the figure would be too low")
    return spent


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--small", type=int, default=600)
    parser.add_argument("--real", type=int, default=6)
    given = parser.parse_args()
    each = direct()
    print(json.dumps({"measure": "observations of one document", "cpu_ms": round(each, 4)}), flush=True)
    if given.small:
        small = alternating("small", b"ok", given.small, "faulty", given.rounds)
        print(json.dumps({"measure": "direct share, small", "percent": round(100 * each / small, 2)}), flush=True)
    if given.real:
        real = alternating("real", PLAN.read_bytes(), given.real, "decalogo", given.rounds)
        print(json.dumps({"measure": "direct share, real", "percent": round(100 * each / real, 3)}), flush=True)
    sixteen = run(b"sleep 0.05", 300, True, "faulty", 16)
    print(json.dumps({"measure": "scrape, 16 processes", **{k: round(v, 1) for k, v in sixteen.items()}}), flush=True)
