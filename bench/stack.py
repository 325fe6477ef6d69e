"""What the benches of scaling share: the program's processes on a Valkey with a durable log, and batches for them."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "app"))

from decalogo.batches.states import BatchState, Document, NewDocument, Options
from decalogo.ids import new_id
from decalogo.settings import CalibratedSettings, EvaluationSettings, get_settings
from tests.conftest import environment
from tests.faults.processes import Processes


class Stack(Processes):
    """Valkey, one scheduler, and workers of one size.

    Args:
        folder: everything they write goes here.
        slots: documents that each worker judges at once.
        wait_seconds: time the calibrated evaluator waits for a document; None is the real evaluator.
    """

    def __init__(self, folder: Path, slots: int, wait_seconds: float | None = None) -> None:
        super().__init__(folder, 10.0)
        calibrated = wait_seconds is not None
        evaluation = EvaluationSettings(
            evaluator="calibrated" if calibrated else "decalogo", cache_dir=folder / "cache"
        )
        cost = CalibratedSettings(cpu_seconds=0, wait_seconds=wait_seconds or 0.0, memory_mib=0)
        self.settings = self.settings.model_copy(update={"evaluation": evaluation, "calibrated": cost})
        self.slots = slots
        os.environ.update({k: v for k, v in environment(self.settings).items() if k.startswith("DECALOGO_")})
        from decalogo.queue.app import get_celery

        get_settings.cache_clear()
        get_celery.cache_clear()
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # ended early, it still ends what it started
        self.start("redis")

    def start_worker(self, number: int = 1) -> float:
        """Start one and return when (Unix seconds)."""
        own = [sys.executable, "-m", "decalogo", "worker", "--concurrency", str(self.slots)]
        # Workers of one host need names of their own.
        self.commands[f"worker{number}"] = ["env", f"DECALOGO_QUEUE__INSTANCE={number}", *own]
        started = time.time()
        self.start(f"worker{number}")
        return started

    def submit(self, source: Path, count: int, tenant: str = "bench") -> str:
        """Admit and publish a batch of so many copies; returns its id."""
        from decalogo.queue.publish import publish

        content = source.read_bytes()
        documents = []
        for _ in range(count):
            document_id = new_id("doc")
            self.store.put(f"documents/{document_id}", content)
            documents.append(NewDocument(document_id, source.name, "", "00", len(content)))
        job_id = new_id("batch")
        self.ledger.admit(job_id, tenant, Options(), documents)
        publish([(document.document_id, "normal") for document in documents])
        return job_id

    def finish(self, job_id: str, seconds: float = 580) -> list[Document]:
        """Wait for a batch; returns its documents in the order they finished."""
        ledger = self.ledger

        def finished() -> bool:
            time.sleep(0.25)  # a look costs the two cores something too
            return ledger.batch(job_id).state is BatchState.FINISHED

        self.wait(finished, seconds, "finished")
        return sorted(ledger.iterate(job_id), key=lambda document: document.finished_at)

    def cpu_seconds(self) -> float:
        """Return the CPU time that all processes have used so far, ended children included."""
        pids = [pid for name in self.running for pid in (self.running[name].pid, *self.children(name))]
        fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15] for pid in pids]
        return sum(int(ticks) for four in fields for ticks in four) / os.sysconf("SC_CLK_TCK")


def rate(documents: list[Document], slots: int) -> float:
    """Return documents a second while all slots had work: the first round and the last one left out."""
    ends = [document.finished_at for document in documents][slots - 1 : len(documents) - slots]
    return (len(ends) - 1) / (ends[-1] - ends[0])


def load() -> float:
    """Return the machine's load average over a minute; all of it that is not ours makes figures worse."""
    return round(os.getloadavg()[0], 1)
