"""Vary concurrency, prefetch and tasks per child, one at a time, under the same load."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from decalogo.client.appliance import Appliance, SubmitOptions
from decalogo.client.multipart import FilePart
from decalogo.errors import DecalogoError
from loadtest import documents, shapes
from loadtest.generate import quantiles
from loadtest.measure import load, phase, say, warm_up
from loadtest.rows import Row
from loadtest.stack import Stack
from loadtest.verdict import unsound

# Values of compose.yaml; settings that are not varied have the default of the appliance.
DEFAULTS = {
    "WORKER_REPLICAS": "1",
    "WORKER_CONCURRENCY": "2",
    "WORKER_DISABLE_PREFETCH": "true",
    "WORKER_PREFETCH": "1",
    "WORKER_TASKS_PER_CHILD": "1000",
    "WORKER_MEMORY": "3g",
}
SWEEPS: dict[str, tuple[tuple[str, dict[str, str]], ...]] = {
    "concurrency": tuple((str(n), {"WORKER_CONCURRENCY": str(n)}) for n in (1, 2, 4, 8, 16)),
    "prefetch": (
        ("off", {}),
        *((str(n), {"WORKER_DISABLE_PREFETCH": "false", "WORKER_PREFETCH": str(n)}) for n in (1, 4, 8)),
    ),
    "tasks_per_child": tuple((str(n), {"WORKER_TASKS_PER_CHILD": str(n)}) for n in (1, 20, 100, 1000)),
}
URGENT = 5


def all_sweeps(
    stack: Stack, row: Row, seconds: float, files: list[Path], cache: Path
) -> dict[str, list[dict[str, Any]]]:
    """Return per setting and value: documents per hour, p95 of urgent documents (s), CPU seconds, memory."""
    return {
        name: [one(stack, row, name, value, DEFAULTS | changes, seconds, files, cache) for value, changes in values]
        for name, values in SWEEPS.items()
    }


def one(
    stack: Stack,
    row: Row,
    name: str,
    value: str,
    settings: dict[str, str],
    seconds: float,
    files: list[Path],
    cache: Path,
) -> dict[str, Any]:
    """Return the figures of one value of a setting.

    Args:
        stack: the appliance under test.
        row: limits of services that are not in ``settings``.
        name: name of the setting.
        value: its value, for the report.
        settings: all worker settings, as variables of compose.yaml.
        seconds: duration of full load.
        files: documents to submit.
        cache: folder of short documents.
    """
    processes = int(settings["WORKER_REPLICAS"]) * int(settings["WORKER_CONCURRENCY"])
    reserved = processes * int(settings["WORKER_PREFETCH"])
    stack.apply(row, **settings)
    stack.write_access()
    warm_up(stack, processes, cache)
    names = documents.put(files, stack.folder)
    waits: list[float] = []
    why: list[str] = []
    urgent = threading.Thread(target=_submit_urgent, args=(stack, cache, seconds, waits, why), daemon=True)
    urgent.start()
    # Enough documents to fill any prefetch.
    in_progress = processes + max(18, reserved + 2)
    found = phase(f"{name} {value}", *load(stack, "journey", names, shapes.backlog(in_progress, seconds)))
    urgent.join()
    urgent_p95 = round(quantiles(waits).get("p95", 0.0), 2)
    say(f"sweep {name} {value}: {found['documents_per_hour']:.0f} per hour, urgent {urgent_p95:.1f} s")
    return {
        "value": value,
        "per_hour": found["documents_per_hour"],
        "result_p50": found["result_seconds"].get("p50"),
        "urgent_p95": urgent_p95,
        "cpu_seconds_worker": found["cpu_seconds_per_document"].get("worker"),
        "worker_mib": found["peak_mib"].get("worker"),
        "redeliveries": found["ledger"]["redeliveries"],
        "host_busy": found["host_busy"],
        "wrong": unsound(found) + why,
    }


def _submit_urgent(stack: Stack, cache: Path, seconds: float, waits: list[float], wrong: list[str]) -> None:
    """Submit short documents with high priority while the queue is full, and record the latency of each.

    Args:
        stack: the appliance under test.
        cache: folder of the short document.
        seconds: time during which the queue is full.
        waits: receives the seconds from upload to result.
        wrong: receives the reason if a document could not be measured.
    """
    short = FilePart.of(documents.real_plan(cache, 3))
    start = time.monotonic()
    try:
        with Appliance(stack.connection()) as appliance:
            for number in range(1, URGENT + 1):
                due = start + number * seconds / (URGENT + 1)
                time.sleep(max(0.0, due - time.monotonic()))
                if number > 1 and time.monotonic() > start + seconds:
                    break  # the previous ones took too long; the queue is no longer full
                began = time.monotonic()
                job = appliance.submit([short], SubmitOptions(priority="high"))
                appliance.wait(job["job_id"], lambda _status: None)
                waits.append(time.monotonic() - began)
    except DecalogoError as error:
        wrong.append(f"urgent document {len(waits) + 1}: {error.detail}")
