"""The rows of the tuning matrix (``matrix.yaml``) and what they become on this machine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
_MATRIX = ROOT / "loadtest" / "matrix.yaml"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the guide's figures of one machine, how many machines, and the band in documents an hour."""

    name: str
    cores: int
    memory_gb: int
    machines: int
    workers: int
    concurrency: int
    prefetch: int
    tasks_per_child: int
    band: tuple[int, int]
    note: str

    @property
    def all_cores(self) -> int:
        """Cores of all machines."""
        return self.cores * self.machines

    @property
    def all_workers(self) -> int:
        """Workers of all machines."""
        return self.workers * self.machines

    @property
    def slots(self) -> int:
        """Documents in work at the same time on all machines."""
        return self.all_workers * self.concurrency

    def workers_here(self, host: Host) -> int:
        """Return how many of its workers this host has memory for; at least one."""
        room = int(host.worker_memory_mib / (self.concurrency * matrix()["process_mib"]))
        return max(1, min(self.all_workers, room))

    def cores_here(self, host: Host) -> int:
        """Return how many cores it gets on this host."""
        return min(self.all_cores, host.cores)


@dataclass(frozen=True, slots=True)
class Host:
    """What runs the test.

    Attributes:
        cores: processors that this process may use.
        memory_mib: memory of the machine, MiB.
        worker_memory_mib: what of it workers may get, MiB.
    """

    cores: int
    memory_mib: int
    worker_memory_mib: int

    @classmethod
    def here(cls) -> Host:
        """Look at this machine."""
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        found = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines}
        share = float(matrix()["host_memory_share"])
        return cls(len(os.sched_getaffinity(0)), found["MemTotal"], int(found["MemAvailable"] * share))


def matrix() -> dict[str, Any]:
    """Return ``matrix.yaml`` as it is."""
    found: dict[str, Any] = yaml.safe_load(_MATRIX.read_text(encoding="utf-8"))
    return found


def rows() -> dict[str, Row]:
    """Return all rows by name, in the guide's order."""
    return {
        name: Row(name=name, **{**values, "band": tuple(values["band"])}) for name, values in matrix()["rows"].items()
    }


def profile(name: str) -> dict[str, str]:
    """Return what a profile (config/profiles) sets."""
    lines = (ROOT / f"config/profiles/{name}.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def compression(row: Row) -> float:
    """Return by how much the guide's heavy documents are made lighter: to about five a second, at most 100 times."""
    return min(100.0, 5 * 3600 / (sum(row.band) / 2))


def heavy_wait_seconds(row: Row, slots: int) -> float:
    """Return how long ``calibrated`` waits over a document: then ``slots`` give what the row's cores would, compressed.

    ``heavy_core_seconds`` of a document, spread over the slots that share the cores.
    """
    seconds = float(matrix()["heavy_core_seconds"]) * slots / row.all_cores
    return seconds / compression(row)
