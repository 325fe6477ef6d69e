"""What the appliance's own logs say of every attempt, and the table of faults made from it."""

from __future__ import annotations

import json
import platform
import statistics
import subprocess
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

LOST = ("lease expired", "attempt ended without a result")
STANDING = ("succeeded", "partial", "failed")


@dataclass(frozen=True)
class Injury:
    """One fault: its time, and when all documents that ran at that time had their results (Unix seconds)."""

    fault: str
    began: float
    drained: float
    in_work: frozenset[str]


@dataclass
class Row:
    """One kind of fault in the table; times are seconds from the fault."""

    fault: str
    times: int
    in_flight: int
    lost: int
    doubled: int
    handed_back: int
    back_p50: float | None
    back_max: float | None
    again_p50: float | None
    again_max: float | None
    drained: float


@dataclass
class Journal:
    """Attempts by document, from the logs of workers and schedulers."""

    lines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    injuries: list[Injury] = field(default_factory=list)

    def read(self, containers: list[str]) -> None:
        """Read the logs of containers, again for those read before. Call it before a container is removed."""
        for container in containers:
            self.lines[container] = _entries(docker_logs(container))

    def _each(self) -> list[dict[str, Any]]:
        return [line for lines in self.lines.values() for line in lines]

    def standing(self) -> Counter[str]:
        """Return the number of results that the ledger accepted, by document."""
        finished = (line for line in self._each() if line["message"] == "document finished")
        return Counter(line["document_id"] for line in finished if line["outcome"] in STANDING)

    def late_attempts(self) -> int:
        """Return the number of attempts that were refused, or ended by their parent, because they came too late."""
        lines = self._each()
        return sum(line.get("outcome") == "fenced" or "no longer wanted" in line.get("reason", "") for line in lines)

    def rows(self, unsound: set[str]) -> list[Row]:
        """Return the table; ``unsound`` are the documents that the reconciliation did not find whole."""
        back: dict[str, list[float]] = defaultdict(list)
        starts: dict[str, list[float]] = defaultdict(list)
        for line in self._each():
            if line["message"] in LOST:
                back[line["document_id"]].append(line["at"])
            elif line["message"] == "document finished":
                starts[line["document_id"]].append(line["at"] - line["seconds"])
        standing = self.standing()
        rows = []
        for fault in dict.fromkeys(injury.fault for injury in self.injuries):
            done = [injury for injury in self.injuries if injury.fault == fault]
            returned, again = [], []
            for injury in done:
                for document in injury.in_work:
                    gone = [at for at in back[document] if injury.began <= at <= injury.drained]
                    returned += [at - injury.began for at in gone[:1]]
                    later = [at for at in starts[document] if gone and at >= gone[0] - 0.05]
                    again += [min(later) - injury.began] if later else []
            documents = set().union(*(injury.in_work for injury in done))
            rows.append(
                Row(
                    fault, len(done), sum(len(injury.in_work) for injury in done), len(documents & unsound),
                    sum(standing[document] > 1 for document in documents), len(returned),
                    *_spread(returned), *_spread(again),
                    round(max(injury.drained - injury.began for injury in done), 1),
                )
            )  # fmt: skip
        return rows


def docker_logs(container: str) -> str:
    """Return both streams of a container's log."""
    done = subprocess.run(["docker", "logs", container], check=True, capture_output=True, text=True, timeout=600)
    return done.stdout + done.stderr


def _entries(text: str) -> list[dict[str, Any]]:
    found = []
    for line in text.splitlines():
        if '"document_id"' not in line or not line.startswith("{"):
            continue
        try:
            entry = json.loads(line)
        except ValueError:  # cut off by the kill
            continue
        entry["at"] = datetime.fromisoformat(entry["timestamp"]).timestamp()
        found.append(entry)
    return found


def _spread(seconds: list[float]) -> tuple[float | None, float | None]:
    if not seconds:
        return None, None
    return round(statistics.median(seconds), 1), round(max(seconds), 1)


TITLES = (
    "fault", "times", "in flight", "lost", "doubled", "handed back or lost", "back in the queue p50", "max",
    "started again p50", "max", "all of them finished",
)  # fmt: skip


def markdown(rows: list[Row]) -> str:
    """Return the table as docs/explanation/measurements.md has it."""
    lines = ["| " + " | ".join(TITLES) + " |", "|---" * len(TITLES) + "|"]
    for row in rows:
        cells = [_cell(value) for value in vars(row).values()]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return "–"
    return f"{value} s" if isinstance(value, float) else str(value)


def write(folder: Path, rows: list[Row], extra: dict[str, object]) -> None:
    """Write the table as JSON and Markdown."""
    folder.mkdir(parents=True, exist_ok=True)
    machine = f"{platform.machine()}, Linux {platform.release()}"
    report = {"machine": machine, **extra, "rows": [vars(row) for row in rows]}
    (folder / "faults.json").write_text(json.dumps(report, indent=1) + "\n")
    (folder / "faults.md").write_text(markdown(rows) + "\n")
