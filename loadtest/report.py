"""The report of a run: one HTML page that holds its pictures, the PNGs, and the JSON beside them."""

# ruff: noqa: E501 (prose and style sheets)
from __future__ import annotations

import base64
import html
import json
from pathlib import Path
from typing import Any

from decalogo.capacity.usl import Law

from loadtest import charts, prose
from loadtest.verdict import problems

STYLE = """body{font:15px/1.45 system-ui,sans-serif;max-width:1080px;margin:2em auto;padding:0 1em;color:#222}
table{border-collapse:collapse;font-size:13px;margin:1em 0;display:block;overflow-x:auto}td,th{border-bottom:1px solid #ddd;padding:.25em .6em;text-align:right;white-space:nowrap}
td:first-child,th:first-child{text-align:left}.fail{color:#b00020}.pass{color:#0a7a2f}img{max-width:100%}figure{margin:1.2em 0}
figcaption,small{color:#555}"""


def write(report: dict[str, Any], folder: Path) -> Path:
    """Write everything about a run into ``folder`` and return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, separators=(",", ":")) + "\n", encoding="utf-8")
    pictures = _pictures(report, folder)
    (folder / "results.md").write_text(
        prose.results(report, honest(report), tables(report), pictures), encoding="utf-8"
    )
    page = folder / "report.html"
    page.write_text(_page(report, pictures), encoding="utf-8")
    return page


def _pictures(report: dict[str, Any], folder: Path) -> list[tuple[Path, str]]:
    found = []
    if report["rows"]:
        text = "The guide's band (grey), what this machine gave with the row's settings (blue), and what the row's own cores would give"
        found.append((charts.matrix(report, folder), f"{text} (orange: a projection, with its interval)."))
        text = "At a steady rate of half of what the row gave here (or the band's top, if that is more)."
        found.append((charts.latencies(report, folder), text))
    for row in report["rows"]:
        name = row["row"]["name"]
        for phase, run in row["phases"].items():
            if phase != "steady" and len(run["series"]["finished"]) > 3:
                found.append((charts.course(f"{name}-{phase}", run, folder), f"{name}, {phase}"))
    for knee in report.get("knees", []):
        found.append((charts.knee(knee, folder), f"The knee, {knee['what']}."))
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
                "How it scales: the Universal Scalability Law through the measured points.",
            )
        )
    return found


def _page(report: dict[str, Any], pictures: list[tuple[Path, str]]) -> str:
    figures = "".join(
        f'<figure><img alt="{html.escape(text)}" src="data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}">'
        f"<figcaption>{html.escape(text)}</figcaption></figure>"
        for path, text in pictures
    )
    parts = "".join(f"<p>{html.escape(text)}</p>" for text in honest(report))
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>Load test {report['date']}</title><style>{STYLE}</style>"
        f"<h1>Load test, {report['date']}</h1>{parts}{''.join(_html(table) for table in tables(report))}{failures(report)}{figures}</html>\n"
    )


def honest(report: dict[str, Any]) -> list[str]:
    """Return what a reader must know before the figures."""
    said = [
        f"Machine: {report['machine']}. Evaluator {report['evaluator']}. {report['took_minutes']:.0f} minutes in all.",
        "Each document is made unique by a line at its end; every result was fetched and checked: 300 answers, the right document.",
    ]
    if report["rows"] or any(part in report for part in ("scaling", "knees", "sweeps", "presets", "soak")):
        said.append(f"Documents: {report['documents']}.")
    if country := report.get("country"):
        said.append(f"Documents of the country: {country.get('of', report['documents'])}.")
    if report["rows"]:
        said += _of_rows(report)
    return said


def _of_rows(report: dict[str, Any]) -> list[str]:
    said = [
        f"Rows larger than this machine ran with their own workers, concurrency and prefetch on its {report['host']['cores']} cores; rows of many "
        "machines ran as replicas on this one host. 'Measured' is what these cores gave, load generator included. 'Projected' is no "
        "measurement: measured CPU seconds a document, divided among the row's cores, by the fitted scaling law.",
        "The guide's bands mean documents of 170 to 200 core-seconds. 'Heavy' runs the row's slots with the calibrated evaluator, "
        "which waits for 175 core-seconds shared among them, compressed in time: it tests the queueing, not the CPU.",
    ]
    capped = [row["row"]["name"] for row in report["rows"] if row["slots_here"] < _slots(row)]
    if capped:
        said.append(
            f"This host's memory held fewer workers than the row has: {', '.join(capped)}; the table says how many slots ran."
        )
    shares = [_others(row["phases"]["backlog"]) for row in report["rows"]]
    if max(shares) > 0.1:
        said.append(
            f"Other work on the machine took {min(shares):.0%} to {max(shares):.0%} of its processors meanwhile: the figures are too low by about that."
        )
    return said


def _slots(row: dict[str, Any]) -> int:
    return int(row["row"]["workers"] * row["row"]["machines"] * row["row"]["concurrency"])


def _others(phase: dict[str, Any]) -> float:
    """Return the share of the machine's processors that was used by what is not part of the test."""
    return max(0.0, phase["host_busy"] - sum(phase["cpu_seconds"].values()) / phase["seconds"] / phase["host_cores"])


def tables(report: dict[str, Any]) -> list[list[list[str]]]:
    """Return every table of the report, each with its heading as first line; those without a line are left out."""
    found = [matrix_table(report), detail_table(report), prose.knee_table(report), prose.long_table(report)]
    found += [prose.slope_table(report), *prose.sweep_tables(report), prose.preset_table(report)]
    return [table for table in found if len(table) > 1]


def matrix_table(report: dict[str, Any]) -> list[list[str]]:
    """Return the matrix: a heading and a line a row."""
    head = [
        "row",
        "cores × machines",
        "workers × concurrency",
        "slots run",
        "guide's band",
        "measured here",
        "projected (90 %)",
        "heavy, guide's documents/h",
        "bound by",
        "verdict",
    ]
    table = [head]
    for row in report["rows"]:
        r, found = row["row"], row.get("projected")
        projected = f"{found['per_hour']:,} ({found['low']:,}–{found['high']:,}; {found['bound']})" if found else "–"
        heavy = row["phases"].get("calibrated", {}).get("as_guide_per_hour")
        table.append(
            [
                r["name"],
                f"{r['cores']} × {r['machines']}",
                f"{r['workers'] * r['machines']} × {r['concurrency']}",
                f"{row['slots_here']}",
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
    """Return latencies, cost and memory: a heading and a line a row."""
    head = [
        "row",
        "upload p50/p95/p99 ms",
        "status p50/p95/p99 ms",
        "to result p50/p95/p99 s",
        "errors",
        "told to wait",
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
                f"{sum(p['told_to_wait'] for p in phases)}",
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
    """Return what did not hold, as a list of HTML; nothing if all did."""
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
