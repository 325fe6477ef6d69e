"""How soon documents run again after their worker or its child was killed, with the default lease.

    cd app && ../.venv/bin/python ../bench/recovery.py [--rounds 8] [--lease 10]

Prints one JSON line a fault: rounds, documents in flight, lost, doubled, and seconds until they ran again (p50, max).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.states import BatchState, Document, DocumentState, NewDocument, Options
from decalogo.ids import new_id
from decalogo.storage.artifacts import ArtifactStore
from tests.faults.processes import Processes


def kill_child(processes: Processes) -> None:
    """Kill one process of worker1."""
    os.kill(processes.children("worker1")[-1], signal.SIGKILL)


def kill_worker(processes: Processes) -> None:
    """Kill worker1 with its processes, as the loss of its container does."""
    processes.signal("worker1", signal.SIGKILL)


def measure(fault: Callable[[Processes], None], rounds: int, lease: float) -> dict[str, object]:
    """Inject the fault ``rounds`` times with two long documents in flight each time."""
    again: list[float] = []
    lost = doubled = inflight = 0
    with tempfile.TemporaryDirectory(prefix="decalogo-recovery-") as name:
        processes = Processes(Path(name), lease)
        ledger, store = open_ledger(processes.settings), ArtifactStore(processes.settings.storage.path)
        try:
            processes.start_all()
            processes.running.pop("worker2").kill()
            for number in range(rounds):
                job_id, documents = new_id("batch"), []
                marks = [Path(name) / f"mark-{number}-{n}" for n in range(2)]
                for mark in marks:
                    document_id, text = new_id("doc"), f"hang-once {mark}"
                    store.put(f"documents/{document_id}", text.encode())
                    documents.append(NewDocument(document_id, "x", "", "00", len(text)))
                ledger.admit(job_id, "bench", Options(), documents)
                processes.wait(lambda marks=marks: _in_flight(processes, marks), 60, "both in flight")
                killed = time.time()
                fault(processes)
                affected = _restarted(ledger.documents(job_id), ledger, processes, killed, fault is kill_worker)
                inflight += len(affected)
                again += [d.started_at - killed for d in affected]
                processes.signal("worker1", signal.SIGKILL)  # what the killed child's sibling still hangs on
                processes.wait(lambda j=job_id: _finished(processes, ledger, j), 120, "finished")
                ended = ledger.documents(job_id)
                lost += sum(d.state is not DocumentState.SUCCEEDED for d in ended)
                doubled += sum(d.result_key != f"results/{d.document_id}.{d.attempts}.json" for d in ended)
        finally:
            processes.stop_all()
    return {
        "fault": fault.__name__, "rounds": rounds, "lease_seconds": lease, "in_flight": inflight, "lost": lost,
        "doubled": doubled, "again_p50_seconds": round(statistics.median(again), 2),
        "again_max_seconds": round(max(again), 2),
    }  # fmt: skip


def _in_flight(processes: Processes, marks: list[Path]) -> bool:
    processes.heal()
    return all(mark.exists() for mark in marks)


def _finished(processes: Processes, ledger: Ledger, job_id: str) -> bool:
    processes.heal()
    batch = ledger.batch(job_id)
    return batch is not None and batch.state is BatchState.FINISHED


def _restarted(
    before: list[Document], ledger: Ledger, processes: Processes, killed: float, both: bool
) -> list[Document]:
    need = 2 if both else 1
    found: list[Document] = []

    def look() -> bool:
        processes.heal()
        now = [ledger.document(b.document_id) for b in before]
        found[:] = [d for d in now if d and d.attempts > 1 and d.started_at > killed]
        return len(found) >= need

    processes.wait(look, 60, "started again")
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--lease", type=float, default=10.0)
    given = parser.parse_args()
    for fault in (kill_child, kill_worker):
        print(json.dumps(measure(fault, given.rounds, given.lease)), flush=True)
