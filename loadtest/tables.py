# ruff: noqa: E501 (lines of tables)
"""Tables of the report, and the report as Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from loadtest.reach import saturation_per_hour
from loadtest.verdict import problems

Table = list[list[str]]
PAGES = 100


def saturation_table(report: dict[str, Any]) -> Table:
    """Return the saturation points, one row each."""
    table = [["saturation point", "at", "throughput", "p50 / p95 / p99", "bottleneck", "in use"]]
    for found in report.get("saturation", []):
        step = found["point"]
        unit = "ms" if "second" in found["unit"] else "s"
        times = " / ".join(
            f"{step[p]:.0f}" if step[p] >= 10 else f"{step[p]:.1f}" for p in ("p50", "p95", "p99") if p in step
        )
        use = ", ".join(f"{name} {share:.0%}" for name, share in step["use"].items())
        table.append(
            [found["what"], step["name"], f"{step['given']:,} {found['unit']}", f"{times} {unit}", found["bound"], use]
        )
    return table


def pages_of(run: dict[str, Any]) -> float:
    """Return the mean pages per document of a run; 100 if the report does not state them."""
    return float(run.get("pages") or run["phase"].get("pages") or PAGES)


def scenario_table(report: dict[str, Any]) -> Table:
    """Return the country and the soak run, one row each."""
    table = [
        [
            "run",
            "documents",
            "pages",
            "right",
            "minutes",
            "documents per hour",
            "errors",
            "lost attempts",
            "other load",
            "verdict",
        ]
    ]
    for name in ("country", "soak"):
        run = report.get(name)
        if run:
            phase = run["phase"]
            ours = sum(phase["cpu_seconds"].values()) / phase["seconds"] / phase["host_cores"]
            table.append([
                name, f"{phase['documents']:,}", f"{pages_of(run):.0f}", f"{phase['right']:,}", f"{phase['seconds'] / 60:.1f}",
                f"{phase['documents_per_hour']:,.0f}", f"{phase['errors']}", f"{phase['ledger']['lost_attempts']:.0f}",
                f"{max(0.0, phase['host_busy'] - ours):.0%}", "fail" if run["wrong"] else "pass",
            ])  # fmt: skip
    return table


def reach_table(report: dict[str, Any]) -> Table:
    """Return the cost per document of the shared services, and where each would be saturated."""
    points = report.get("reach") or []
    table = [
        ["worker processes", "documents per hour", "share of ideal", "CPU ms per document: Redis", "nginx", "API", "scheduler", "worker",
         "Redis commands", "Redis bytes in / out", "saturated at, documents per hour"]
    ]  # fmt: skip
    for point in points:
        cpu = [f"{1000 * value:.1f}" for value in point["cpu_seconds"].values()]
        commands, read, written = point["redis"].values()
        ends = ", ".join(f"{name} {value:,.0f}" for name, value in saturation_per_hour(point).items())
        table.append([
            f"{point['processes']}", f"{point['per_hour']:,}", f"{point['per_hour'] / point['ideal_per_hour']:.2f}", *cpu, f"{commands:.0f}",
            f"{read:,.0f} / {written:,.0f}", ends,
        ])  # fmt: skip
    return table


def people_table(report: dict[str, Any]) -> Table:
    """Return the times of each page of the console per number of sessions: p50 / p95 / p99, milliseconds."""
    steps = (report.get("people") or {}).get("steps") or []
    pages = list(steps[0]["pages"]) if steps else []
    table = [["people in the console", "pages opened", "all", *pages, "bottleneck"]]
    for step in steps:
        times = [
            " / ".join(f"{value:.0f}" for value in found.values()) for found in (step["all"], *step["pages"].values())
        ]
        table.append([step["name"], f"{step['opened']:,}", *times, step["bound"]])
    return table


def slope_table(report: dict[str, Any]) -> Table:
    """Return the memory of every service during the soak run."""
    table = [["memory in the soak run", "level MiB", "slope MiB per hour"]]
    for name, slope in ((report.get("soak") or {}).get("slopes") or {}).items():
        table.append([name, f"{slope['level_mib']:.0f}", f"{slope['mib_per_hour']:+.1f}"])
    return table


def sweep_tables(report: dict[str, Any]) -> list[Table]:
    """Return one table per sweep."""
    tables = []
    for name, points in (report.get("sweeps") or {}).items():
        head = [
            name.replace("_", " "),
            "documents per hour",
            "urgent document p95 s",
            "worker CPU s per document",
            "worker MiB",
            "redeliveries",
        ]
        tables.append([head] + [
            [p["value"], f"{p['per_hour']:,.0f}", f"{p['urgent_p95']:.1f}", f"{p['cpu_seconds_worker'] or 0:.2f}", f"{p['worker_mib'] or 0}",
             f"{p['redeliveries']:.0f}"]
            for p in points
        ])  # fmt: skip
    return tables


def preset_table(report: dict[str, Any]) -> Table:
    """Return the default and the presets, one row each."""
    table = [
        [
            "preset",
            "worker processes",
            "documents per hour",
            "to result p50 s",
            "urgent document p95 s",
            "worker CPU s per document",
            "workers MiB",
            "redeliveries",
            "restarted after a kill",
            "finished after s",
        ]
    ]
    for p in report.get("presets", []):
        table.append([
            p["value"], f"{p['processes']}", f"{p['per_hour']:,.0f}", f"{p['result_p50'] or 0:.1f}", f"{p['urgent_p95']:.1f}",
            f"{p['cpu_seconds_worker'] or 0:.2f}", f"{p['worker_mib'] or 0}", f"{p['redeliveries']:.0f}",
            f"{p['restarted']} of {p['in_progress']}", f"{p['done_after']:.1f}",
        ])  # fmt: skip
    return table


def markdown(table: Table) -> str:
    """Format a table as Markdown."""
    head, *body = table
    return "\n".join(f"| {' | '.join(line)} |" for line in [head, ["---"] * len(head), *body]) + "\n"


def results(report: dict[str, Any], said: list[str], tables: list[Table], pictures: list[tuple[Path, str]]) -> str:
    """Format the whole report as Markdown, with its main charts."""
    parts = [f"# Load test, {report['date']}", f"`{report['command']}`", *said, *map(markdown, tables)]
    wrong = [f"- FAILED {problem}" for problem in problems(report)]
    parts += ["\n".join(wrong)] if wrong else []
    parts += [
        f"{text}\n\n![{path.stem}]({path.name})"
        for path, text in pictures
        if not path.stem.endswith(("-backlog", "-heavy"))
    ]
    return "\n\n".join(part.strip() for part in parts) + "\n"
