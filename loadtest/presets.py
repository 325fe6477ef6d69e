"""Compare the presets (throughput, reliability, cost, latency) with the default, under the same load and fault."""

from __future__ import annotations

import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from decalogo.capacity.bench import copies
from decalogo.client.appliance import Appliance, SubmitOptions
from decalogo.client.multipart import FilePart
from loadtest import documents, sweeps
from loadtest.measure import say
from loadtest.rows import Row, profile
from loadtest.stack import Stack, docker, service_of

PRESETS = ("throughput", "reliability", "cost", "latency")
BUSY_SECONDS = 120.0
"""Time until every worker process must have a document, seconds."""


def all_presets(stack: Stack, row: Row, seconds: float, files: list[Path], cache: Path) -> list[dict[str, Any]]:
    """Return the figures of a sweep for the default and each preset, and the cost of a killed worker.

    Args:
        stack: the appliance under test.
        row: memory limits of the other services.
        seconds: duration of full load per preset.
        files: documents to submit.
        cache: folder of short documents.
    """
    found = []
    for name in ("default", *PRESETS):
        settings = sweeps.DEFAULTS | ({} if name == "default" else _settings(name))
        point = sweeps.one(stack, row, "preset", name, settings, seconds, files, cache)
        processes = int(settings["WORKER_REPLICAS"]) * int(settings["WORKER_CONCURRENCY"])
        killed = _kill_a_worker(stack, files[0], documents.batch_of(files[:1], processes))
        say(f"preset {name}: {killed['restarted']} restarted, finished {killed['done_after']:.1f} s after the kill")
        found.append(point | {"processes": processes} | killed)
    return found


def _settings(name: str) -> dict[str, str]:
    """Return the worker settings of a preset."""
    return {key: value for key, value in profile(name).items() if key.startswith("WORKER_")}


def _kill_a_worker(stack: Stack, file: Path, count: int) -> dict[str, Any]:
    """Kill a worker container while every process is busy, start it again, and return the cost."""
    with tempfile.TemporaryDirectory(prefix="decalogo-presets-") as folder, Appliance(stack.connection()) as appliance:
        parts = [FilePart.of(one) for one in copies([file], count, Path(folder))]
        job_id = appliance.submit(parts, SubmitOptions())["job_id"]
        deadline = time.monotonic() + BUSY_SECONDS
        while (counts := appliance.status(job_id)["counts"])["queued"] and time.monotonic() < deadline:
            time.sleep(0.1)
        worker = next(one["Id"] for one in stack.containers() if service_of(one) == "worker")
        docker("kill", worker)
        killed = time.time()
        docker("start", worker)
        appliance.wait(job_id, lambda _status: None)
        again = [document for document in appliance.documents(job_id) if document["attempts"] > 1]
    ends = [datetime.fromisoformat(document["finished_at"]).timestamp() for document in again]
    return {
        "in_progress": counts["running"],
        "restarted": len(again),
        "done_after": round(max(ends, default=killed) - killed, 1),
    }
