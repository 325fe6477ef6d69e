"""What safety costs: documents a second through one worker (2 processes) that evaluates nothing.

    cd app && ../.venv/bin/python ../bench/throughput.py [--documents 1500]

Prints one JSON line a variant: the ledger on a log fsynced always, the same fsynced every second, and Celery alone with
the same settings (no ledger, no artifacts), all in one run; and the rate at which a batch is admitted and published.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

APP = Path(__file__).parents[1] / "app"
sys.path.insert(0, str(APP))

import redis
from decalogo.batches.ledger import open_ledger
from decalogo.batches.states import BatchState, NewDocument, Options
from decalogo.ids import new_id
from decalogo.settings import get_settings
from decalogo.storage.artifacts import ArtifactStore
from tests.conftest import environment
from tests.faults.processes import Processes

_PLAIN = """
import os, redis
from celery import Celery
from decalogo.queue.app import celery_configuration
from decalogo.settings import get_settings
settings = get_settings()
app = Celery("plain", broker=settings.redis.url(5))
app.conf.update(celery_configuration(settings) | {"beat_schedule": {}})
counter = None
@app.task(name="noop")
def noop(document_id):
    global counter
    counter = counter or redis.Redis(port=settings.redis.port, db=6)
    counter.incr("done")
"""


def through_ledger(count: int, fsync: str) -> dict[str, object]:
    """Measure the appliance's own way."""
    with tempfile.TemporaryDirectory(prefix="decalogo-bench-") as name:
        processes = Processes(Path(name), 10.0)
        os.environ.update({k: v for k, v in environment(processes.settings).items() if k.startswith("DECALOGO_")})
        get_settings.cache_clear()
        from decalogo.queue.app import get_celery
        from decalogo.queue.publish import publish

        get_celery.cache_clear()
        ledger, store = open_ledger(processes.settings), ArtifactStore(processes.settings.storage.path)
        try:
            processes.start("redis")
            redis.Redis(port=processes.settings.redis.port).config_set("appendfsync", fsync)
            documents = []
            for _ in range(count):
                document_id = new_id("doc")
                store.put(f"documents/{document_id}", b"ok")
                documents.append(NewDocument(document_id, "x", "", "00", 2))
            started = time.perf_counter()
            job_id = new_id("batch")
            ledger.admit(job_id, "bench", Options(), documents)
            publish([(d.document_id, "normal") for d in documents])
            enqueued = time.perf_counter() - started
            processes.start("worker1")
            processes.wait(lambda: ledger.batch(job_id).counts["succeeded"] > count // 10, 120, "under way")
            first, began = ledger.batch(job_id).counts["succeeded"], time.perf_counter()
            processes.wait(lambda: ledger.batch(job_id).state is BatchState.FINISHED, 600, "finished")
            rate = (count - first) / (time.perf_counter() - began)
        finally:
            processes.stop_all()
    return {
        "variant": f"ledger, fsync {fsync}", "documents": count, "documents_per_second": round(rate),
        "enqueued_per_second": round(count / enqueued),
    }  # fmt: skip


def plain_celery(count: int) -> dict[str, object]:
    """Measure Celery alone."""
    with tempfile.TemporaryDirectory(prefix="decalogo-bench-") as name:
        processes = Processes(Path(name), 10.0)
        (Path(name) / "plainapp.py").write_text(_PLAIN)
        variables = {**environment(processes.settings), "PYTHONPATH": os.pathsep.join([name, str(APP)])}
        command = [sys.executable, "-m", "celery", "-A", "plainapp", "worker", "-c", "2", "--without-gossip"]
        try:
            processes.start("redis")
            client = redis.Redis(port=processes.settings.redis.port, db=6)
            send = f"import plainapp\nfor i in range({count}): plainapp.noop.delay('doc')"
            subprocess.run([sys.executable, "-c", send], env=variables, check=True)
            worker = subprocess.Popen(
                command, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
            try:
                processes.wait(lambda: int(client.get("done") or 0) > count // 10, 120, "under way")
                first, began = int(client.get("done")), time.perf_counter()
                processes.wait(lambda: int(client.get("done")) >= count, 600, "finished")
                rate = (count - first) / (time.perf_counter() - began)
            finally:
                os.killpg(worker.pid, signal.SIGKILL)
                worker.wait(10)
        finally:
            processes.stop_all()
    return {"variant": "Celery alone", "documents": count, "documents_per_second": round(rate)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=1500)
    given = parser.parse_args()
    for line in (
        through_ledger(given.documents, "always"),
        through_ledger(given.documents, "everysec"),
        plain_celery(given.documents),
    ):
        print(json.dumps(line), flush=True)
