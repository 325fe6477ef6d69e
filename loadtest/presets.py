"""The guide's presets (throughput, reliability, cost, latency) beside the default: the same load, the same fault."""

from __future__ import annotations

import tempfile
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from decalogo.capacity.bench import copies
from decalogo.client.multipart import FilePart
from decalogo.client.appliance import Appliance, SubmitOptions

from loadtest import documents, sweeps
from loadtest.measure import say
from loadtest.rows import Row, profile
from loadtest.stack import Stack, docker, service_of

PRESETS = ("throughput", "reliability", "cost", "latency")
BUSY_SECONDS = 120.0
"""How long it may take until every slot has a document."""


def all_presets(stack: Stack, row: Row, seconds: float, files: list[Path], cache: Path) -> list[dict[str, Any]]:
    """Return for the default and each preset what a sweep returns, and what a killed worker cost.

    Args:
        stack: the appliance under test.
        row: whose limits of memory the services beside the workers get.
        seconds: of full load, for each.
        files: what is handed in.
        cache: where short documents are kept.
    """
    found = []
    for name in ("default", *PRESETS):
        settings = sweeps.DEFAULTS | ({} if name == "default" else _settings(name))
        point = sweeps.one(stack, row, "preset", name, settings, seconds, files, cache)
        slots = int(settings["WORKER_REPLICAS"]) * int(settings["WORKER_CONCURRENCY"])
        killed = _kill_a_worker(stack, files[0], documents.batch_of(files[:1], slots))
        say(f"preset {name}: {killed['begun_again']} begun again, done {killed['done_after']:.1f} s after the kill")
        found.append(point | {"slots": slots} | killed)
    return found


def _settings(name: str) -> dict[str, str]:
    """Return a preset's settings of the workers."""
    return {key: value for key, value in profile(name).items() if key.startswith("WORKER_")}


def _kill_a_worker(stack: Stack, file: Path, count: int) -> dict[str, Any]:
    """Kill a worker's container while every slot has a document, start it again, and say what that cost."""
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
        "in_work": counts["running"],
        "begun_again": len(again),
        "done_after": round(max(ends, default=killed) - killed, 1),
    }
