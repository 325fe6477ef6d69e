"""Observations, counted in the one process of a service that Prometheus scrapes.

In the API and in workers that is the parent process; a child sends its observations through a pipe, one line each. A
write of up to ``PIPE_BUF`` bytes is atomic. A full pipe drops the line instead of blocking the work, and the next line
reports the loss. A child that dies leaves nothing behind. Decision 0030 explains the choice.
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
"""Name of a family, value, and the values of its labels in order."""
Family = Counter | Gauge | Histogram
LOST: Final = "metrics_lost"
_CHUNK = 1 << 16

_sink: Callable[[Sequence[Sample]], None] | None = None


def observe(*samples: Sample) -> None:
    """Record samples: a counter grows by the value, a histogram observes it, a gauge is set to it.

    While metrics are disabled this costs almost nothing.
    """
    if _sink is not None:
        _sink(samples)


def count_here(families: Mapping[str, Family]) -> None:
    """Count the observations of this process in this process."""
    global _sink
    _sink = Counting(families)


def count_in_parent(pipe: int) -> None:
    """Send the observations of this process through a pipe to its parent."""
    global _sink
    os.set_blocking(pipe, False)
    _sink = _Sending(pipe)


def stop_counting() -> None:
    """Disable metrics in this process."""
    global _sink
    _sink = None


class Counting:
    """Counter of observations by family."""

    def __init__(self, families: Mapping[str, Family]) -> None:
        self._families = families

    def __call__(self, samples: Sequence[Sample]) -> None:
        """Count samples; an unknown name raises ``KeyError``."""
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
    """Count the samples of child processes in a thread; return the end of the pipe to which they write."""
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
                log.warning("invalid observation", error=f"{type(error).__name__}: {error}")
