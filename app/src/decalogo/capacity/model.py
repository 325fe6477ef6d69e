"""The measured model: what a document costs, how it scales, what all share; and the planner over it.

``./appliance loadtest --all --save-model`` writes ``model.json``, which names its source (docs/how-to/load-test.md).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from decalogo.capacity.usl import Law, interval

FILE = Path(__file__).with_name("model.json")
# Services that exist once, and the processors that compose.yaml gives each.
SHARED_CORES = {"redis": 1.0, "nginx": 1.0, "scheduler": 1.0, "api": 2.0}
MOST_CORES = 1024


@dataclass(frozen=True, slots=True)
class Projection:
    """Documents an hour on some hardware: the estimate, its interval, and what bounds it (``cpu`` or a service)."""

    per_hour: float
    low: float
    high: float
    bound: str


@dataclass(frozen=True, slots=True)
class Model:
    """What was measured.

    Attributes:
        source: where and when, in words.
        worker: pages of a document and the CPU seconds it cost a worker, for each length measured.
        shared: CPU seconds a document cost each service that exists once.
        others: CPU seconds a document of all other services (monitoring).
        spread: least and most of the measured CPU seconds, as shares of the mean.
        law: how it scales with cores.
        laws: the same fitted to resampled points.
        process_mib: memory of a worker's process with a document.
        base_mib: memory of everything but the workers.
    """

    source: str
    worker: tuple[tuple[float, float], ...]
    shared: dict[str, float]
    others: float
    spread: tuple[float, float]
    law: Law
    laws: tuple[Law, ...]
    process_mib: float
    base_mib: float

    @classmethod
    def read(cls, path: Path = FILE) -> Model:
        """Read the model's data."""
        return cls.of(json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def of(cls, data: dict[str, Any]) -> Model:
        """Take the model's data as read from JSON."""
        low, high = data["spread"]
        return cls(
            data["source"],
            tuple((pages, cost) for pages, cost in data["worker"]),
            dict(data["shared"]),
            data["others"],
            (low, high),
            Law(1.0, *data["law"]),
            tuple(Law(1.0, *law) for law in data["laws"]),
            data["process_mib"],
            data["base_mib"],
        )

    def worker_seconds(self, pages: float) -> float:
        """Return the CPU seconds of a worker for a document of so many pages: a line through what was measured."""
        if len({length for length, _ in self.worker}) < 2:
            length, cost = self.worker[0]
            return cost * pages / length
        mean_x = sum(x for x, _ in self.worker) / len(self.worker)
        mean_y = sum(y for _, y in self.worker) / len(self.worker)
        over = sum((x - mean_x) ** 2 for x, _ in self.worker)
        slope = sum((x - mean_x) * (y - mean_y) for x, y in self.worker) / over
        start = mean_y - slope * mean_x
        if start < 0:  # a document without pages costs nothing, never less
            start, slope = 0.0, sum(x * y for x, y in self.worker) / sum(x * x for x, _ in self.worker)
        return start + slope * pages

    def project(self, cores: float, pages: float = 100.0) -> Projection:
        """Return what so many cores give with documents of so many pages.

        A projection: CPU seconds as measured, divided among the cores, less what the scaling law takes, and never more
        than a service that exists once can bear.
        """
        cost = self.worker_seconds(pages) + sum(self.shared.values()) + self.others
        ceilings = {name: 3600 * SHARED_CORES[name] / spent for name, spent in self.shared.items() if spent > 0}
        tightest = min(ceilings, key=lambda name: ceilings[name], default="")
        ceiling = ceilings.get(tightest, math.inf)
        cpu = 3600 * cores / cost
        shares = [law.efficiency(cores) for law in self.laws] or [self.law.efficiency(cores)]
        least, most = interval(shares)
        estimate = cpu * self.law.efficiency(cores)
        low, high = cpu * least / self.spread[1], cpu * most / self.spread[0]
        bound = "cpu" if estimate <= ceiling else tightest
        return Projection(min(estimate, ceiling), min(low, estimate, ceiling), min(max(high, estimate), ceiling), bound)

    def cores_for(self, per_hour: float, pages: float) -> int | None:
        """Return the fewest cores whose cautious projection reaches a rate; ``None`` if no number of them does."""
        for cores in range(1, MOST_CORES + 1):
            if self.project(cores, pages).low >= per_hour:
                return cores
        return None

    def memory_gb(self, slots: int) -> float:
        """Return the memory for so many documents in work at once, with a quarter to spare, GB."""
        return (self.base_mib + slots * self.process_mib) * 1.25 / 1024
