"""The sizing model: cost of a document, scaling, shared services; and the planner.

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
# Services that exist once, and the CPUs that compose.yaml gives each.
SHARED_CORES = {"redis": 1.0, "nginx": 1.0, "scheduler": 1.0, "api": 2.0}
MAX_CORES = 1024


@dataclass(frozen=True, slots=True)
class Projection:
    """Documents per hour on some hardware: estimate, interval and bottleneck (``cpu`` or a service)."""

    per_hour: float
    low: float
    high: float
    bound: str


@dataclass(frozen=True, slots=True)
class Model:
    """The measured data.

    Attributes:
        source: where and when it was measured.
        worker: pairs of pages and worker CPU seconds per document, one per measured length.
        shared: CPU seconds per document of each service that exists once.
        others: CPU seconds per document of all other services (monitoring).
        spread: minimum and maximum of the measured CPU seconds, as shares of the mean.
        law: scaling with cores.
        laws: the same law, fitted to resampled points.
        process_mib: memory of a worker process with a document.
        base_mib: memory of everything except the workers.
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
        """Read the model from a file."""
        return cls.of(json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def of(cls, data: dict[str, Any]) -> Model:
        """Build the model from parsed JSON."""
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
        """Return the worker CPU seconds of a document with a number of pages, by linear regression."""
        if len({length for length, _ in self.worker}) < 2:
            length, cost = self.worker[0]
            return cost * pages / length
        mean_x = sum(x for x, _ in self.worker) / len(self.worker)
        mean_y = sum(y for _, y in self.worker) / len(self.worker)
        over = sum((x - mean_x) ** 2 for x, _ in self.worker)
        slope = sum((x - mean_x) * (y - mean_y) for x, y in self.worker) / over
        start = mean_y - slope * mean_x
        if start < 0:  # the cost of an empty document is not negative
            start, slope = 0.0, sum(x * y for x, y in self.worker) / sum(x * x for x, _ in self.worker)
        return start + slope * pages

    def project(self, cores: float, pages: float = 100.0) -> Projection:
        """Return the projected throughput of a number of cores.

        The measured CPU seconds are divided among the cores and reduced by the scaling law. A service that exists once
        caps the result.
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
        """Return the smallest number of cores whose lower bound reaches a rate; ``None`` if none does."""
        for cores in range(1, MAX_CORES + 1):
            if self.project(cores, pages).low >= per_hour:
                return cores
        return None

    def memory_gb(self, processes: int) -> float:
        """Return the memory for a number of worker processes with a reserve of 25 %, GB."""
        return (self.base_mib + processes * self.process_mib) * 1.25 / 1024
