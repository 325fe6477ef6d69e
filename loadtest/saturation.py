"""Scaling with cores, and the saturation points of uploads, status requests and the whole appliance."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from loadtest import documents, shapes
from loadtest.generate import Seen, quantiles
from loadtest.measure import load, phase, say, warm_up
from loadtest.rows import Row
from loadtest.sampler import Samples
from loadtest.stack import Stack
from loadtest.verdict import BUSY, GENERATOR, SHARED_LIMITS

ROW_WORKER_CPUS = (0.5, 1.0, 1.5, 2.0)
KEPT_UP = 0.9
"""A rate is sustained if this share of it is completed and p95 stays below five times that of the lowest rate."""


def scaling(stack: Stack, row: Row, seconds: float, files: list[Path], cache: Path) -> list[tuple[float, float]]:
    """Return pairs of CPUs of the workers and documents per hour, on one running appliance."""
    stack.apply(row)
    stack.write_access()
    warm_up(stack, row.processes, cache)
    names = documents.put(files, stack.folder)
    points = []
    for cpus in ROW_WORKER_CPUS:
        if cpus > stack.host.cores:
            break
        stack.worker_cpus(cpus)
        stages = shapes.backlog(row.processes + 2, seconds)
        seen, _ = load(stack, "journey", names, stages)
        points.append((cpus, seen.per_hour()))
        say(f"scaling: {cpus:g} CPUs for workers, {points[-1][1]:.0f} documents per hour")
    return points


def end_to_end(
    stack: Stack, row: Row, most: float, step_seconds: float, files: list[Path], cache: Path
) -> dict[str, Any]:
    """Raise the rate of documents in steps; return the throughput of each step and the saturation point."""
    stack.apply(row)
    stack.write_access()
    warm_up(stack, row.processes, cache)
    names = documents.put(files, stack.folder)
    alone = 3 * 3600 / most * row.cores_here(stack.host)
    say(f"saturation: documents at rising rates, up to {1.5 * most:.0f} per hour")
    seen, samples = load(stack, "journey", names, shapes.ramp(most, step_seconds, alone))
    steps = stepped(seen, samples)
    offered = [stage.users / stage.pace * 3600 for stage in seen.plan.stages]
    for step, rate in zip(steps, offered, strict=True):
        step["offered_per_hour"] = round(rate)
    sustained = [s for s in steps if s["given"] >= KEPT_UP * s["offered_per_hour"] and s["p95"] <= 5 * steps[0]["p95"]]
    return {
        "what": "end to end",
        "unit": "documents per hour",
        "steps": steps,
        "point": (sustained or steps)[-1],
        "bound": steps[-1]["bound"],
        "phase": phase("ramp", seen, samples),
    }


def endpoint(stack: Stack, kind: str, step_seconds: float, cache: Path) -> dict[str, Any]:
    """Double the users of one route; return the throughput of each step. The workers only wait."""
    tiny = documents.put([documents.real_plan(cache, 1)], stack.folder)
    say(f"saturation: {kind} requests by 1 to 64 users")
    seen, samples = load(stack, kind, tiny, shapes.doubling(step_seconds))
    steps = stepped(seen, samples, kind)
    most = max(step["given"] for step in steps)
    point = next(step for step in steps if step["given"] >= KEPT_UP * most)
    return {
        "what": kind,
        "unit": "requests per second",
        "steps": steps,
        "point": point,
        "bound": point["bound"],
        "errors": seen.count() - seen.count(429, 503),
    }


def stepped(seen: Seen, samples: Samples, kind: str = "") -> list[dict[str, Any]]:
    """Return rate, latency and busiest resource of each stage, for requests of a kind or for documents."""
    steps, at = [], seen.start
    limits = SHARED_LIMITS | {"locust": (GENERATOR, float(seen.plan.workers))}
    for stage in seen.plan.stages:
        end = at + stage.seconds
        step: dict[str, Any] = {"name": stage.name, "users": stage.users}
        if kind:
            times = seen.milliseconds(kind, at, end)
            step |= {"given": round(len(times) / stage.seconds, 1), **quantiles(times)}
        else:
            done = [d for d in seen.good if at <= d["at"] + d["seconds"] < end]
            step |= {
                "given": round(3600 * len(done) / stage.seconds),
                **{"p95": 0.0, **quantiles([d["seconds"] for d in done])},
            }
        cpu = samples.cpu_seconds(at, end)
        # Samples extend one interval past the stage on both sides.
        shares = {
            name: cpu.get(service, 0.0) / (stage.seconds + 2) / cores for service, (name, cores) in limits.items()
        }
        host = samples.host_shares(at, end).get("busy", 0.0)
        busiest = max(shares, key=lambda name: shares[name])
        step["use"] = {
            "CPU of the machine": round(host, 2),
            **{name: round(share, 2) for name, share in shares.items()},
        }
        step["bound"] = (
            busiest if shares[busiest] > BUSY else ("CPU of the machine" if host > BUSY else "the load offered")
        )
        steps.append(step)
        at = end
    return steps
