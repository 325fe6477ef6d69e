"""The Universal Scalability Law, fitted to measured points (N. J. Gunther, Guerrilla Capacity Planning, 2007).

The throughput of N units is ``rate * N / (1 + sigma (N - 1) + kappa N (N - 1))``. Sigma is contention (work that is
serialized), kappa is coherency (work that each pair of units must coordinate).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
"""Number of units, and their throughput."""


@dataclass(frozen=True, slots=True)
class Law:
    """Fitted law; ``rate`` is the throughput of one unit."""

    rate: float
    sigma: float
    kappa: float

    def throughput(self, units: float) -> float:
        """Return the throughput of a number of units."""
        return self.rate * units * self.efficiency(units)

    def efficiency(self, units: float) -> float:
        """Return the throughput relative to linear scaling; at most 1."""
        return 1 / max(1.0, 1 + self.sigma * (units - 1) + self.kappa * units * (units - 1))


def fit(points: Sequence[Point]) -> Law:
    """Return the law with the least squares of relative errors; sigma and kappa are not negative.

    Raises:
        ValueError: there is no point, or a point without units or throughput.
    """
    if not points or any(units <= 0 or rate <= 0 for units, rate in points):
        raise ValueError("every point needs more than 0 units and more than 0 throughput")
    # N / X = a + b (N - 1) + c N (N - 1) is linear; each equation is divided by N / X, so that errors are relative.
    best: tuple[float, Law] | None = None
    for used in ((0, 1, 2), (0, 1), (0, 2), (0,)):
        lines = []
        for units, rate in points:
            terms = (1.0, units - 1, units * (units - 1))
            lines.append([terms[n] * rate / units for n in used])
        found = _least_squares(lines)
        if found is None or found[0] <= 0 or min(found) < 0:
            continue
        a, b, c = (dict(zip(used, found, strict=True)).get(n, 0.0) for n in range(3))
        error = sum((1 - sum(x * y for x, y in zip(line, found, strict=True))) ** 2 for line in lines)
        if best is None or error < best[0] - 1e-12:
            best = error, Law(1 / a, b / a, c / a)
    assert best is not None  # noqa: S101 - the last attempt is a mean, which always exists
    return best[1]


def resampled(points: Sequence[Point], times: int = 200, seed: int = 1) -> list[Law]:
    """Return laws fitted to points with resampled errors (residual bootstrap), as a measure of uncertainty."""
    law = fit(points)
    errors = [rate / law.throughput(units) for units, rate in points]
    chance = random.Random(seed)  # noqa: S311 - reproducible on purpose
    return [fit([(units, law.throughput(units) * chance.choice(errors)) for units, _ in points]) for _ in range(times)]


def interval(values: Sequence[float], share: float = 0.9) -> tuple[float, float]:
    """Return the middle ``share`` of values."""
    ordered = sorted(values)
    cut = int(len(ordered) * (1 - share) / 2)
    return ordered[cut], ordered[len(ordered) - 1 - cut]


def _least_squares(lines: list[list[float]]) -> list[float] | None:
    """Solve ``lines x = 1`` by least squares; ``None`` if the system is singular."""
    size = len(lines[0])
    normal = [[sum(line[i] * line[j] for line in lines) for j in range(size)] for i in range(size)]
    right = [sum(line[i] for line in lines) for i in range(size)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(normal[row][column]))
        if abs(normal[pivot][column]) < 1e-12:
            return None
        normal[column], normal[pivot] = normal[pivot], normal[column]
        right[column], right[pivot] = right[pivot], right[column]
        for row in range(size):
            if row != column:
                share = normal[row][column] / normal[column][column]
                normal[row] = [x - share * y for x, y in zip(normal[row], normal[column], strict=True)]
                right[row] -= share * right[column]
    return [right[n] / normal[n][n] for n in range(size)]
