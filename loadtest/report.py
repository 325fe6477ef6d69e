"""The report of a run: a self-contained HTML page, Markdown, PNG charts and JSON."""

# ruff: noqa: E501 (prose and style sheets)
from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from typing import Any

from decalogo.capacity.usl import Law
from loadtest import charts, tables
from loadtest.verdict import problems

STYLE = """body{font:15px/1.45 system-ui,sans-serif;max-width:1080px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;font-size:13px;margin:1em 0;display:block;overflow-x:auto}td,th{border-bottom:1px solid #ddd;padding:.25em .6em;text-align:right;white-space:nowrap}
td:first-child,th:first-child{text-align:left}.fail{color:#b00020}.pass{color:#0a7a2f}img{max-width:100%}figure{margin:1.2em 0}
figcaption,small{color:#555}"""


def write(report: dict[str, Any], folder: Path) -> Path:
    """Write the report into ``folder`` and return the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, separators=(",", ":")) + "\n", encoding="utf-8")
    pictures = _pictures(report, folder)
    (folder / "results.md").write_text(
        tables.results(report, conditions(report), all_tables(report), pictures), encoding="utf-8"
    )
    page = folder / "report.html"
    page.write_text(_page(report, pictures), encoding="utf-8")
    return page


def _pictures(report: dict[str, Any], folder: Path) -> list[tuple[Path, str]]:
    found = []
    if report["rows"]:
        text = "Expected band (grey), measured on this machine with the settings of the row (blue), and projected for the cores of the row"
        found.append((charts.matrix(report, folder), f"{text} (orange, with its interval)."))
        text = "Latencies at a steady rate: half of the measured throughput, or the top of the band if that is more."
        found.append((charts.latencies(report, folder), text))
    for row in report["rows"]:
        name = row["row"]["name"]
        for phase, run in row["phases"].items():
            if phase != "steady" and len(run["series"]["finished"]) > 3:
                found.append((charts.course(f"{name}-{phase}", run, folder), f"{name}, {phase}"))
    for one in report.get("saturation", []):
        found.append((charts.saturation(one, folder), f"Saturation point: {one['what']}."))
    for name in ("country", "soak"):
        if run := report.get(name):
            found.append((charts.course(name, run["phase"], folder), name))
    for name, sweep in (report.get("sweeps") or {}).items():
        points = [(point["value"], point["per_hour"], point["urgent_p95"]) for point in sweep]
        found.append(
            (
                charts.sweep(
                    f"{name.replace('_', ' ')}, {report['host']['cores']} cores", points, folder, f"sweep-{name}"
                ),
                f"Sweep: {name.replace('_', ' ')}.",
            )
        )
    if model := report.get("model"):
        law, laws = Law(1.0, *model["law"]), [Law(1.0, *one) for one in model["laws"]]
        found.append(
            (
                charts.scaling(model["points"], law, laws, folder),
                "Scaling: the Universal Scalability Law fitted to the measured points.",
            )
        )
    return found


def _page(report: dict[str, Any], pictures: list[tuple[Path, str]]) -> str:
    figures = "".join(
        f'<figure><img alt="{html.escape(text)}" src="data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}">'
        f"<figcaption>{html.escape(text)}</figcaption></figure>"
        for path, text in pictures
    )
    parts = "".join(f"<p>{html.escape(text)}</p>" for text in conditions(report))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Load test {report['date']}</title><style>{STYLE}</style>"
        f"<h1>Load test, {report['date']}</h1>{parts}{''.join(_html(table) for table in all_tables(report))}{failures(report)}{figures}</html>\n"
    )


def conditions(report: dict[str, Any]) -> list[str]:
    """Return the conditions under which the figures were measured."""
    said = [
        f"Machine: {report['machine']}. Evaluator {report['evaluator']}. {report['took_minutes']:.0f} minutes in total.",
        "Each document is unique. Every result was fetched and checked for 300 answers and the right document.",
    ]
    if report["rows"] or any(part in report for part in ("scaling", "saturation", "sweeps", "presets", "soak")):
        said.append(f"Documents: {report['documents']}.")
    if country := report.get("country"):
        said.append(f"Documents of the country run: {country.get('of', report['documents'])}.")
    if report["rows"]:
        said += _of_rows(report)
    return said


def _of_rows(report: dict[str, Any]) -> list[str]:
    said = [
        f"Rows larger than this machine ran with their own workers, concurrency and prefetch on its {report['host']['cores']} cores; rows of many "
        "machines ran as replicas on this host. 'Measured' includes the load generator. 'Projected' is an estimate: "
        "measured CPU seconds per document, divided among the cores of the row, by the fitted scaling law.",
        "The bands assume documents of 170 to 200 core-seconds. 'Heavy' runs documents that wait for 175 core-seconds "
        "shared among the worker processes, compressed in time. It tests the queue, not the CPU.",
    ]
    capped = [row["row"]["name"] for row in report["rows"] if row["processes_here"] < _processes(row)]
    if capped:
        said.append(
            f"This host has memory for fewer workers than these rows have: {', '.join(capped)}. The table states the number of processes."
        )
    shares = [_others(row["phases"]["backlog"]) for row in report["rows"]]
    if max(shares) > 0.1:
        said.append(
            f"Other work on the machine took {min(shares):.0%} to {max(shares):.0%} of the CPU. The figures are too low by about that share."
        )
    return said


def _processes(row: dict[str, Any]) -> int:
    return int(row["row"]["workers"] * row["row"]["machines"] * row["row"]["concurrency"])


def _others(phase: dict[str, Any]) -> float:
    """Return the share of the CPU that other programs used."""
    return max(0.0, phase["host_busy"] - sum(phase["cpu_seconds"].values()) / phase["seconds"] / phase["host_cores"])


def all_tables(report: dict[str, Any]) -> list[list[list[str]]]:
    """Return every table of the report with its heading row; empty tables are omitted."""
    found = [matrix_table(report), detail_table(report), tables.saturation_table(report), tables.scenario_table(report)]
    found += [
        tables.reach_table(report),
        tables.people_table(report),
        tables.slope_table(report),
        *tables.sweep_tables(report),
        tables.preset_table(report),
    ]
    return [table for table in found if len(table) > 1]


def matrix_table(report: dict[str, Any]) -> list[list[str]]:
    """Return the matrix: a heading, and one line per row."""
    head = [
        "row",
        "cores × machines",
        "workers × concurrency",
        "processes run",
        "expected band",
        "measured here",
        "projected (90 %)",
        "heavy, documents/h",
        "bottleneck",
        "verdict",
    ]
    table = [head]
    for row in report["rows"]:
        r, found = row["row"], row.get("projected")
        projected = f"{found['per_hour']:,} ({found['low']:,}–{found['high']:,}; {found['bound']})" if found else "–"
        heavy = row["phases"].get("heavy", {}).get("uncompressed_per_hour")
        table.append(
            [
                r["name"],
                f"{r['cores']} × {r['machines']}",
                f"{r['workers'] * r['machines']} × {r['concurrency']}",
                f"{row['processes_here']}",
                f"{r['band'][0]}–{r['band'][1]}",
                f"{row['phases']['backlog']['documents_per_hour']:,.0f}",
                projected,
                "–" if heavy is None else f"{heavy:,.0f}",
                row["bound"],
                "fail" if row["wrong"] else "pass",
            ]
        )
    return table


def detail_table(report: dict[str, Any]) -> list[list[str]]:
    """Return latencies, cost and memory: a heading, and one line per row."""
    head = [
        "row",
        "upload p50/p95/p99 ms",
        "status p50/p95/p99 ms",
        "to result p50/p95/p99 s",
        "errors",
        "throttled",
        "redeliveries",
        "CPU s/document",
        "memory GB (row's)",
        "minutes",
    ]
    table = [head]
    for row in report["rows"]:
        backlog, steady = row["phases"]["backlog"], row["phases"].get("steady", row["phases"]["backlog"])
        phases = row["phases"].values()
        cost = sum(
            value for name, value in backlog["cpu_seconds_per_document"].items() if not name.startswith("locust")
        )
        table.append(
            [
                row["row"]["name"],
                *(_three(steady[kind]) for kind in ("upload_ms", "status_ms", "result_seconds")),
                f"{sum(p['errors'] for p in phases)}",
                f"{sum(p['throttled'] for p in phases)}",
                f"{sum(p['ledger']['redeliveries'] for p in phases):.0f}",
                f"{cost:.2f}",
                f"{backlog['peak_mib'].get('all', 0) / 1024:.1f} ({row['row']['memory_gb'] * row['row']['machines']})",
                f"{row['wall_seconds'] / 60:.1f}",
            ]
        )
    return table


def _three(found: dict[str, float]) -> str:
    return " / ".join(
        f"{found[p]:.0f}" if found[p] >= 10 else f"{found[p]:.1f}" for p in ("p50", "p95", "p99") if p in found
    )


def failures(report: dict[str, Any]) -> str:
    """Format the failures as an HTML list; empty if there are none."""
    items = [f"<li class=fail>{html.escape(problem)}" for problem in problems(report)]
    return f"<ul>{''.join(items)}</ul>" if items else ""


def _html(table: list[list[str]]) -> str:
    def cell(text: str, tag: str) -> str:
        mark = f" class={text}" if text in ("pass", "fail") else ""
        return f"<{tag}{mark}>{html.escape(text)}</{tag}>"

    head, *body = table
    if not body:
        return ""
    lines = ["".join(cell(text, "th") for text in head)] + ["".join(cell(text, "td") for text in line) for line in body]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
