"""The rows of the matrix (``matrix.yaml``), and their size on this machine."""

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
    """One row: a machine, the number of machines, and the expected documents per hour (``band``)."""

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
    def processes(self) -> int:
        """Worker processes of all machines."""
        return self.all_workers * self.concurrency

    def workers_here(self, host: Host) -> int:
        """Return the number of workers that fit into the memory of this host; at least one."""
        room = int(host.worker_memory_mib / (self.concurrency * matrix()["process_mib"]))
        return max(1, min(self.all_workers, room))

    def cores_here(self, host: Host) -> int:
        """Return the number of cores of the row on this host."""
        return min(self.all_cores, host.cores)


@dataclass(frozen=True, slots=True)
class Host:
    """The machine that runs the test.

    Attributes:
        cores: CPUs available to this process.
        memory_mib: memory of the machine, MiB.
        worker_memory_mib: share of it for workers, MiB.
    """

    cores: int
    memory_mib: int
    worker_memory_mib: int

    @classmethod
    def here(cls) -> Host:
        """Return this machine."""
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
        found = {line.split(":")[0]: int(line.split()[1]) // 1024 for line in lines}
        share = float(matrix()["host_memory_share"])
        return cls(len(os.sched_getaffinity(0)), found["MemTotal"], int(found["MemAvailable"] * share))


def matrix() -> dict[str, Any]:
    """Return the content of ``matrix.yaml``."""
    found: dict[str, Any] = yaml.safe_load(_MATRIX.read_text(encoding="utf-8"))
    return found


def rows() -> dict[str, Row]:
    """Return all rows by name, in the order of the file."""
    return {
        name: Row(name=name, **{**values, "band": tuple(values["band"])}) for name, values in matrix()["rows"].items()
    }


def profile(name: str) -> dict[str, str]:
    """Return the variables of a profile (config/profiles)."""
    lines = (ROOT / f"config/profiles/{name}.env").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def compression(row: Row) -> float:
    """Return the time compression of heavy documents: to about two per second, at most 100 times.

    Two small cores need some 0.2 s for each, so five per second measured the machine instead of the queue.
    """
    return min(100.0, 2 * 3600 / (sum(row.band) / 2))


def heavy_wait_seconds(row: Row, processes: int) -> float:
    """Return the waiting time of a heavy document, seconds.

    With it, ``processes`` worker processes reach the throughput of the row's cores, compressed in time: the
    ``heavy_core_seconds`` of a document, spread over the processes that share the cores.
    """
    seconds = float(matrix()["heavy_core_seconds"]) * processes / row.all_cores
    return seconds / compression(row)
