"""What takes long: the country in one go, a soak, and locust's page for a person who wants to look."""

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
"""The country is given up after so long for each document, or an hour if that is more."""
PAGE_SECONDS = 60.0
"""How long locust's page may take to answer with all of its workers."""
SLOPE_MIB = 16.0
"""A service's memory may rise by so much an hour, or by 5 % of its level, before it counts as growing."""
KEPT_KIB = {"redis": 4.0, "flower": 4.5}
"""What a service is to keep of each document and so may rise by as well: its record until the retention ends, and what
Flower shows of the last 10,000 tasks."""
FILLING = ("locust", "prometheus")
"""Not judged by slope: locust keeps its statistics, Prometheus two to three hours of data until it writes a block."""


def country(stack: Stack, row: Row, count: int, files: list[Path], cache: Path) -> dict[str, Any]:
    """Hand in ``count`` documents at once, the files by turns, follow them to their end and check every result.

    In batches of 25, or fewer where an upload would be too large, as `decalogo submit --split 25` would.
    """
    stack.apply(row)
    stack.write_access()
    warm_up(stack, row.slots, cache)
    names = documents.put(files, stack.folder)
    batch = documents.batch_of(files, COUNTRY_BATCH)
    batches, rest = divmod(count, batch)
    say(f"country: {count} documents in batches of {batch}")
    runs = []
    for users, size in ((batches, batch), (1, rest)):
        if users and size:
            # A batch a second, so that the load generator never holds many of them.
            stages = (Stage("country", users + 5.0, users, pace=86_400.0, spawn=1.0),)
            follow = max(FOLLOW_SECONDS, FOLLOW_SECONDS_EACH * users * size)
            runs.append(load(stack, "journey", names, stages, size, follow))
    found = phase("country", *_together(runs))
    minutes = found["seconds"] / 60
    say(f"country: {found['right']} of {count} right after {minutes:.1f} minutes, {found['pages']:.0f} pages each")
    wrong = unsound(found) + ([] if found["right"] == count else [f"{found['right']} of {count} results"])
    return {"documents": count, "pages": found["pages"], "minutes": minutes, "phase": found, "wrong": wrong}


def _together(runs: list[tuple[Seen, Samples]]) -> tuple[Seen, Samples]:
    """Return runs that followed each other as one."""
    (seen, samples), *others = runs
    for last, more in others:
        samples.ledger += more.ledger
        samples.use += more.use
        samples.host += more.host
        seen = Seen(seen.plan, seen.start, seen.requests + last.requests, seen.documents + last.documents)
    return seen, samples


def soak(stack: Stack, row: Row, per_hour: float, minutes: float, files: list[Path], cache: Path) -> dict[str, Any]:
    """Hand in at a rate for so long and return the slope of every service's memory, MiB an hour."""
    stack.apply(row)
    stack.write_access()
    warm_up(stack, row.slots, cache)
    names = documents.put(files, stack.folder)
    say(f"soak: {per_hour:.0f} documents an hour for {minutes:g} minutes")
    found = phase("soak", *load(stack, "journey", names, shapes.soak(per_hour, 60 * minutes, 20.0)))
    slopes: dict[str, dict[str, float]] = {}
    wrong = unsound(found)
    for key, points in found["series"].items():
        # The first third is left out: processes fill up, and are replaced after their share of documents.
        kept = [(at / 3600, value) for at, value in points if 20 * minutes <= at <= 60 * minutes]
        if key.startswith("memory ") and len(kept) > 2:
            line = statistics.linear_regression(*zip(*kept, strict=True))
            level = statistics.fmean(value for _, value in kept)
            slopes[key[7:]] = {"level_mib": round(level, 1), "mib_an_hour": round(line.slope, 1)}
            most = max(SLOPE_MIB, 0.05 * level) + KEPT_KIB.get(key[7:], 0.0) * per_hour / 1024
            if line.slope > most and minutes >= 20 and key[7:] not in FILLING:
                wrong.append(f"memory of {key[7:]} grows by {line.slope:.0f} MiB an hour")
    for name, slope in slopes.items():
        say(f"soak: {name} {slope['level_mib']:.0f} MiB, {slope['mib_an_hour']:+.1f} an hour")
    return {"per_hour": per_hour, "minutes": minutes, "slopes": slopes, "phase": found, "wrong": wrong}


def page(stack: Stack, row: Row, files: list[Path], cache: Path) -> int:
    """Start the row and locust with its page, distributed over some processes, until interrupted.

    Raises:
        SystemExit: locust's page does not answer, or not all of its processes come.
    """
    workers = stack.locust_workers
    say(f"{row.name}: starting")
    stack.apply(row)
    stack.write_access()
    slots = row.workers_here(stack.host) * row.concurrency
    warm_up(stack, slots, cache)
    names = documents.put(files, stack.folder)
    Plan(f"ui{int(time.time())}", "journey", names, 1, (), workers).write(stack.folder / "plan.json")
    stack.environment["LOADTEST_USERS"] = f"{slots}"
    services = ("locust-master", "locust-worker")
    stack.compose("--profile", "loadtest", "up", "--detach", "--scale", f"locust-worker={workers}", *services)
    address = f"http://127.0.0.1:{stack.environment.get('LOADTEST_UI_PORT', '8089')}"
    _wait_for_workers(address, workers)
    print(f"Locust: {address} ({workers} workers)   Ctrl-C ends it and deletes the appliance", file=sys.stderr)
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return 0


def _wait_for_workers(address: str, workers: int) -> None:
    until, told = time.monotonic() + PAGE_SECONDS, "it does not answer"
    while time.monotonic() < until:
        with suppress(httpx.HTTPError):
            count = httpx.get(f"{address}/stats/requests", trust_env=False).raise_for_status().json()["worker_count"]
            if count >= workers:
                return
            told = f"{count} of {workers} workers"
        time.sleep(0.5)
    raise SystemExit(f"loadtest: locust's page at {address}: {told} after {PAGE_SECONDS:.0f} s")
