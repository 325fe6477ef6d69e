"""Where it bends: scaling with cores, and the knees of upload, status and the whole."""

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
"""A rate is borne when so much of it comes back, and no document takes five times as long as at the lowest."""


def scaling(stack: Stack, row: Row, seconds: float, files: list[Path], cache: Path) -> list[tuple[float, float]]:
    """Return processors given to the workers, and the documents an hour they gave, on one running appliance."""
    stack.apply(row)
    stack.write_access()
    warm_up(stack, row.slots, cache)
    names = documents.put(files, stack.folder)
    points = []
    for cpus in ROW_WORKER_CPUS:
        if cpus > stack.host.cores:
            break
        stack.worker_cpus(cpus)
        stages = shapes.backlog(row.slots + 2, seconds)
        seen, _ = load(stack, "journey", names, stages)
        points.append((cpus, seen.per_hour()))
        say(f"scaling: {cpus:g} processors for workers, {points[-1][1]:.0f} documents an hour")
    return points


def end_to_end(
    stack: Stack, row: Row, most: float, step_seconds: float, files: list[Path], cache: Path
) -> dict[str, Any]:
    """Raise the rate of documents in steps and return what each step gave, and where the knee is."""
    stack.apply(row)
    stack.write_access()
    warm_up(stack, row.slots, cache)
    names = documents.put(files, stack.folder)
    alone = 3 * 3600 / most * row.cores_here(stack.host)
    say(f"knee: documents at rising rates, up to {1.5 * most:.0f} an hour")
    seen, samples = load(stack, "journey", names, shapes.ramp(most, step_seconds, alone))
    steps = stepped(seen, samples)
    offered = [stage.users / stage.pace * 3600 for stage in seen.plan.stages]
    for step, rate in zip(steps, offered, strict=True):
        step["offered_per_hour"] = round(rate)
    borne = [s for s in steps if s["given"] >= KEPT_UP * s["offered_per_hour"] and s["p95"] <= 5 * steps[0]["p95"]]
    return {
        "what": "end to end",
        "unit": "documents an hour",
        "steps": steps,
        "knee": (borne or steps)[-1],
        "bound": steps[-1]["bound"],
        "phase": phase("ramp", seen, samples),
    }


def endpoint(stack: Stack, kind: str, step_seconds: float, cache: Path) -> dict[str, Any]:
    """Double the users of one endpoint and return what each step gave; the workers only wait (``calibrated``)."""
    tiny = documents.put([documents.real_plan(cache, 1)], stack.folder)
    say(f"knee: {kind} requests by 1 to 64 users at once")
    seen, samples = load(stack, kind, tiny, shapes.doubling(step_seconds))
    steps = stepped(seen, samples, kind)
    most = max(step["given"] for step in steps)
    knee = next(step for step in steps if step["given"] >= KEPT_UP * most)
    return {
        "what": kind,
        "unit": "requests a second",
        "steps": steps,
        "knee": knee,
        "bound": knee["bound"],
        "errors": seen.count() - seen.count(429, 503),
    }


def stepped(seen: Seen, samples: Samples, kind: str = "") -> list[dict[str, Any]]:
    """Return rate, latency and busiest resource of each stage: of requests of a kind, else of documents."""
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
        # Samples reach a little past the stage on both sides.
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
