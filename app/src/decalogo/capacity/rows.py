"""Sizing profiles as the planner needs them: cores and memory of a machine, machines, worker processes."""

from __future__ import annotations

from typing import NamedTuple


class MatrixRow(NamedTuple):
    """One sizing profile of config/profiles (a test compares them)."""

    name: str
    cores: int
    memory_gb: int
    machines: int
    processes: int


# In order of size. Of the two profiles with 16 cores, the one with the higher throughput.
ROWS = (
    MatrixRow("2c4g", 2, 4, 1, 4),
    MatrixRow("4c8g", 4, 8, 1, 8),
    MatrixRow("8c16g", 8, 16, 1, 32),
    MatrixRow("16c32g-balanced", 16, 32, 1, 64),
    MatrixRow("32c64g", 32, 64, 1, 128),
    MatrixRow("4x16c", 16, 32, 4, 128),
    MatrixRow("8x16c", 16, 32, 8, 256),
)


def row_for(cores: int, memory_gb: float) -> MatrixRow | None:
    """Return the smallest profile with these cores and this memory in total; ``None`` if none is large enough."""
    for row in ROWS:
        if row.cores * row.machines >= cores and row.memory_gb * row.machines >= memory_gb:
            return row
    return None
