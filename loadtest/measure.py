"""Measure one row: start, warm up, load, drain, summarize."""

from __future__ import annotations

import itertools
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from decalogo.client.appliance import Appliance, SubmitOptions
from decalogo.client.multipart import FilePart
from loadtest import documents, shapes
from loadtest.generate import FOLLOW_SECONDS, Seen, generate, quantiles
from loadtest.rows import Host, Row, compression, heavy_wait_seconds
from loadtest.sampler import EVERY_SECONDS, Sampler, Samples
from loadtest.stack import Stack
from loadtest.users.plan import Plan, Stage

WARM_UP_PAGES = 3
LEDGER_COUNTS = ("accepted", "finished", "redeliveries", "attempts", "lost_attempts", "requeued", "refusals")


def say(text: str) -> None:
    """Print a progress line."""
    print(f"    {time.strftime('%H:%M:%S')} {text}", flush=True)


def warm_up(stack: Stack, processes: int, folder: Path) -> float:
    """Evaluate a short document in every worker process; return the duration in seconds."""
    began = time.monotonic()
    short = documents.real_plan(folder, WARM_UP_PAGES)
    with Appliance(stack.connection()) as appliance:
        job = appliance.submit([FilePart.of(short)] * processes, SubmitOptions())
        appliance.wait(job["job_id"], lambda _status: None)
    return time.monotonic() - began


def load(
    stack: Stack,
    kind: str,
    files: tuple[str, ...],
    stages: tuple[Stage, ...],
    batch: int = 1,
    follow_seconds: float = FOLLOW_SECONDS,
    watched: str = "",
) -> tuple[Seen, Samples]:
    """Run Locust while samples are taken; see ``Plan`` and ``generate``."""
    plan = Plan(f"r{int(time.time())}", kind, files, batch, stages, stack.locust_workers, watched)
    sampler = Sampler(stack)
    sampler.start()
    try:
        seen = generate(stack, plan, follow_seconds)
        time.sleep(EVERY_SECONDS)  # the final figures of the ledger
    finally:
        sampler.stop()
    return seen, sampler.last()


def phase(name: str, seen: Seen, samples: Samples) -> dict[str, Any]:
    """Return the figures of one Locust run."""
    start, end = seen.start, seen.end
    cpu, host = samples.cpu_seconds(start, end), samples.host_shares(start, end)
    good = max(1, len(seen.good))
    wrong: dict[str, int] = {}
    for document in seen.documents:
        if document["wrong"]:
            kind = document["wrong"].split(":")[0]
            wrong[kind] = wrong.get(kind, 0) + 1
    return {
        "name": name,
        "seconds": round(end - start, 1),
        "documents": len(seen.documents),
        "right": len(seen.good),
        "wrong": wrong,
        "why": next((d["wrong"] for d in seen.documents if d["wrong"]), ""),
        "documents_per_hour": round(seen.per_hour(), 1),
        "pages": round(seen.pages, 1),
        "locust_workers": seen.plan.workers,
        "upload_ms": quantiles(seen.milliseconds("upload")),
        "status_ms": quantiles(seen.milliseconds("status")),
        "result_seconds": quantiles([d["seconds"] for d in seen.good]),
        "requests": len(seen.requests),
        "errors": seen.count() - seen.count(429, 503),
        "throttled": seen.count(429, 503),
        "retried": sum(r["retried"] for r in seen.requests),
        "ledger": {key: samples.grown(key) for key in LEDGER_COUNTS},
        "cpu_seconds": {key: round(value, 2) for key, value in cpu.items()},
        "cpu_seconds_per_document": {key: round(value / good, 4) for key, value in cpu.items()},
        "peak_mib": {key: round(value) for key, value in samples.peak_mib(start, end).items()},
        "redis_peak_mib": round(max((m["redis_bytes"] for m in samples.ledger), default=0) / (1 << 20), 1),
        "host_busy": round(host.get("busy", 0.0), 3),
        "host_waits": round(host.get("waiting", 0.0), 3),
        "host_cores": os.cpu_count() or 1,
        "stages": [asdict(stage) for stage in seen.plan.stages],
        "start": start,
        "end": end,
        "series": series(seen, samples),
    }


def series(seen: Seen, samples: Samples) -> dict[str, list[list[float]]]:
    """Return the series of the charts: pairs of seconds since the start and a value."""
    start = seen.start
    ledger = [m for m in samples.ledger if m["at"] >= start - 2]
    use = [m for m in samples.use if m["at"] >= start - 2]
    cores: dict[str, list[list[float]]] = {}
    memory: dict[str, list[list[float]]] = {}
    for before, after in itertools.pairwise(use):
        for name in after:
            if name != "at" and name in before and after["at"] > before["at"]:
                used = (after[name][0] - before[name][0]) / (after["at"] - before["at"])
                cores.setdefault(f"cpu {name}", []).append([round(after["at"] - start, 1), round(max(used, 0.0), 3)])
                memory.setdefault(f"memory {name}", []).append(
                    [round(after["at"] - start, 1), round(after[name][1] / (1 << 20))]
                )
    return {
        "finished": [[round(m["at"] - start, 1), m["finished"] - ledger[0]["finished"]] for m in ledger],
        "queued": [[round(m["at"] - start, 1), m["queued"]] for m in ledger],
        "running": [[round(m["at"] - start, 1), m["running"]] for m in ledger],
        **cores,
        **memory,
    }


def flow(seen: Seen, processes: int) -> float:
    """Return documents per hour between the first and the last wave, while every worker process was busy."""
    ends = sorted(document["at"] + document["seconds"] for document in seen.good)[processes - 1 : -processes]
    if len(ends) <= processes:  # no complete wave in between
        return seen.per_hour()
    return 3600 * (len(ends) - 1) / (ends[-1] - ends[0])


def measure_row(stack: Stack, row: Row, host: Host, minutes: float, files: list[Path], cache: Path) -> dict[str, Any]:
    """Run one row with real documents, then with documents that wait, and return its figures."""
    began = time.monotonic()
    workers = row.workers_here(host)
    processes = workers * row.concurrency
    report: dict[str, Any] = {
        "row": asdict(row),
        "workers_here": workers,
        "processes_here": processes,
        "cores_here": row.cores_here(host),
        "phases": {},
    }
    say(f"{row.name}: starting {workers} workers of {row.concurrency}")
    stack.apply(row)
    stack.write_access()
    report["start_seconds"] = round(time.monotonic() - began, 1)
    report["warm_up_seconds"] = round(warm_up(stack, processes, cache), 1)
    names = documents.put(files, stack.folder)

    in_progress = processes + 2 * row.cores_here(host)
    say(f"{row.name}: backlog of {in_progress} documents for {60 * minutes:.0f} s")
    report["phases"]["backlog"] = phase(
        "backlog", *load(stack, "journey", names, shapes.backlog(in_progress, 60 * minutes))
    )
    most = report["phases"]["backlog"]["documents_per_hour"]
    say(f"{row.name}: {most:.0f} documents per hour")

    rate = max(row.band[1], most / 2)
    alone = 3 * 3600 / max(most, 1) * row.cores_here(host)
    say(f"{row.name}: steady at {rate:.0f} documents per hour")
    steady = shapes.steady(rate, max(20.0, 30 * minutes), alone)
    report["phases"]["steady"] = phase("steady", *load(stack, "journey", names, steady))
    report["phases"]["steady"]["offered_per_hour"] = rate

    wait = heavy_wait_seconds(row, processes)
    say(f"{row.name}: {processes} worker processes with heavy documents, compressed {compression(row):.0f} times")
    stack.apply(row, evaluator="synthetic", wait_seconds=wait)
    tiny = documents.put([documents.real_plan(cache, 1)], stack.folder)
    stages = shapes.backlog(2 * processes, max(30 * minutes, 3.5 * wait), batch=max(1, processes // 8))
    seen, samples = load(stack, "journey", tiny, stages, batch=max(1, processes // 8))
    heavy = phase("heavy", seen, samples)
    heavy |= {"wait_seconds": wait, "compression": compression(row), "ideal_per_hour": 3600 * processes / wait}
    heavy["flow_per_hour"] = round(flow(seen, processes), 1)
    heavy["uncompressed_per_hour"] = round(heavy["flow_per_hour"] / compression(row), 1)
    report["phases"]["heavy"] = heavy
    report["wall_seconds"] = round(time.monotonic() - began, 1)
    return report
