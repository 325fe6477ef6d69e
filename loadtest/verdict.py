"""Assess a row: does it reach its band, and what is its bottleneck?"""

from __future__ import annotations

from typing import Any

BUSY = 0.85
SHARED_LIMITS = {"redis": ("Redis", 1.0), "nginx": ("nginx", 1.0), "api": ("API", 2.0)}
GENERATOR = "load generator"
"""Locust uses at most one CPU per process; ``--locust-workers`` adds processes."""


def assess(report: dict[str, Any]) -> list[str]:
    """Return the failures of a row; an empty list if it passes.

    Args:
        report: result of ``measure.measure_row``.
    """
    row, backlog = report["row"], report["phases"]["backlog"]
    wrong: list[str] = []
    most = row["band"][1]
    if backlog["documents_per_hour"] <= most:
        given = backlog["documents_per_hour"]
        wrong.append(f"{given:.0f} documents per hour, not above the band of {most}: bound by {bound(backlog, report)}")
    heavy = report["phases"].get("heavy")
    if heavy and heavy["uncompressed_per_hour"] < (floor := row["band"][0]):
        given = heavy["uncompressed_per_hour"]
        limit = bound(heavy, report)
        wrong.append(f"heavy documents flow at {given:.0f} per hour, below {floor:.0f}: bound by {limit}")
    for name, phase in report["phases"].items():
        wrong += [f"{name}: {problem}" for problem in unsound(phase)]
    memory = backlog["peak_mib"].get("all", 0) / 1024
    if memory > row["memory_gb"] * row["machines"]:
        wrong.append(f"{memory:.1f} GB of memory, above the row's {row['memory_gb'] * row['machines']}")
    return wrong


def unsound(phase: dict[str, Any]) -> list[str]:
    """Return the violations of a phase: lost, doubled or wrong documents, errors, lost attempts."""
    ledger = phase["ledger"]
    found = [f"{count} documents {kind}" for kind, count in phase["wrong"].items()]
    if phase["errors"]:
        found.append(f"{phase['errors']} requests failed")
    if ledger["finished"] != ledger["accepted"]:
        found.append(f"{ledger['accepted']:.0f} documents accepted, {ledger['finished']:.0f} finished")
    if ledger["lost_attempts"]:
        found.append(f"{ledger['lost_attempts']:.0f} attempts lost")
    if not phase["right"]:
        found.append("no document was returned")
    return found


def problems(report: dict[str, Any]) -> list[str]:
    """Return all failures of a report, each with the name of its part."""
    found = [f"{row['row']['name']}: {why}" for row in report["rows"] for why in row["wrong"]]
    found += [
        f"{name}: {why}" for name in ("country", "soak", "people") for why in (report.get(name) or {}).get("wrong", [])
    ]
    for name, points in (report.get("sweeps") or {}).items():
        found += [f"sweep {name} {point['value']}: {why}" for point in points for why in point["wrong"]]
    found += [f"reach {point['processes']}: {why}" for point in report.get("reach", []) for why in point["wrong"]]
    found += [f"preset {point['value']}: {why}" for point in report.get("presets", []) for why in point["wrong"]]
    return found


def bound(phase: dict[str, Any], report: dict[str, Any]) -> str:
    """Return the bottleneck of a phase: CPU, Redis, nginx, API, worker processes, disk or the load generator."""
    seconds = phase["seconds"]
    used = phase["cpu_seconds"]
    for service, (name, cores) in SHARED_LIMITS.items():
        if used.get(service, 0) / seconds > BUSY * cores:
            return name
    if used.get("locust", 0) / seconds > BUSY * phase.get("locust_workers", 1):
        return GENERATOR
    if phase.get("host_busy", 0) > BUSY:
        ours = sum(used.values()) / seconds / max(0.01, phase["host_busy"] * phase["host_cores"])
        return "CPU" if ours > 0.9 else f"CPU (other work on the machine took {1 - ours:.0%} of it)"
    running = [value for _, value in phase["series"]["running"]]
    middle = sorted(running)[len(running) // 2] if running else 0
    if middle >= BUSY * report["processes_here"]:
        return "worker processes"
    return "disk" if phase.get("host_waits", 0) > 0.2 else "the load offered"
