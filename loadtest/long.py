"""What takes long: the country in one go, a soak, and locust's page for a person who wants to look."""

from __future__ import annotations

import statistics
import sys
import time
from pathlib import Path
from typing import Any

from loadtest import documents, shapes
from loadtest.generate import Seen
from loadtest.measure import load, phase, say, warm_up
from loadtest.rows import Row
from loadtest.stack import Stack
from loadtest.users.plan import Plan, Stage
from loadtest.verdict import unsound

COUNTRY_BATCH = 25
SLOPE_MIB = 16.0
"""A service's memory may rise by so much an hour, or by 5 % of its level, before it counts as growing."""


def country(stack: Stack, row: Row, count: int, cache: Path) -> dict[str, Any]:
    """Hand in ``count`` plans of 300 pages on average at once, follow them to their end and check every result.

    In batches of 25, because an upload is at most 100 MB, as `decalogo submit --split 25` would.
    """
    stack.apply(row)
    stack.write_access()
    warm_up(stack, row.slots, cache)
    files = documents.country(cache)
    names = documents.put(files, stack.folder)
    pages = statistics.fmean(documents.COUNTRY_PAGES)
    batches, rest = divmod(count, COUNTRY_BATCH)
    say(f"country: {count} plans of {pages:.0f} pages on average")
    # A batch a second, so that the load generator never holds many of them.
    stages = (Stage("country", batches + 5.0, batches, pace=86_400.0, spawn=1.0),)
    seen, samples = load(stack, "journey", names, stages, COUNTRY_BATCH)
    if rest:
        say(f"country: the last {rest}")
        last, more = load(stack, "journey", names, (Stage("country", 5.0, 1, pace=86_400.0),), rest)
        samples.ledger += more.ledger
        samples.use += more.use
        samples.host += more.host
        seen = Seen(seen.plan, seen.start, seen.requests + last.requests, seen.documents + last.documents)
    found = phase("country", seen, samples)
    minutes = found["seconds"] / 60
    say(f"country: {found['right']} of {count} right after {minutes:.1f} minutes")
    wrong = unsound(found) + ([] if found["right"] == count else [f"{found['right']} of {count} results"])
    return {"documents": count, "pages": pages, "minutes": minutes, "phase": found, "wrong": wrong}


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
        if key.startswith("memory ") and len(kept) > 10:
            line = statistics.linear_regression(*zip(*kept, strict=True))
            level = statistics.fmean(value for _, value in kept)
            slopes[key[7:]] = {"level_mib": round(level, 1), "mib_an_hour": round(line.slope, 1)}
            if line.slope > max(SLOPE_MIB, 0.05 * level) and minutes >= 20 and not key.endswith("locust"):
                wrong.append(f"memory of {key[7:]} grows by {line.slope:.0f} MiB an hour")
    for name, slope in slopes.items():
        say(f"soak: {name} {slope['level_mib']:.0f} MiB, {slope['mib_an_hour']:+.1f} an hour")
    return {"per_hour": per_hour, "minutes": minutes, "slopes": slopes, "phase": found, "wrong": wrong}


def page(stack: Stack, row: Row, cache: Path, workers: int = 2) -> int:
    """Start the row and locust with its page, distributed over some processes, until interrupted."""
    stack.apply(row)
    stack.write_access()
    names = documents.put([documents.real_plan(cache)], stack.folder)
    stages = shapes.backlog(row.slots, 3600.0)
    Plan(f"ui{int(time.time())}", "journey", names, 1, stages).write(stack.folder / "plan.json")
    stack.compose(
        "--profile",
        "loadtest",
        "up",
        "--detach",
        "--scale",
        f"locust-worker={workers}",
        "locust-master",
        "locust-worker",
    )
    print(
        f"Locust: http://127.0.0.1:{stack.environment.get('LOADTEST_UI_PORT', '8089')}   Ctrl-C ends it",
        file=sys.stderr,
    )
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return 0
