"""Run ``./appliance loadtest``: parts, their order, and the exit status (0: everything passed)."""

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
from loadtest import (
    documents,
    options,
    people,
    presets,
    projection,
    reach,
    report,
    saturation,
    scenarios,
    sweeps,
    tables,
    verdict,
)
from loadtest.measure import measure_row, say
from loadtest.rows import ROOT, Host, rows
from loadtest.stack import Stack

INTERRUPTED = 130


def machine(host: Host) -> str:
    """Return cores and operating system of this machine."""
    lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    release = {key: value.strip('"') for key, _, value in (line.partition("=") for line in lines)}
    system = f"{release.get('ID', platform.system()).capitalize()} {release.get('VERSION_ID', '')}".strip()
    return f"{host.cores} cores, {system}"


def run(
    asked: argparse.Namespace,
    stack: Stack,
    host: Host,
    found: dict[str, Any],
    files: list[Path],
    cache: Path,
    note: Callable[[], None],
) -> None:
    """Run the requested parts, and call ``note`` after each."""
    every = rows()
    names = list(every) if asked.all else asked.row or ([] if options.anything_but_rows(asked) else [_own_row(host)])
    for name in names:
        row = measure_row(stack, every[name], host, asked.minutes, files, cache)
        row["wrong"] = verdict.assess(row)
        row["bound"] = verdict.bound(row["phases"]["backlog"], row)
        found["rows"].append(row)
        outcome = f"fail: {'; '.join(row['wrong'])}" if row["wrong"] else "pass"
        say(f"{name}: {outcome}, bound by {row['bound']} ({row['wall_seconds']:.0f} s)")
        note()
    here = every[asked.row[0] if asked.row else _own_row(host)]
    if asked.all or asked.scaling:
        found["scaling"] = saturation.scaling(stack, here, 30 * asked.minutes, files, cache)
        note()
    if asked.all or asked.saturation or asked.soak:
        if "scaling" not in found and not _most(found, here.name):
            found["scaling"] = saturation.scaling(stack, here, 30 * asked.minutes, files, cache)
        most = _most(found, here.name) or max(rate for _, rate in found["scaling"])
        end_to_end = saturation.end_to_end(stack, here, most, max(20.0, 30 * asked.minutes), files, cache)
        found["saturation"] = [end_to_end]
        note()
        if asked.all or asked.saturation:
            stack.apply(here, evaluator="synthetic", wait_seconds=3600.0)
            found["saturation"] += [
                saturation.endpoint(stack, kind, max(8.0, 8 * asked.minutes), cache) for kind in ("status", "upload")
            ]
            note()
            stack.delete()  # with thousands of documents that need no evaluation
    if asked.sweeps:
        found["sweeps"] = sweeps.all_sweeps(stack, here, max(30.0, 30 * asked.minutes), files, cache)
        note()
    if asked.presets:
        found["presets"] = presets.all_presets(stack, here, max(30.0, 30 * asked.minutes), files, cache)
        note()
    if asked.reach:
        found["reach"] = reach.reach(stack, here, max(30.0, 60 * asked.minutes), cache)
        note()
    if asked.people:
        found["people"] = people.people(stack, here, asked.people, max(40.0, 60 * asked.minutes), files, cache)
        note()
    if asked.country:
        plans = files if asked.documents else documents.country(cache)
        found["country"] = scenarios.country(stack, here, asked.country, plans, cache)
        found["country"]["of"] = found["documents"] if asked.documents else documents.COUNTRY
        note()
    if asked.soak:
        found["soak"] = scenarios.soak(
            stack, here, 0.8 * found["saturation"][0]["point"]["offered_per_hour"], asked.soak, files, cache
        )
        note()


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
    """Merge reports: the first one, with the rows and parts that only later ones have. Each names its date."""
    if len(reports) > 1:
        for one in reports:
            if one["date"] not in one["command"]:  # a merged report already has dates
                one["command"] += f" ({one['date']}, {one['evaluator']})"
    first, *others = reports
    for other in others:
        known = {row["row"]["name"] for row in first["rows"]}
        first["rows"] += [row for row in other["rows"] if row["row"]["name"] not in known]
        first["took_minutes"] += other["took_minutes"]
        first["command"] += f"; {other['command']}"
        if other["evaluator"] not in first["evaluator"]:
            first["evaluator"] += f" and {other['evaluator']}"
        for part in options.PARTS:
            if part in other:
                first.setdefault(part, other[part])
    order = list(rows())
    first["rows"].sort(key=lambda row: order.index(row["row"]["name"]))
    return first


def conclude(found: dict[str, Any]) -> None:
    """Add the model and the projections, if the rows have the data for them."""
    if not found["rows"]:
        return
    if "heavy" in found["rows"][0]["phases"]:
        found["model"] = projection.model_data(found)
        projection.project_rows(found, Model.of(found["model"]))


def main() -> int:
    """Run from the command line."""
    asked = options.read()
    # The containers are removed however the run ends. A shell that starts it in the background ignores Ctrl-C.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, signal.default_int_handler)
    if asked.again:
        found = merged([json.loads(file.read_text(encoding="utf-8")) for file in asked.again])
        conclude(found)
        return _end(asked, found, asked.output or asked.again[0].parent)
    home = ROOT / "var/loadtest"
    own = asked.documents.resolve() if asked.documents else None
    files = documents.given(own) if own else [documents.real_plan(home / "documents")]
    host = Host.here()
    began, now = time.monotonic(), datetime.now(UTC)
    folder = asked.output or home / f"{now:%Y-%m-%d-%H%M}"
    shared = home / "run"
    shutil.rmtree(shared, ignore_errors=True)
    shared.mkdir(parents=True)
    stack = Stack(host, shared, asked.locust_workers)
    from decalogo.evaluation.evaluators import PatternEvaluator

    found: dict[str, Any] = {
        "date": f"{now:%Y-%m-%d %H:%M} UTC",
        "machine": machine(host),
        "evaluator": f"decalogo {PatternEvaluator.version}",
        "host": {"cores": host.cores, "memory_mib": host.memory_mib, "load": os.getloadavg()[0]},
        "documents": f"{len(files)} files of {own.name}"
        if own
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
        stack.delete()
        if asked.ui:
            return scenarios.page(stack, rows()[(asked.row or [_own_row(host)])[0]], files, home / "documents")
        run(asked, stack, host, found, files, home / "documents", note)
    except KeyboardInterrupt:
        written = f"; the finished parts are in {folder}" if (folder / "report.html").exists() else ""
        print(f"loadtest: interrupted{written}", file=sys.stderr)
        return INTERRUPTED
    finally:
        if not asked.keep:
            # A second Ctrl-C would leave containers behind.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            stack.delete()
            shutil.rmtree(shared, ignore_errors=True)
    return _end(asked, found, folder)


def _command() -> str:
    """Return the command line without the output folder."""
    words = iter(sys.argv[1:])
    kept = [word for word in words if word != "--output" or not next(words, "")]
    return " ".join(["./appliance loadtest", *kept])


def _end(asked: argparse.Namespace, found: dict[str, Any], folder: Path) -> int:
    page = report.write(found, folder)
    if asked.save_model:
        if "model" not in found:
            raise SystemExit("loadtest: --save-model: no row of this report has the heavy phase")
        FILE.write_text(json.dumps(found["model"], indent=1) + "\n", encoding="utf-8")
    if found["rows"]:
        print(tables.markdown(report.matrix_table(found)))
    problems = verdict.problems(found)
    for problem in problems:
        print(f"FAILED {problem}")
    print(f"Report: {page}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
