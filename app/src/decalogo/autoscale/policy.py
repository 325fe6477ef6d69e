"""Scaling policy: pure functions from an observation to a number of workers.

Two rules exist:

- ``thresholds`` adds one worker when the queue depth is above one threshold and removes one when it is below another.
- ``drain_time`` computes the number of workers that drain the queue within a target time, from the measured rate of one
  worker. It scales up immediately. It scales down only to the highest target within the stabilization window, like the
  Kubernetes horizontal autoscaler, so that a queue depth that fluctuates does not start and stop workers all the time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from decalogo.settings import AutoscaleSettings

_NEW_WEIGHT = 0.3
"""Weight of a new rate measurement in the exponential moving average."""
_ASSUMED_RATE = 600 / 3600
"""Documents per second of one worker until it has been measured."""
_FEW, _MANY = 2, 20
"""Rule ``thresholds``: numbers of workers at which it stops scaling down and up."""


@dataclass(frozen=True, slots=True)
class Observation:
    """State of queue and workers at one moment.

    Attributes:
        at: monotonic time, seconds.
        depth: number of queued documents.
        running: number of running documents.
        workers: number of running workers.
        rate: documents finished per second by all workers over the last minute.
        capacity: maximum number of workers the host has resources for.
    """

    at: float
    depth: int
    running: int
    workers: int
    rate: float
    capacity: int


@dataclass(frozen=True, slots=True)
class PolicyState:
    """State of the policy between two decisions.

    Attributes:
        worker_rate: documents per second of one worker; ``None`` until measured.
        changed_at: monotonic time of the last change of the number of workers.
        targets: (time, target) of the decisions within the stabilization window.
    """

    worker_rate: float | None = None
    changed_at: float = -math.inf
    targets: tuple[tuple[float, int], ...] = field(default=())


def decide(seen: Observation, state: PolicyState, settings: AutoscaleSettings) -> tuple[int, PolicyState]:
    """Return the number of workers that should run, within all bounds, and the next state."""
    rule = _thresholds if settings.rule == "thresholds" else _drain_time
    wanted, state = rule(seen, state, settings)
    upper = min(settings.max_workers, max(seen.capacity, settings.min_workers))
    target = max(settings.min_workers, min(wanted, upper))
    changed_at = seen.at if target != seen.workers else state.changed_at
    return target, PolicyState(state.worker_rate, changed_at, state.targets)


def _thresholds(seen: Observation, state: PolicyState, settings: AutoscaleSettings) -> tuple[int, PolicyState]:
    low, high = settings.thresholds
    if seen.at - state.changed_at < settings.change_seconds:
        return seen.workers, state
    if seen.depth > high and seen.workers < _MANY:
        return seen.workers + 1, state
    if seen.depth < low and seen.workers > _FEW:
        return seen.workers - 1, state
    return seen.workers, state


def _drain_time(seen: Observation, state: PolicyState, settings: AutoscaleSettings) -> tuple[int, PolicyState]:
    rate = _worker_rate(seen, state, settings)
    per_worker = rate if rate is not None else _ASSUMED_RATE
    share = per_worker * settings.target_drain_seconds
    needed = settings.max_workers if seen.depth >= settings.max_workers * share else math.ceil(seen.depth / share)
    if seen.depth or seen.running:
        needed = max(needed, 1)
    window = settings.stabilization_seconds
    targets = tuple((at, number) for at, number in state.targets if seen.at - at < window)
    targets += ((seen.at, needed),)
    highest = max(number for _, number in targets)
    target = needed if needed > seen.workers else min(seen.workers, highest)
    return target, PolicyState(rate, state.changed_at, targets)


def _worker_rate(seen: Observation, state: PolicyState, settings: AutoscaleSettings) -> float | None:
    """Return the documents per second of one worker.

    A measurement counts only when all workers were busy and their number did not change during the measured minute.
    Otherwise the old value stays.
    """
    settled = seen.at - state.changed_at >= settings.cooldown_seconds
    if not (settled and seen.depth > seen.running and seen.workers and seen.rate > 0):
        return state.worker_rate
    measured = seen.rate / seen.workers
    return measured if state.worker_rate is None else (1 - _NEW_WEIGHT) * state.worker_rate + _NEW_WEIGHT * measured
