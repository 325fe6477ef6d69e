"""How fast a batch is accepted: the ledger's record of it (durable) and the messages to the broker; uploads apart.

    cd app && ../.venv/bin/python ../bench/enqueue.py [--documents 2000] [--rounds 7]

Prints one JSON line: documents a second of both together, of each, and the CPU time this process spends on one.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from decalogo.batches.states import NewDocument, Options
from decalogo.ids import new_id

from stack import Stack, load


def measure(count: int, rounds: int) -> dict[str, object]:
    """Admit and publish ``rounds`` batches, each into a queue that was emptied."""
    from decalogo.queue.publish import publish

    admitted, published, cpu = [], [], []
    with tempfile.TemporaryDirectory(prefix="decalogo-bench-") as name:
        stack = Stack(Path(name) / "whole", 1)
        ledger = stack.ledger
        try:
            publish([("doc_warm", "normal")])
            for _ in range(rounds):
                documents = [NewDocument(new_id("doc"), "plan.pdf", "", "0" * 64, 1 << 20) for _ in range(count)]
                job_id = new_id("batch")
                before, started = time.process_time(), time.perf_counter()
                ledger.admit(job_id, "bench", Options(), documents)
                recorded = time.perf_counter()
                publish([(document.document_id, "normal") for document in documents])
                published.append(time.perf_counter() - recorded)
                admitted.append(recorded - started)
                cpu.append(time.process_time() - before)
                ledger.forget(job_id)
        finally:
            stack.stop_all()
    both = [a + b for a, b in zip(admitted, published, strict=True)]
    return {
        "documents": count, "rounds": rounds, "per_second": round(count / statistics.median(both)),
        "best_per_second": round(count / min(both)),
        "ledger_per_second": round(count / statistics.median(admitted)),
        "broker_per_second": round(count / statistics.median(published)),
        "cpu_microseconds_each": round(1e6 * statistics.median(cpu) / count), "load": load(),
    }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    print(json.dumps(measure(given.documents, given.rounds)), flush=True)
