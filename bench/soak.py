"""Soak test with faults: does memory, a file count or a key count grow under a steady stream of documents?

    python bench/soak.py [--minutes 30] [--json FILE]
    python bench/soak.py --assess FILE                  (a saved run)

An embedded appliance with a retention of two minutes evaluates small documents. Every minute a worker process is
killed, every third minute the Valkey server instead, and the retention task runs. Every ten seconds the script
records memory (PSS) and open files of each service, memory and keys of the server, and the files in the artifact store.

For each series it prints the median of every quarter of the run, and the slope per hour with its 95 % confidence
interval, without the first quarter. Exit status 1: the whole interval of a slope lies above its tolerance, or an
accepted document did not succeed.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from appliance import Embedded, children, family, wait
from joined import join
from plans import REAL_PLAN

SERVICES = ("api", "worker", "worker-suspect", "scheduler", "valkey")
RETENTION_SECONDS = 120
SETTINGS = {
    "DECALOGO_STORAGE__RETENTION_DAYS": str(RETENTION_SECONDS / 86_400),
    "DECALOGO_STORAGE__ORPHAN_GRACE_SECONDS": str(RETENTION_SECONDS),
    "DECALOGO_API__PREMIUM__UPLOADS_PER_MINUTE": "0",
}
RETENTION = (
    "from decalogo.batches.ledger import open_ledger; from decalogo.retention import Retention;"
    " from decalogo.settings import get_settings; from decalogo.storage.artifacts import ArtifactStore;"
    " s = get_settings(); Retention(open_ledger(s), ArtifactStore(s.storage.path), s.storage).run()"
)
SAMPLE_SECONDS, BIN_SECONDS = 10.0, 60.0
BATCH, PAGES, WAITING = 8, 3, 24
# Share of the level per hour, and the smallest slope that counts, by unit.
TOLERANCE = {"MiB": (0.05, 4.0), "files": (0.05, 3.0), "keys": (0.10, 50.0), "artifacts": (0.10, 100.0)}
Series = list[tuple[float, float]]


@dataclass
class Slope:
    """The course of one series."""

    name: str
    unit: str
    quarters: list[float]
    per_hour: float
    low: float
    high: float
    grows: bool


def slope(name: str, unit: str, points: Series, minutes: float) -> Slope:
    """Fit a line through the means of each minute; autocorrelation widens the interval."""
    part = 15 * minutes
    quarters = [[v for at, v in points if n * part <= at < (n + 1) * part] for n in range(4)]
    bins: dict[int, list[float]] = defaultdict(list)
    for at, value in points:
        if at >= part:
            bins[int(at // BIN_SECONDS)].append(value)
    hours = [number * BIN_SECONDS / 3600 for number in sorted(bins)]
    means = [statistics.fmean(bins[number]) for number in sorted(bins)]
    line = statistics.linear_regression(hours, means)
    residuals = [value - line.intercept - line.slope * hour for hour, value in zip(hours, means, strict=True)]
    square = sum(value * value for value in residuals)
    correlation = sum(a * b for a, b in itertools.pairwise(residuals)) / square if square else 0.0
    correlation = min(max(correlation, 0.0), 0.9)
    effective = max(len(means) * (1 - correlation) / (1 + correlation), 3.0)
    spread = sum((hour - statistics.fmean(hours)) ** 2 for hour in hours)
    error = (square / (effective - 2) / spread * len(means) / effective) ** 0.5 if square else 0.0
    reach = student_quantile(effective - 2) * error
    share, least = TOLERANCE[unit]
    low, high = line.slope - reach, line.slope + reach
    medians = [round(statistics.median(quarter), 1) for quarter in quarters if quarter]
    return Slope(name, unit, medians, line.slope, low, high, low > max(share * statistics.fmean(means), least))


def student_quantile(freedom: float) -> float:
    """Return the 97.5 % quantile of Student's t distribution (Cornish-Fisher approximation)."""
    z = 1.959964
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


class Stream(threading.Thread):
    """Uploads batches so that a number of documents always waits."""

    def __init__(self, appliance: Embedded, content: bytes) -> None:
        super().__init__(daemon=True)
        self.appliance, self.content, self.accepted = appliance, content, 0
        self._ended = threading.Event()

    def run(self) -> None:
        """Upload until ``end`` is called; the client retries through the faults."""
        numbers = itertools.count()
        while not self._ended.wait(0.5):
            with suppress(httpx.HTTPError):
                if self.appliance.metrics("scheduler")["decalogo_queue_documents"] < WAITING:
                    batch = [self.content + f"\n%{next(numbers)}-{time.time_ns()}\n".encode() for _ in range(BATCH)]
                    self.appliance.submit(batch, ".pdf")
                    self.accepted += BATCH

    def end(self) -> None:
        """Stop uploading."""
        self._ended.set()
        self.join()


class Soak:
    """One run."""

    def __init__(self, appliance: Embedded) -> None:
        self.appliance, self.faults = appliance, 0
        self.points: dict[tuple[str, str], Series] = defaultdict(list)

    def run(self, minutes: float) -> None:
        """Sample, and inject a fault every minute."""
        began, minute = time.monotonic(), 0
        while (now := time.monotonic() - began) < 60 * minutes:
            self.sample(now)
            if now // 60 > minute:
                minute = int(now // 60)
                self.inject(minute)
            time.sleep(max(0.0, SAMPLE_SECONDS - (time.monotonic() - began - now)))

    def inject(self, minute: int) -> None:
        """Kill a worker process or the server, and apply the retention."""
        if minute % 3 == 0:
            self.appliance.kill(self.appliance.pid("valkey"))
            self.faults += 1
        elif victims := children(self.appliance.pid("worker")):
            self.appliance.kill(victims[-1])
            self.faults += 1
        if minute % 3:
            self.appliance.run_python(RETENTION)

    def sample(self, now: float) -> None:
        """Record every series once; a service that is down is skipped."""
        for service in SERVICES:
            memory, files = weigh(self.appliance.pid(service))
            if memory:
                self.points[f"{service}: memory", "MiB"].append((now, memory / 1024))
                self.points[f"{service}: open files", "files"].append((now, files))
        with suppress(httpx.HTTPError):
            found = self.appliance.metrics("scheduler")
            if found["decalogo_ledger_up"]:
                used = found["decalogo_redis_memory_used_bytes"] / (1 << 20)
                self.points["valkey: used memory", "MiB"].append((now, used))
        count = sum(len(files) for _, _, files in os.walk(self.appliance.layout.artifacts))
        self.points["artifact store: files", "artifacts"].append((now, count))

    def ended(self) -> dict[str, int]:
        """Return the number of finished documents by state."""
        found = self.appliance.metrics("scheduler")
        prefix = "decalogo_documents_finished_total:"
        return {name.removeprefix(prefix): int(value) for name, value in found.items() if name.startswith(prefix)}


def weigh(pid: int) -> tuple[int, int]:
    """Return the proportional set size (KiB) and the open files of a process and its descendants."""
    memory = files = 0
    for one in family(pid):
        with suppress(OSError):
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            memory += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
            files += sum(1 for _ in Path(f"/proc/{one}/fd").iterdir())
    return memory, files


def measure(minutes: float) -> dict[str, Any]:
    """Run an appliance and return the recorded series."""
    with tempfile.TemporaryDirectory() as folder:
        content = join([REAL_PLAN], PAGES, Path(folder) / "short.pdf").read_bytes()
    with Embedded(2, SETTINGS) as appliance:
        soak, stream = Soak(appliance), Stream(appliance, content)
        stream.start()
        soak.run(minutes)
        stream.end()
        wait(lambda: sum(soak.ended().values()) >= stream.accepted, 600, "every document has ended")
        ended = soak.ended()
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores", "minutes": minutes,
        "documents": stream.accepted, "ended": ended, "faults": soak.faults,
        "points": [[*key, points] for key, points in sorted(soak.points.items())],
    }  # fmt: skip


def assess(report: dict[str, Any]) -> bool:
    """Print the table; return whether nothing grew and every document succeeded."""
    slopes = [slope(name, unit, points, report["minutes"]) for name, unit, points in report["points"]]
    print("| series | medians of the four quarters | slope per hour | 95 % interval |\n|---|---|---|---|")
    for s in slopes:
        medians = ", ".join(f"{value:g}" for value in s.quarters)
        grows = " **grows**" if s.grows else ""
        print(f"| {s.name} | {medians} {s.unit} | {s.per_hour:+.1f} | {s.low:+.1f} … {s.high:+.1f}{grows} |")
    print(
        f"\n{report['minutes']:g} minutes, {report['documents']} documents, {report['faults']} faults:", report["ended"]
    )
    return report["ended"]["succeeded"] == report["documents"] and not any(s.grows for s in slopes)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--assess", type=Path)
    given = parser.parse_args()
    report = json.loads(given.assess.read_text()) if given.assess else measure(given.minutes)
    if given.json:
        given.json.write_text(json.dumps(report) + "\n")
    return 0 if assess(report) else 1


if __name__ == "__main__":
    sys.exit(main())
