"""The command behind ``./appliance loadtest``: what runs, in which order, and the exit status (0: all pass)."""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from decalogo.capacity.model import FILE, Model

from loadtest import documents, limits, long, projection, prose, report, sweeps, verdict
from loadtest.measure import measure_row, say
from loadtest.rows import ROOT, Host, rows
from loadtest.stack import Stack

PARTS = ("scaling", "knees", "sweeps", "country", "soak")


def options() -> argparse.Namespace:
    """Read the command line."""
    names = list(rows())
    parser = argparse.ArgumentParser(
        prog="./appliance loadtest", description="Runs rows of the tuning matrix and judges them."
    )
    parser.add_argument(
        "--row", action="append", choices=names, metavar="NAME", help=f"a row: {', '.join(names)}; repeatable"
    )
    parser.add_argument("--all", action="store_true", help="all ten rows, scaling and knees")
    parser.add_argument("--minutes", type=float, default=1.0, help="minutes of full load a row (1)")
    parser.add_argument(
        "--documents", type=Path, help="folder of your own documents; default: 100 pages of a real plan"
    )
    parser.add_argument("--knee", action="store_true", help="the knees of upload, status and the whole")
    parser.add_argument("--scaling", action="store_true", help="documents an hour with 0.5 to 2 processors for workers")
    parser.add_argument("--sweeps", action="store_true", help="concurrency, prefetch and tasks per child, each in turn")
    parser.add_argument(
        "--country",
        type=int,
        nargs="?",
        const=1103,
        metavar="DOCUMENTS",
        help="so many plans of 300 pages in one go (1103)",
    )
    parser.add_argument("--soak", type=float, metavar="MINUTES", help="80 %% of the knee for so long")
    parser.add_argument(
        "--ui", action="store_true", help="start the row and locust's page on 127.0.0.1:8089, until Ctrl-C"
    )
    parser.add_argument("--output", type=Path, help="folder of the report (var/loadtest/DATE)")
    parser.add_argument(
        "--again",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="only write one report anew, of one or several report.json",
    )
    parser.add_argument("--save-model", action="store_true", help="make this run the data of `decalogo plan`")
    parser.add_argument("--keep", action="store_true", help="leave the appliance running at the end")
    return parser.parse_args()


def machine(host: Host) -> str:
    """Describe this machine in words."""
    lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    told = {key: value.strip('"') for key, _, value in (line.partition("=") for line in lines)}
    system = f"{told.get('ID', platform.system()).capitalize()} {told.get('VERSION_ID', '')}".strip()
    return f"{host.cores} cores, {system}"


def run(
    asked: argparse.Namespace, stack: Stack, host: Host, found: dict[str, Any], cache: Path, note: Callable[[], None]
) -> None:
    """Run what was asked for, noting after each part."""
    files = documents.given(asked.documents) if asked.documents else [documents.real_plan(cache)]
    every = rows()
    names = list(every) if asked.all else asked.row or ([] if _anything_else(asked) else [_own_row(host)])
    for name in names:
        row = measure_row(stack, every[name], host, asked.minutes, files, cache)
        row["wrong"] = verdict.judge(row)
        row["bound"] = verdict.bound(row["phases"]["backlog"], row)
        found["rows"].append(row)
        judged = f"fail: {'; '.join(row['wrong'])}" if row["wrong"] else "pass"
        say(f"{name}: {judged}, bound by {row['bound']} ({row['wall_seconds']:.0f} s)")
        note()
    here = every[asked.row[0] if asked.row else _own_row(host)]
    if asked.all or asked.scaling:
        found["scaling"] = limits.scaling(stack, here, 30 * asked.minutes, files, cache)
        note()
    if asked.all or asked.knee or asked.soak:
        if "scaling" not in found and not _most(found, here.name):
            found["scaling"] = limits.scaling(stack, here, 30 * asked.minutes, files, cache)
        most = _most(found, here.name) or max(rate for _, rate in found["scaling"])
        knee = limits.end_to_end(stack, here, most, max(20.0, 30 * asked.minutes), files, cache)
        found["knees"] = [knee]
        note()
        if asked.all or asked.knee:
            stack.apply(here, evaluator="calibrated", wait_seconds=3600.0)
            found["knees"] += [
                limits.endpoint(stack, kind, max(8.0, 8 * asked.minutes), cache) for kind in ("status", "upload")
            ]
            note()
            stack.delete()  # with the thousands of documents that nobody is to judge
    if asked.sweeps:
        found["sweeps"] = sweeps.all_sweeps(stack, here, max(30.0, 30 * asked.minutes), files, cache)
        note()
    if asked.country:
        found["country"] = long.country(stack, here, asked.country, cache)
        note()
    if asked.soak:
        found["soak"] = long.soak(
            stack, here, 0.8 * found["knees"][0]["knee"]["offered_per_hour"], asked.soak, files, cache
        )
        note()


def _anything_else(asked: argparse.Namespace) -> bool:
    return bool(asked.knee or asked.scaling or asked.sweeps or asked.country or asked.soak)


def _own_row(host: Host) -> str:
    fitting = [
        row
        for row in rows().values()
        if row.machines == 1 and row.cores <= host.cores and row.memory_gb * 921 <= host.memory_mib
    ]
    return (fitting or [rows()["2c4g"]])[-1].name


def _most(found: dict[str, Any], name: str) -> float:
    return next(
        (row["phases"]["backlog"]["documents_per_hour"] for row in found["rows"] if row["row"]["name"] == name), 0.0
    )


def merged(reports: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the first report with what only later ones have: other parts, other rows."""
    first, *others = reports
    for other in others:
        known = {row["row"]["name"] for row in first["rows"]}
        first["rows"] += [row for row in other["rows"] if row["row"]["name"] not in known]
        first["took_minutes"] += other["took_minutes"]
        first["command"] += f"; {other['command']}"
        for part in PARTS:
            if part in other:
                first.setdefault(part, other[part])
    order = list(rows())
    first["rows"].sort(key=lambda row: order.index(row["row"]["name"]))
    return first


def conclude(found: dict[str, Any]) -> None:
    """Add the model and the projections that the rows allow."""
    if not found["rows"]:
        return
    if "calibrated" in found["rows"][0]["phases"]:
        found["model"] = projection.model_data(found)
        projection.project_rows(found, Model.of(found["model"]))


def main() -> int:
    """Run from the command line."""
    asked = options()
    # Whatever ends it, the containers go.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if asked.again:
        found = merged([json.loads(file.read_text(encoding="utf-8")) for file in asked.again])
        conclude(found)
        return _end(asked, found, asked.output or asked.again[0].parent)
    host = Host.here()
    began, now = time.monotonic(), datetime.now(UTC)
    home = ROOT / "var/loadtest"
    folder = asked.output or home / f"{now:%Y-%m-%d-%H%M}"
    shared = home / "run"
    shutil.rmtree(shared, ignore_errors=True)
    shared.mkdir(parents=True)
    stack = Stack(host, shared)
    from decalogo.evaluation.evaluators import PatternEvaluator

    found: dict[str, Any] = {
        "date": f"{now:%Y-%m-%d %H:%M} UTC",
        "machine": machine(host),
        "evaluator": f"decalogo {PatternEvaluator.version}",
        "host": {"cores": host.cores, "memory_mib": host.memory_mib, "load": os.getloadavg()[0]},
        "documents": str(asked.documents.name)
        if asked.documents
        else f"the first {documents.PAGES} pages of a real plan (PDF, 2.8 MB)",
        "command": _command(),
        "rows": [],
        "took_minutes": 0.0,
    }

    def note() -> None:
        found["took_minutes"] = (time.monotonic() - began) / 60
        conclude(found)
        report.write(found, folder)

    try:
        if asked.ui:
            return long.page(stack, rows()[(asked.row or [_own_row(host)])[0]], home / "documents")
        run(asked, stack, host, found, home / "documents", note)
    finally:
        if not asked.keep:
            stack.delete()
            shutil.rmtree(shared, ignore_errors=True)
    return _end(asked, found, folder)


def _command() -> str:
    """Return the command as typed, without where its report goes."""
    words = iter(sys.argv[1:])
    kept = [word for word in words if word != "--output" or not next(words, "")]
    return " ".join(["./appliance loadtest", *kept])


def _end(asked: argparse.Namespace, found: dict[str, Any], folder: Path) -> int:
    page = report.write(found, folder)
    if asked.save_model:
        FILE.write_text(json.dumps(found["model"], indent=1) + "\n", encoding="utf-8")
    if found["rows"]:
        print(prose.markdown(report.matrix_table(found)))
    problems = [f"{row['row']['name']}: {why}" for row in found["rows"] for why in row["wrong"]]
    problems += [f"{name}: {why}" for name in ("country", "soak") for why in (found.get(name) or {}).get("wrong", [])]
    for problem in problems:
        print(f"FAILED {problem}")
    print(f"Report: {page}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
