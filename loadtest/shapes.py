"""Load shapes by name: how many users hand documents in, and when."""

from __future__ import annotations

import math

from loadtest.users.plan import Stage


def backlog(documents: int, seconds: float, batch: int = 1) -> tuple[Stage, ...]:
    """Keep so many documents in the appliance, for the most that it gives."""
    users = max(1, math.ceil(documents / batch))
    return (Stage("backlog", seconds, users, spawn=max(5.0, users / 5)),)


def steady(per_hour: float, seconds: float, latency: float = 10.0, name: str = "steady") -> tuple[Stage, ...]:
    """Hand in at a rate, however long the answers take (up to three times ``latency`` seconds)."""
    each = max(1.0, 3 * latency)
    users = max(1, math.ceil(per_hour / 3600 * each))
    pace = users * 3600 / per_hour
    return (Stage(name, seconds, users, pace=pace, spawn=max(0.1, per_hour / 3600)),)


def burst(documents: int, seconds: float = 5.0) -> tuple[Stage, ...]:
    """Hand everything in at once, once."""
    return (Stage("burst", seconds, documents, pace=86_400.0, spawn=float(documents)),)


def ramp(per_hour: float, step_seconds: float, latency: float = 10.0) -> tuple[Stage, ...]:
    """Raise the rate in steps, from a quarter of ``per_hour`` to half as much again."""
    shares = (0.25, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5)
    return tuple(steady(share * per_hour, step_seconds, latency, f"{share:.0%}")[0] for share in shares)


def doubling(step_seconds: float, most: int = 64) -> tuple[Stage, ...]:
    """Double the users from one to ``most``, each asking as soon as it was answered."""
    steps = range(int(math.log2(most)) + 1)
    return tuple(Stage(f"{1 << step} at once", step_seconds, 1 << step) for step in steps)


def soak(per_hour: float, seconds: float, latency: float = 10.0) -> tuple[Stage, ...]:
    """Hand in at a rate that can be borne, for long."""
    return steady(per_hour, seconds, latency, "soak")
