"""People who use the console and a full queue: page times by number of sessions, and the saturation point."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from decalogo.client.appliance import Appliance, SubmitOptions
from decalogo.client.multipart import FilePart
from loadtest import documents
from loadtest.generate import Seen, quantiles
from loadtest.measure import load, phase, say, warm_up
from loadtest.rows import Row
from loadtest.saturation import stepped
from loadtest.stack import Stack
from loadtest.users.plan import Stage
from loadtest.verdict import unsound

PAGES = ("sign in", "batch list", "batch page", "document page", "answer page", "page picture", "review")
UPLOAD_FILES = 200
"""Documents per upload of the user who keeps the queue full."""
WATCHED_FILES = 4
"""Real plans in the batch that the people open."""
SLOWER = 5.0
"""The saturation point is the last step whose p95 is below this multiple of the first step's."""


def steps(most: int, seconds: float) -> tuple[Stage, ...]:
    """Return the stages: an eighth of the sessions, a quarter, half, all, and twice as many. One more user submits."""
    counts = [max(1, round(most * share)) for share in (0.125, 0.25, 0.5, 1, 2)]
    return tuple(
        Stage(f"{count} session{'s' * (count > 1)}", seconds, count + 1, spawn=max(1.0, count / 5)) for count in counts
    )


def page_times(seen: Seen) -> list[dict[str, Any]]:
    """Return p50, p95 and p99 per step and page, milliseconds.

    The first fifth of a step, when people sign in, is left out.
    """
    found, at = [], seen.start
    for stage in seen.plan.stages:
        start, end = at + stage.seconds / 5, at + stage.seconds
        pages = {kind: quantiles(seen.milliseconds(kind, start, end)) for kind in PAGES}
        every = [ms for kind in PAGES for ms in seen.milliseconds(kind, start, end)]
        found.append({"name": stage.name, "opened": len(every), "all": quantiles(every), "pages": pages})
        at += stage.seconds
    return found


def people(stack: Stack, row: Row, most: int, seconds: float, files: list[Path], cache: Path) -> dict[str, Any]:
    """Raise the number of sessions while uploads of 200 files keep the queue full.

    Args:
        stack: the appliance under test.
        row: its sizing profile.
        most: sessions of the step in question; the last step has twice as many.
        seconds: duration of each step.
        files: documents of the batch that people open.
        cache: folder for generated documents.
    """
    stack.apply(row)
    stack.write_access()
    warm_up(stack, row.processes, cache)
    with Appliance(stack.connection()) as appliance:
        parts = [FilePart.of(file) for file in (files * WATCHED_FILES)[:WATCHED_FILES]]
        job = appliance.submit(parts, SubmitOptions())["job_id"]
        appliance.wait(job, lambda _status: None)
    names = documents.put([documents.real_plan(cache, 1)], stack.folder)
    say(f"people: up to {2 * most} sessions and uploads of {UPLOAD_FILES} documents")
    seen, samples = load(stack, "people", names, steps(most, seconds), UPLOAD_FILES, watched=job)
    times, use = page_times(seen), stepped(seen, samples, "document")
    for step, busy in zip(times, use, strict=True):
        step["bound"], step["use"] = busy["bound"], busy["use"]
        say(f"people: {step['name']}: p95 {step['all'].get('p95', 0):.0f} ms, bound by {step['bound']}")
    first = times[0]["all"].get("p95", 0.0)
    sustained = [step for step in times if step["all"] and step["all"]["p95"] <= SLOWER * first]
    run = phase("people", seen, samples)
    return {
        "sessions": most,
        "steps": times,
        "point": (sustained or times)[-1]["name"],
        "phase": run,
        "wrong": unsound(run),
    }
