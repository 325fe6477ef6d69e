"""Long scenarios: the country in one run, a soak test, and the Locust page."""

from __future__ import annotations

import statistics
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from loadtest import documents, shapes
from loadtest.generate import FOLLOW_SECONDS, Seen
from loadtest.measure import load, phase, say, warm_up
from loadtest.rows import Row
from loadtest.sampler import Samples
from loadtest.stack import Stack
from loadtest.users.plan import Plan, Stage
from loadtest.verdict import unsound

COUNTRY_BATCH = 25
FOLLOW_SECONDS_EACH = 10.0
"""Seconds per document after which the country run is abandoned; at least an hour in total."""
PAGE_SECONDS = 600.0
"""Time until the Locust page must answer with all its workers, seconds."""
SLOPE_MIB = 16.0
"""Tolerated growth of a service's memory, MiB per hour; or 5 % of its level, if that is more."""
KEPT_KIB = {"redis": 4.0, "flower": 4.5}
"""Expected growth per document, KiB: its ledger entry until retention, and Flower's list of the last 10,000 tasks."""
FILLING = ("locust", "prometheus")
"""Not assessed: Locust keeps its statistics, Prometheus keeps two to three hours of data before it writes a block."""


def country(stack: Stack, row: Row, count: int, files: list[Path], cache: Path) -> dict[str, Any]:
    """Submit ``count`` documents in one run, cycling through the files, and check every result.

    Batches have 25 documents, or fewer if an upload would be too large, as with `decalogo submit --split 25`.
    """
    stack.apply(row)
    stack.write_access()
    warm_up(stack, row.processes, cache)
    names = documents.put(files, stack.folder)
    batch = documents.batch_of(files, COUNTRY_BATCH)
    batches, rest = divmod(count, batch)
    say(f"country: {count} documents in batches of {batch}")
    runs = []
    for users, size in ((batches, batch), (1, rest)):
        if users and size:
            # One batch per second, so that the load generator never holds many of them.
            stages = (Stage("country", users + 5.0, users, pace=86_400.0, spawn=1.0),)
            follow = max(FOLLOW_SECONDS, FOLLOW_SECONDS_EACH * users * size)
            runs.append(load(stack, "journey", names, stages, size, follow))
    found = phase("country", *_together(runs))
    minutes = found["seconds"] / 60
    say(f"country: {found['right']} of {count} right after {minutes:.1f} minutes, {found['pages']:.0f} pages each")
    wrong = unsound(found) + ([] if found["right"] == count else [f"{found['right']} of {count} results"])
    return {"documents": count, "pages": found["pages"], "minutes": minutes, "phase": found, "wrong": wrong}


def _together(runs: list[tuple[Seen, Samples]]) -> tuple[Seen, Samples]:
    """Join consecutive runs into one."""
    (seen, samples), *others = runs
    for last, more in others:
        samples.ledger += more.ledger
        samples.use += more.use
        samples.host += more.host
        seen = Seen(seen.plan, seen.start, seen.requests + last.requests, seen.documents + last.documents)
    return seen, samples


def soak(stack: Stack, row: Row, per_hour: float, minutes: float, files: list[Path], cache: Path) -> dict[str, Any]:
    """Submit at a constant rate; return the slope of every service's memory, MiB per hour."""
    stack.apply(row)
    stack.write_access()
    warm_up(stack, row.processes, cache)
    names = documents.put(files, stack.folder)
    say(f"soak: {per_hour:.0f} documents per hour for {minutes:g} minutes")
    found = phase("soak", *load(stack, "journey", names, shapes.soak(per_hour, 60 * minutes, 20.0)))
    slopes: dict[str, dict[str, float]] = {}
    wrong = unsound(found)
    for key, points in found["series"].items():
        # Without the first third: processes fill up, and are replaced after a number of documents.
        kept = [(at / 3600, value) for at, value in points if 20 * minutes <= at <= 60 * minutes]
        if key.startswith("memory ") and len(kept) > 2:
            line = statistics.linear_regression(*zip(*kept, strict=True))
            level = statistics.fmean(value for _, value in kept)
            slopes[key[7:]] = {"level_mib": round(level, 1), "mib_per_hour": round(line.slope, 1)}
            most = max(SLOPE_MIB, 0.05 * level) + KEPT_KIB.get(key[7:], 0.0) * per_hour / 1024
            if line.slope > most and minutes >= 20 and key[7:] not in FILLING:
                wrong.append(f"memory of {key[7:]} grows by {line.slope:.0f} MiB per hour")
    for name, slope in slopes.items():
        say(f"soak: {name} {slope['level_mib']:.0f} MiB, {slope['mib_per_hour']:+.1f} per hour")
    return {"per_hour": per_hour, "minutes": minutes, "slopes": slopes, "phase": found, "wrong": wrong}


def page(stack: Stack, row: Row, files: list[Path], cache: Path) -> int:
    """Start the row and the Locust page with several Locust workers, until interrupted.

    Raises:
        SystemExit: the page does not answer, or not all workers connect.
    """
    workers = stack.locust_workers
    say(f"{row.name}: starting")
    stack.apply(row)
    stack.write_access()
    processes = row.workers_here(stack.host) * row.concurrency
    warm_up(stack, processes, cache)
    names = documents.put(files, stack.folder)
    Plan(f"ui{int(time.time())}", "journey", names, 1, (), workers).write(stack.folder / "plan.json")
    stack.environment["LOADTEST_USERS"] = f"{processes}"
    services = ("locust-master", "locust-worker")
    stack.compose("--profile", "loadtest", "up", "--detach", "--scale", f"locust-worker={workers}", *services)
    address = f"http://127.0.0.1:{stack.environment.get('LOADTEST_UI_PORT', '8089')}"
    _wait_for_workers(address, workers)
    print(f"Locust: {address} ({workers} workers)   Ctrl-C ends the test and deletes the appliance", file=sys.stderr)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return 0


def _wait_for_workers(address: str, workers: int) -> None:
    until, problem = time.monotonic() + PAGE_SECONDS, "no answer"
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):
            count = httpx.get(f"{address}/stats/requests", trust_env=False).raise_for_status().json()["worker_count"]
            if count >= workers:
                return
            problem = f"{count} of {workers} workers"
        time.sleep(0.5)
    raise SystemExit(f"loadtest: the Locust page at {address}: {problem} after {PAGE_SECONDS:.0f} s")
