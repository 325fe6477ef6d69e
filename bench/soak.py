"""Does anything grow? The stack under a steady stream of documents with a short retention and some faults, measured.

    .venv/bin/python bench/soak.py --minutes 30 [--json FILE]      (as root)
    .venv/bin/python bench/soak.py --judge FILE                    (a run that was saved)

Every ten seconds it notes memory (PSS) and open files of each container, memory and keys of Redis, and the files in the
artifact store. Of each it prints the median of every quarter of the run, and the slope an hour with its 95 % confidence
interval, the first quarter left out. It ends with 1 when the whole interval of one lies above its tolerance, or when a
document that was accepted did not succeed.
Every minute a worker's process is killed, every third minute Redis, and the housekeeping task is sent, which beat sends
once an hour.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import signal
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

STACK = Path(__file__).parents[1] / "tests" / "stack"
sys.path[:0] = [str(STACK), str(STACK / "faults")]

import redis
from client import TERMINAL
from ground import Ground, children, wait
from papers import small_documents
from stream import Book, Stream

SERVICES = ("api", "worker", "suspect", "scheduler", "nginx", "redis")
RETENTION_SECONDS = 120
SETTINGS = {
    "DECALOGO_EVALUATION__EVALUATOR": "decalogo",
    "DECALOGO_STORAGE__RETENTION_DAYS": str(RETENTION_SECONDS / 86_400),
    "DECALOGO_STORAGE__ORPHAN_GRACE_SECONDS": str(RETENTION_SECONDS),
}
SAMPLE_SECONDS, BIN_SECONDS = 10.0, 60.0
HOUSEKEEPING = "from decalogo.worker.tasks import apply_retention; apply_retention.delay()"
# Share of the level an hour, and the least slope that counts: MiB, or things.
TOLERANCE = {"MiB": (0.05, 4.0), "files": (0.05, 3.0), "keys": (0.10, 50.0), "artifacts": (0.10, 100.0)}


@dataclass
class Slope:
    """How one measured thing moved."""

    name: str
    unit: str
    quarters: list[float]
    an_hour: float
    low: float
    high: float
    grows: bool


def slope(name: str, unit: str, points: list[tuple[float, float]], minutes: float) -> Slope:
    """Fit a line through the means of each minute; neighbours that resemble each other widen the interval."""
    part = 15 * minutes
    quarters = [[v for at, v in points if n * part <= at < (n + 1) * part] for n in range(4)]
    points = [point for point in points if point[0] >= part]
    bins: dict[int, list[float]] = defaultdict(list)
    for at, value in points:
        bins[int(at // BIN_SECONDS)].append(value)
    hours = [number * BIN_SECONDS / 3600 for number in sorted(bins)]
    means = [statistics.fmean(bins[number]) for number in sorted(bins)]
    line = statistics.linear_regression(hours, means)
    left = [value - line.intercept - line.slope * hour for hour, value in zip(hours, means, strict=True)]
    square = sum(value * value for value in left)
    alike = sum(a * b for a, b in itertools.pairwise(left)) / square if square else 0.0
    alike = min(max(alike, 0.0), 0.9)
    worth = max(len(means) * (1 - alike) / (1 + alike), 3.0)  # independent values that these are worth
    spread = sum((hour - statistics.fmean(hours)) ** 2 for hour in hours)
    error = (square / (worth - 2) / spread * len(means) / worth) ** 0.5 if square else 0.0
    reach = _student(worth - 2) * error
    level = statistics.fmean(means)
    share, least = TOLERANCE[unit]
    low, high = line.slope - reach, line.slope + reach
    medians = [round(statistics.median(quarter), 1) for quarter in quarters if quarter]
    return Slope(name, unit, medians, line.slope, low, high, low > max(share * level, least))


def _student(freedom: float) -> float:
    """Return the 97.5 % quantile of Student's t, near enough (Cornish-Fisher)."""
    z = 1.959964
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


class Soak:
    """One run.

    Args:
        ground: the running appliance.
        stream: its documents.
    """

    def __init__(self, ground: Ground, stream: Stream, book: Book) -> None:
        self.ground, self.stream, self.book = ground, stream, book
        self.points: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
        self.faults = 0
        self.client = ground.appliance.client(ground.appliance.run("token", "admin").strip())

    def run(self, minutes: float) -> None:
        """Measure for so long, with faults in between."""
        began = time.monotonic()
        minute = 0
        while (now := time.monotonic() - began) < 60 * minutes:
            self.sample(now)
            if now // 60 > minute:
                minute = int(now // 60)
                self.every_minute(minute)
            self.client.ask("GET", "/api/v1/batch?limit=20")
            time.sleep(max(0.0, SAMPLE_SECONDS - (time.monotonic() - began - now)))

    def every_minute(self, minute: int) -> None:
        """Kill something, and tidy up."""
        workers = self.ground.ids("worker")
        victim = self.ground.main_process(self.ground.ids("redis")[0]) if minute % 3 == 0 else 0
        if not victim:
            victim = (children(self.ground.main_process(workers[minute % 2])) or [0])[-1]
        if victim:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                self.faults += 1
        if minute % 3:
            self.ground.appliance.compose("exec", "-T", "scheduler", "python", "-c", HOUSEKEEPING)

    def sample(self, now: float) -> None:
        """Note everything once; what is away just now is left out."""
        for service in SERVICES:
            for number, container in enumerate(sorted(self.ground.ids(service)), 1):
                name = f"{service} {number}" if service == "worker" else service
                memory, files = weigh(int(self.ground.state(container)["State"]["Pid"]))
                if memory:
                    self.points[f"{name}: memory", "MiB"].append((now, memory / 1024))
                    self.points[f"{name}: open files", "files"].append((now, files))
        with suppress(redis.RedisError, ValueError), self.ground.ledger() as ledger:
            self.points["Redis: used memory", "MiB"].append((now, ledger.info("memory")["used_memory"] / (1 << 20)))
            keys = sum(int(db["keys"]) for db in ledger.info("keyspace").values())
            self.points["Redis: keys", "keys"].append((now, keys))
        store = self.ground.disks["artifacts"].folder
        count = sum(len(files) for _, _, files in os.walk(store))
        self.points["artifact store: files", "artifacts"].append((now, count))

    def ended(self) -> dict[str, int]:
        """Return how many documents ever came to each end, as the ledger counts them."""
        with self.ground.ledger() as ledger:
            return {state: int(ledger.hget("totals", state) or 0) for state in TERMINAL}


def weigh(container: int) -> tuple[int, int]:
    """Return the proportional memory (KiB) and the open files of a container's processes."""
    memory = files = 0
    waiting = [container] if container else []
    while waiting:
        pid = waiting.pop()
        with suppress(OSError, ValueError):
            waiting += children(pid)
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            memory += sum(int(line.split()[1]) for line in rollup if line.startswith("Pss:"))
            files += sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return memory, files


def measure(minutes: float) -> dict[str, Any]:
    """Run the appliance for so long and return what was seen."""
    with tempfile.TemporaryDirectory(prefix="decalogo-soak-") as folder:
        ground = Ground(Path(folder), "decalogo-soak", SETTINGS)
        try:
            ground.start()
            book = Book()
            token = ground.appliance.run("token", "create", "soak", "--tier", "premium").strip()
            stream = Stream(ground.appliance.client(token), small_documents(60), book, ground.much_waits, batch=8)
            soak = Soak(ground, stream, book)
            stream.start()
            soak.run(minutes)
            stream.end()
            wait(lambda: sum(soak.ended().values()) >= len(book.documents), "every document has ended", 600)
            ended = soak.ended()
        finally:
            ground.delete()
    return {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores", "minutes": minutes,
        "documents": len(book.documents), "ended": ended, "faults": soak.faults,
        "points": [[*key, points] for key, points in sorted(soak.points.items())],
    }  # fmt: skip


def judge(report: dict[str, Any]) -> bool:
    """Print the table; tell whether nothing grew and nothing was lost."""
    slopes = [slope(name, unit, points, report["minutes"]) for name, unit, points in report["points"]]
    print("| | medians of the four quarters | slope an hour | 95 % interval |\n|---|---|---|---|")
    for s in slopes:
        medians = ", ".join(f"{value:g}" for value in s.quarters)
        grows = " **grows**" if s.grows else ""
        print(f"| {s.name} | {medians} {s.unit} | {s.an_hour:+.1f} | {s.low:+.1f} … {s.high:+.1f}{grows} |")
    print(
        f"\n{report['minutes']:g} minutes, {report['documents']} documents,",
        report["faults"],
        "faults,",
        report["ended"],
    )
    return report["ended"]["succeeded"] == report["documents"] and not any(s.grows for s in slopes)


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--judge", type=Path)
    given = parser.parse_args()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # whatever ends it, the containers go
    report = json.loads(given.judge.read_text()) if given.judge else measure(given.minutes)
    if given.json:
        given.json.write_text(json.dumps(report) + "\n")
    return 0 if judge(report) else 1


if __name__ == "__main__":
    sys.exit(main())
