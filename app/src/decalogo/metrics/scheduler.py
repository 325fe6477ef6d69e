"""Metrics of a scheduler: its recovery passes, and the ledger at the time of the scrape."""

from __future__ import annotations

import time

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.registry import CollectorRegistry

from decalogo.metrics.exposition import expose, new_registry
from decalogo.metrics.ledger import LedgerCollector
from decalogo.metrics.record import LOST, Family, count_here
from decalogo.settings import Settings

_PASS_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)


def families(registry: CollectorRegistry) -> dict[str, Family]:
    """Return the families of the recovery loop."""
    last = Gauge("decalogo_recovery_last_pass_timestamp_seconds", "Last successful pass.", registry=registry)
    # Before the first pass it is the start time, so that a scheduler that never completes a pass is overdue too.
    last.set(time.time())
    return {
        "last_pass": last,
        "passes": Counter("decalogo_recovery_passes_total", "Recovery passes.", ["outcome"], registry=registry),
        "pass_seconds": Histogram(
            "decalogo_recovery_pass_duration_seconds", "Duration of a pass.", buckets=_PASS_SECONDS, registry=registry
        ),
    }


def start(settings: Settings) -> None:
    """Expose the metrics of this scheduler."""
    if not settings.metrics.port:
        return
    registry, lost = new_registry("scheduler")
    count_here({**families(registry), LOST: lost})
    registry.register(LedgerCollector(settings))
    expose(registry, settings.metrics)
