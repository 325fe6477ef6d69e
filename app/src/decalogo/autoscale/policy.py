"""How many workers there should be: pure functions of what was seen, so that they can be tested without an engine.

Two rules. ``guide`` is the guide's: one worker more past 500 queued documents and below 20 workers, one fewer below 50
and above 2. ``clear`` asks for as many as clear the queue within a chosen time at the rate that one worker was measured
to have; it grows at once, and shrinks to the most that was wanted during the last ``hold_seconds`` (the stabilisation
window of Kubernetes' horizontal autoscaler), so that a noisy queue does not start and stop workers all the time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from decalogo.autoscale.settings import AutoscaleSettings

_NEW_WEIGHT = 0.3
"""Weight of a new measurement of the rate against all older ones."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look found.

    Attributes:
        at: monotonic time, seconds.
        depth: documents queued.
        running: documents in work.
        workers: workers that run.
        rate: documents finished a second, all workers together, over the last minute.
        room: most workers this host can hold.
    """

    at: float
    depth: int
    running: int
    workers: int
    rate: float
    room: int


@dataclass(frozen=True, slots=True)
class Memory:
    """What the policy carries from look to look.

    Attributes:
        worker_rate: documents a second of one worker; ``None`` until measured.
        changed_at: when the number of workers last changed.
        wanted: what was wanted when, as far back as it matters.
    """

    worker_rate: float | None = None
    changed_at: float = -math.inf
    wanted: tuple[tuple[float, int], ...] = field(default=())


def decide(seen: Seen, memory: Memory, settings: AutoscaleSettings) -> tuple[int, Memory]:
    """Return how many workers there should be now, within the bounds, and what to remember."""
    rule = _guide if settings.rule == "guide" else _clear
    wanted, memory = rule(seen, memory, settings)
    target = max(settings.least, min(wanted, settings.most, max(seen.room, settings.least)))
    changed_at = seen.at if target != seen.workers else memory.changed_at
    return target, Memory(memory.worker_rate, changed_at, memory.wanted)


def _guide(seen: Seen, memory: Memory, settings: AutoscaleSettings) -> tuple[int, Memory]:
    if seen.at - memory.changed_at < settings.guide_interval_seconds:
        return seen.workers, memory
    if seen.depth > settings.guide_up_depth and seen.workers < settings.guide_up_below:
        return seen.workers + 1, memory
    if seen.depth < settings.guide_down_depth and seen.workers > settings.guide_down_above:
        return seen.workers - 1, memory
    return seen.workers, memory


def _clear(seen: Seen, memory: Memory, settings: AutoscaleSettings) -> tuple[int, Memory]:
    rate = _worker_rate(seen, memory, settings)
    per_worker = rate if rate is not None else settings.assumed_documents_per_hour / 3600
    share = per_worker * settings.clear_seconds
    needed = settings.most if seen.depth >= settings.most * share else math.ceil(seen.depth / share)
    if seen.depth or seen.running:
        needed = max(needed, 1)
    wanted = tuple((at, number) for at, number in memory.wanted if seen.at - at < settings.hold_seconds)
    wanted += ((seen.at, needed),)
    # Up at once; down no further than to the most that was wanted lately.
    held = max(number for _, number in wanted)
    target = needed if needed > seen.workers else min(seen.workers, held)
    return target, Memory(rate, memory.changed_at, wanted)


def _worker_rate(seen: Seen, memory: Memory, settings: AutoscaleSettings) -> float | None:
    """Return documents a second of one worker; only a minute in which all had work, and all were there, tells."""
    settled = seen.at - memory.changed_at >= settings.settle_seconds
    if not (settled and seen.depth > seen.running and seen.workers and seen.rate > 0):
        return memory.worker_rate
    measured = seen.rate / seen.workers
    return measured if memory.worker_rate is None else (1 - _NEW_WEIGHT) * memory.worker_rate + _NEW_WEIGHT * measured
