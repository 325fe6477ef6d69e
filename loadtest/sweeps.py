"""One setting at a time: concurrency, prefetch and tasks per child, each over a range, with the same load."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

from decalogo.client.multipart import FilePart
from decalogo.client.appliance import Appliance, SubmitOptions
from decalogo.errors import DecalogoError

from loadtest import documents, shapes
from loadtest.generate import quantiles
from loadtest.measure import load, phase, say, warm_up
from loadtest.rows import Row
from loadtest.stack import Stack
from loadtest.verdict import unsound

# Each value is what compose.yaml reads; what is not swept is the default of the appliance.
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
    """Return for every setting and value: documents an hour, p95 of urgent documents (s), CPU seconds, memory."""
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
    """Return what one value of a setting gives.

    Args:
        stack: the appliance under test.
        row: whose limits the services get that are not in ``settings``.
        name: of what is set.
        value: what it is set to, for the report.
        settings: all that the workers get, as compose.yaml reads it.
        seconds: of full load.
        files: what is handed in.
        cache: where short documents are kept.
    """
    slots = int(settings["WORKER_REPLICAS"]) * int(settings["WORKER_CONCURRENCY"])
    reserved = slots * int(settings["WORKER_PREFETCH"])
    stack.apply(row, **settings)
    stack.write_access()
    warm_up(stack, slots, cache)
    names = documents.put(files, stack.folder)
    waits: list[float] = []
    why: list[str] = []
    urgent = threading.Thread(target=_hand_in_urgent, args=(stack, cache, seconds, waits, why), daemon=True)
    urgent.start()
    # Enough for any prefetch here to reserve all it wants.
    in_work = slots + max(18, reserved + 2)
    found = phase(f"{name} {value}", *load(stack, "journey", names, shapes.backlog(in_work, seconds)))
    urgent.join()
    urgent_p95 = round(quantiles(waits).get("p95", 0.0), 2)
    say(f"sweep {name} {value}: {found['documents_per_hour']:.0f} an hour, urgent {urgent_p95:.1f} s")
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


def _hand_in_urgent(stack: Stack, cache: Path, seconds: float, waits: list[float], wrong: list[str]) -> None:
    """Hand in short documents with high priority while the queue is full of others, and note how long each takes.

    Args:
        stack: what it is handed in to.
        cache: where the short document is.
        seconds: how long the queue is full.
        waits: gets the seconds from upload to result of each.
        wrong: gets why one could not be measured.
    """
    short = FilePart.of(documents.real_plan(cache, 3))
    start = time.monotonic()
    try:
        with Appliance(stack.connection()) as appliance:
            for number in range(1, URGENT + 1):
                due = start + number * seconds / (URGENT + 1)
                time.sleep(max(0.0, due - time.monotonic()))
                if number > 1 and time.monotonic() > start + seconds:
                    break  # those before took so long that the queue is not full any more
                began = time.monotonic()
                job = appliance.submit([short], SubmitOptions(priority="high"))
                appliance.wait(job["job_id"], lambda _status: None)
                waits.append(time.monotonic() - began)
    except DecalogoError as error:
        wrong.append(f"urgent document {len(waits) + 1}: {error.detail}")
