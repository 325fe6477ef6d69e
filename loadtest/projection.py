"""Build the model from measured rows: costs, scaling law, and the projection of each row."""

from __future__ import annotations

import statistics
from dataclasses import astuple
from typing import Any

from decalogo.capacity import usl
from decalogo.capacity.model import SHARED_CORES, Model

PAGES = 100


def pages_of(report: dict[str, Any]) -> float:
    """Return the mean pages per document of the rows; 100 if the report does not state them."""
    return float(report["rows"][0]["phases"]["backlog"].get("pages") or PAGES)


def scaling_points(report: dict[str, Any]) -> list[usl.Point]:
    """Return units and their relative throughput: cores with real documents, processes with waiting ones."""
    points: list[usl.Point] = []
    real = report.get("scaling") or []
    one = next((rate for cpus, rate in real if cpus == 1.0), None)
    points += [(cpus, rate / one) for cpus, rate in real if one and cpus >= 1.0]
    for row in report["rows"]:
        heavy = row["phases"].get("heavy")
        if heavy:
            points.append(
                (
                    row["processes_here"],
                    row["processes_here"] * min(1.0, heavy["flow_per_hour"] / heavy["ideal_per_hour"]),
                )
            )
    return points


def model_data(report: dict[str, Any]) -> dict[str, Any]:
    """Return the data of ``decalogo.capacity.model.Model`` from a run of all rows."""
    backlogs = [row["phases"]["backlog"] for row in report["rows"]]
    costs = [phase["cpu_seconds_per_document"] for phase in backlogs]
    worker = [cost["worker"] for cost in costs]
    shared = {name: statistics.fmean(cost.get(name, 0.0) for cost in costs) for name in SHARED_CORES}
    rest = [
        sum(
            value
            for name, value in cost.items()
            if name not in SHARED_CORES and name != "worker" and not name.startswith("locust")
        )
        for cost in costs
    ]
    whole = [sum(value for name, value in cost.items() if not name.startswith("locust")) for cost in costs]
    mean = statistics.fmean(whole)
    points = scaling_points(report)
    law, laws = usl.fit(points), usl.resampled(points)
    held = [
        phase["peak_mib"]["worker"] / row["processes_here"] for row, phase in zip(report["rows"], backlogs, strict=True)
    ]
    base = [phase["peak_mib"]["all"] - phase["peak_mib"]["worker"] for phase in backlogs]
    lengths = [(pages_of(report), statistics.median(worker))]
    if country := report.get("country"):
        lengths.append((country["pages"], country["phase"]["cpu_seconds_per_document"]["worker"]))
    pages = ", ".join(f"{length:g}" for length, _ in lengths)
    return {
        "source": f"{report['machine']}, {report['date']}, plans of {pages} pages; docs/explanation/measurements.md",
        "worker": lengths,
        "shared": {name: round(value, 5) for name, value in shared.items()},
        "others": round(statistics.fmean(rest), 5),
        "spread": [round(min(whole) / mean, 3), round(max(whole) / mean, 3)],
        "law": list(astuple(law))[1:],
        "laws": [list(astuple(one))[1:] for one in laws],
        "points": points,
        "process_mib": round(max(held)),
        "base_mib": round(max(base)),
    }


def project_rows(report: dict[str, Any], model: Model) -> None:
    """Add the projected throughput to each row."""
    for row in report["rows"]:
        cores = row["row"]["cores"] * row["row"]["machines"]
        found = model.project(cores, pages_of(report))
        row["projected"] = {
            "per_hour": round(found.per_hour),
            "low": round(found.low),
            "high": round(found.high),
            "bound": found.bound,
        }
