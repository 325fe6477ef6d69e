"""Past one host: what a document costs each service that exists once, with many worker processes that only wait.

The evaluator ``synthetic`` waits instead of computing, so one host carries as many worker processes as fit its memory.
The cost per document of Redis, nginx, the API and the scheduler does not depend on what the evaluator does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from loadtest import documents, shapes
from loadtest.measure import flow, load, phase, say, warm_up
from loadtest.rows import Row
from loadtest.stack import Stack
from loadtest.verdict import SHARED_LIMITS, unsound

PROCESSES = (64, 128, 256, 512)
CONCURRENCY = 16
PROCESS_MIB = 80
"""Memory per worker process that must be free, MiB."""
FREE_SHARE = 0.7
"""Share of the host's memory that the worker processes may take."""
WAIT_SECONDS = 12.0
REDIS_COUNTERS = ("total_commands_processed", "total_net_input_bytes", "total_net_output_bytes")


def reach(stack: Stack, row: Row, seconds: float, cache: Path) -> list[dict[str, Any]]:
    """Return the figures per number of worker processes; numbers that the memory does not allow are left out.

    Args:
        stack: the appliance under test.
        row: limits of the other services.
        seconds: duration of full load per number.
        cache: folder for generated documents.
    """
    most = FREE_SHARE * stack.host.memory_mib / PROCESS_MIB
    return [one(stack, row, processes, seconds, cache) for processes in PROCESSES if processes <= most]


def one(stack: Stack, row: Row, processes: int, seconds: float, cache: Path) -> dict[str, Any]:
    """Return throughput as a share of the ideal, and the cost per document of each service, for one number."""
    settings = {
        "WORKER_REPLICAS": str(processes // CONCURRENCY),
        "WORKER_CONCURRENCY": str(CONCURRENCY),
        "WORKER_MEMORY": f"{2 * CONCURRENCY * PROCESS_MIB}m",
    }
    say(f"reach: {processes} worker processes, documents that wait {WAIT_SECONDS:g} s")
    stack.apply(row, evaluator="synthetic", wait_seconds=WAIT_SECONDS, **settings)
    stack.write_access()
    warm_up(stack, processes, cache)
    tiny = documents.put([documents.real_plan(cache, 1)], stack.folder)
    batch = processes // 8
    stages = shapes.backlog(2 * processes, max(seconds, 3.5 * WAIT_SECONDS), batch)
    before = redis_counters(stack)
    seen, samples = load(stack, "journey", tiny, stages, batch)
    after = redis_counters(stack)
    found = phase("reach", seen, samples)
    good = max(1, found["right"])
    given, ideal = flow(seen, processes), 3600 * processes / WAIT_SECONDS
    cost = {key: found["cpu_seconds_per_document"].get(key, 0.0) for key in (*SHARED_LIMITS, "scheduler", "worker")}
    say(f"reach: {given:,.0f} documents per hour, {given / ideal:.2f} of ideal")
    return {
        "processes": processes,
        "per_hour": round(given),
        "ideal_per_hour": round(ideal),
        "cpu_seconds": cost,
        "redis": {name: round((after[name] - before[name]) / good, 1) for name in REDIS_COUNTERS},
        "host_busy": found["host_busy"],
        "phase": found,
        "wrong": unsound(found),
    }


def redis_counters(stack: Stack) -> dict[str, int]:
    """Return the counters of Redis since its start."""
    lines = stack.compose("exec", "-T", "redis", "operator-cli", "info", "stats").splitlines()
    values = dict(line.strip().split(":", 1) for line in lines if ":" in line)
    return {name: int(values[name]) for name in REDIS_COUNTERS}


def saturation_per_hour(point: dict[str, Any]) -> dict[str, float]:
    """Return documents per hour at which each shared service would use all its cores."""
    return {
        name: 3600 * cores / point["cpu_seconds"][service]
        for service, (name, cores) in SHARED_LIMITS.items()
        if point["cpu_seconds"].get(service)
    }
