"""Observations: noted where something happens, counted in the one process of a service that Prometheus asks.

That is the process itself, or (API, worker) its parent: then an observation is a line in a pipe. One write of up to
``PIPE_BUF`` bytes is atomic, a full pipe drops the line (and says so with the next) instead of holding up the work,
and a child that dies leaves nothing to clean up. See docs/decisions/0030-metrics-through-the-parent-process.md.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson
import structlog
from prometheus_client import Counter, Gauge, Histogram

log = structlog.get_logger(__name__)

Sample = tuple[Any, ...]
"""Name of a family, value, and its labels' values in order."""
Family = Counter | Gauge | Histogram
LOST: Final = "metrics_lost"
_CHUNK = 1 << 16

_sink: Callable[[Sequence[Sample]], None] | None = None


def observe(*samples: Sample) -> None:
    """Note what happened: counters grow by the value, histograms observe it, gauges are set to it.

    Does next to nothing while metrics are off.
    """
    if _sink is not None:
        _sink(samples)


def enabled() -> bool:
    """Tell whether anybody counts: for values that cost something to find out."""
    return _sink is not None


def count_here(families: Mapping[str, Family]) -> None:
    """Count this process's observations in this process."""
    global _sink
    _sink = Counting(families)


def count_in_parent(pipe: int) -> None:
    """Send this process's observations down a pipe."""
    global _sink
    os.set_blocking(pipe, False)
    _sink = _Sending(pipe)


def stop_counting() -> None:
    """Drop observations from now on."""
    global _sink
    _sink = None


class Counting:
    """Applies observations to their families."""

    def __init__(self, families: Mapping[str, Family]) -> None:
        self._families = families

    def __call__(self, samples: Sequence[Sample]) -> None:
        """Count; an unknown name is a mistake of ours and raises ``KeyError``."""
        for name, value, *labels in samples:
            family = self._families[name]
            series = family.labels(*labels) if labels else family
            if isinstance(series, Histogram):
                series.observe(value)
            elif isinstance(series, Gauge):
                series.set(value)
            else:
                series.inc(value)


class _Sending:
    def __init__(self, pipe: int) -> None:
        self._pipe = pipe
        self._lost = 0

    def __call__(self, samples: Sequence[Sample]) -> None:
        if self._lost:
            samples = (*samples, (LOST, self._lost))
        line = orjson.dumps(samples) + b"\n"
        try:
            if len(line) > select.PIPE_BUF:
                raise BlockingIOError
            os.write(self._pipe, line)
        except OSError:
            self._lost += 1
        else:
            self._lost = 0


def open_pipe(families: Mapping[str, Family]) -> int:
    """Count what children send, in a thread of this process; returns the end that they write into."""
    reading, writing = os.pipe()
    threading.Thread(target=_read, args=(reading, Counting(families)), daemon=True, name="observations").start()
    return writing


def _read(pipe: int, count: Counting) -> None:
    rest = b""
    while piece := os.read(pipe, _CHUNK):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            try:
                count(orjson.loads(line))
            except (ValueError, KeyError, TypeError) as error:
                log.warning("observation not understood", error=f"{type(error).__name__}: {error}")
