"""One row: start it, warm it up, load it, drain it, and say what was seen."""

from __future__ import annotations

import itertools
import os
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from decalogo.client.multipart import FilePart
from decalogo.client.appliance import Appliance, SubmitOptions

from loadtest import documents, shapes
from loadtest.generate import FOLLOW_SECONDS, Seen, generate, quantiles
from loadtest.rows import Host, Row, compression, heavy_wait_seconds
from loadtest.sampler import EVERY_SECONDS, Sampler, Samples
from loadtest.stack import Stack
from loadtest.users.plan import Plan, Stage

WARM_UP_PAGES = 3
LEDGER_COUNTS = ("accepted", "finished", "redeliveries", "attempts", "lost_attempts", "requeued", "refusals")


def say(text: str) -> None:
    """Tell the person who waits."""
    print(f"    {time.strftime('%H:%M:%S')} {text}", flush=True)


def warm_up(stack: Stack, slots: int, folder: Path) -> float:
    """Have every process of the workers judge a short document, and return what that took, seconds."""
    began = time.monotonic()
    short = documents.real_plan(folder, WARM_UP_PAGES)
    with Appliance(stack.connection()) as appliance:
        job = appliance.submit([FilePart.of(short)] * slots, SubmitOptions())
        appliance.wait(job["job_id"], lambda _status: None)
    return time.monotonic() - began


def load(
    stack: Stack,
    kind: str,
    files: tuple[str, ...],
    stages: tuple[Stage, ...],
    batch: int = 1,
    follow_seconds: float = FOLLOW_SECONDS,
) -> tuple[Seen, Samples]:
    """Run locust with samples taken beside it; see ``Plan`` and ``generate``."""
    plan = Plan(f"r{int(time.time())}", kind, files, batch, stages, stack.locust_workers)
    sampler = Sampler(stack)
    sampler.start()
    try:
        seen = generate(stack, plan, follow_seconds)
        time.sleep(EVERY_SECONDS)  # the ledger's last figures
    finally:
        sampler.stop()
    return seen, sampler.last()


def phase(name: str, seen: Seen, samples: Samples) -> dict[str, Any]:
    """Return the figures of one run of locust."""
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
        "told_to_wait": seen.count(429, 503),
        "sent_again": sum(r["again"] for r in seen.requests),
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
    """Return what the charts show, as points of seconds since the start and a value."""
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


def flow(seen: Seen, slots: int) -> float:
    """Return documents an hour while every slot had work: from the end of the first wave to that before the last."""
    ends = sorted(document["at"] + document["seconds"] for document in seen.good)[slots - 1 : -slots]
    if len(ends) <= slots:  # no whole wave between
        return seen.per_hour()
    return 3600 * (len(ends) - 1) / (ends[-1] - ends[0])


def measure_row(stack: Stack, row: Row, host: Host, minutes: float, files: list[Path], cache: Path) -> dict[str, Any]:
    """Run one row with real documents, then its slots with ``calibrated``, and return its figures."""
    began = time.monotonic()
    workers = row.workers_here(host)
    slots = workers * row.concurrency
    report: dict[str, Any] = {
        "row": asdict(row),
        "workers_here": workers,
        "slots_here": slots,
        "cores_here": row.cores_here(host),
        "phases": {},
    }
    say(f"{row.name}: starting {workers} workers of {row.concurrency}")
    stack.apply(row)
    stack.write_access()
    report["start_seconds"] = round(time.monotonic() - began, 1)
    report["warm_up_seconds"] = round(warm_up(stack, slots, cache), 1)
    names = documents.put(files, stack.folder)

    in_work = slots + 2 * row.cores_here(host)
    say(f"{row.name}: backlog of {in_work} documents for {60 * minutes:.0f} s")
    report["phases"]["backlog"] = phase(
        "backlog", *load(stack, "journey", names, shapes.backlog(in_work, 60 * minutes))
    )
    most = report["phases"]["backlog"]["documents_per_hour"]
    say(f"{row.name}: {most:.0f} documents an hour")

    rate = max(row.band[1], most / 2)
    alone = 3 * 3600 / max(most, 1) * row.cores_here(host)
    say(f"{row.name}: steady at {rate:.0f} documents an hour")
    steady = shapes.steady(rate, max(20.0, 30 * minutes), alone)
    report["phases"]["steady"] = phase("steady", *load(stack, "journey", names, steady))
    report["phases"]["steady"]["offered_per_hour"] = rate

    wait = heavy_wait_seconds(row, slots)
    say(f"{row.name}: {slots} slots with the guide's heavy documents, {compression(row):.0f} times faster")
    stack.apply(row, evaluator="calibrated", wait_seconds=wait)
    tiny = documents.put([documents.real_plan(cache, 1)], stack.folder)
    stages = shapes.backlog(2 * slots, max(30 * minutes, 3.5 * wait), batch=max(1, slots // 8))
    seen, samples = load(stack, "journey", tiny, stages, batch=max(1, slots // 8))
    heavy = phase("calibrated", seen, samples)
    heavy |= {"wait_seconds": wait, "compression": compression(row), "ideal_per_hour": 3600 * slots / wait}
    heavy["flow_per_hour"] = round(flow(seen, slots), 1)
    heavy["as_guide_per_hour"] = round(heavy["flow_per_hour"] / compression(row), 1)
    report["phases"]["calibrated"] = heavy
    report["wall_seconds"] = round(time.monotonic() - began, 1)
    return report
