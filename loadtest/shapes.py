"""Load shapes by name: the number of users over time."""

from __future__ import annotations

import math

from loadtest.users.plan import Stage


def backlog(documents: int, seconds: float, batch: int = 1) -> tuple[Stage, ...]:
    """Keep a number of documents in the appliance, for maximum throughput."""
    users = max(1, math.ceil(documents / batch))
    return (Stage("backlog", seconds, users, spawn=max(5.0, users / 5)),)


def steady(per_hour: float, seconds: float, latency: float = 10.0, name: str = "steady") -> tuple[Stage, ...]:
    """Submit at a constant rate, independent of the latency (up to three times ``latency`` seconds)."""
    each = max(1.0, 3 * latency)
    users = max(1, math.ceil(per_hour / 3600 * each))
    pace = users * 3600 / per_hour
    return (Stage(name, seconds, users, pace=pace, spawn=max(0.1, per_hour / 3600)),)


def burst(documents: int, seconds: float = 5.0) -> tuple[Stage, ...]:
    """Submit everything at the same time, once."""
    return (Stage("burst", seconds, documents, pace=86_400.0, spawn=float(documents)),)


def ramp(per_hour: float, step_seconds: float, latency: float = 10.0) -> tuple[Stage, ...]:
    """Raise the rate in steps, from 25 % to 150 % of ``per_hour``."""
    shares = (0.25, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5)
    return tuple(steady(share * per_hour, step_seconds, latency, f"{share:.0%}")[0] for share in shares)


def doubling(step_seconds: float, most: int = 64) -> tuple[Stage, ...]:
    """Double the users from one to ``most``, without pauses between requests."""
    steps = range(int(math.log2(most)) + 1)
    return tuple(Stage(f"{1 << step} users", step_seconds, 1 << step) for step in steps)


def soak(per_hour: float, seconds: float, latency: float = 10.0) -> tuple[Stage, ...]:
    """Submit at a sustainable rate for a long time."""
    return steady(per_hour, seconds, latency, "soak")
