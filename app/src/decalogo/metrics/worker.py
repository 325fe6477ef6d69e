"""A worker's metrics: its parent counts what its children observe, and looks at their processes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial
from typing import Any

from celery.signals import worker_process_init, worker_ready
from celery.worker import state
from prometheus_client import Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from decalogo.metrics.exposition import expose, new_registry, resident_bytes
from decalogo.metrics.record import LOST, Family, count_in_parent, observe, open_pipe
from decalogo.settings import Settings

_DOCUMENT_SECONDS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
_STAGE_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
_WAIT_SECONDS = (0.01, 0.1, 1, 5, 15, 60, 300, 900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86_400)
_PAGES = (1, 5, 10, 25, 50, 100, 200, 400, 800, 1600, 5000)
_BYTES = (10_000, 100_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000, 100_000_000)


class Heartbeat:
    """When this worker last renewed its leases, by the monotonic clock."""

    at: float | None = None

    def beat(self) -> None:
        """Note that it did just now."""
        self.at = time.monotonic()


heartbeat = Heartbeat()


def families(registry: CollectorRegistry) -> dict[str, Family]:
    """Return what children observe, by the names they send."""
    counter, histogram = partial(Counter, registry=registry), partial(Histogram, registry=registry)
    return {
        "documents": counter(
            "decalogo_worker_documents_total", "Attempts that ended with an answer.", ["outcome", "evaluator"]
        ),
        "failures": counter("decalogo_document_failures_total", "Documents that ended as failed.", ["problem"]),
        "document": histogram(
            "decalogo_document_seconds",
            "From claim to the recorded answer.",
            ["outcome"],
            buckets=_DOCUMENT_SECONDS,
        ),
        "stage": histogram("decalogo_stage_seconds", "Time spent in a stage.", ["stage"], buckets=_STAGE_SECONDS),
        "pages": histogram("decalogo_document_pages", "Pages of documents with a result.", buckets=_PAGES),
        "bytes": histogram("decalogo_document_bytes", "Size of documents with a result.", buckets=_BYTES),
        "wait": histogram(
            "decalogo_queue_wait_seconds",
            "From being queued to the start of the attempt.",
            ["queue"],
            buckets=_WAIT_SECONDS,
        ),
        "children": counter("decalogo_worker_children_started_total", "Processes started."),
    }


class Slots(Collector):
    """What the parent knows of its pool at the scrape."""

    def __init__(self) -> None:
        self._pool: Any = None
        worker_ready.connect(self._ready, weak=False)

    def _ready(self, sender: Any, **_: object) -> None:
        self._pool = sender.pool

    def collect(self) -> Iterator[Metric]:
        """Yield slots, how many are busy, the children's memory, and the age of the heartbeat."""
        # The list of Celery's pool; it is changed in place while children are replaced.
        children = tuple(getattr(getattr(self._pool, "_pool", None), "_pool", ()))
        yield GaugeMetricFamily("decalogo_worker_slots", "Processes that judge documents.", len(children))
        busy = min(len(state.active_requests), len(children))
        yield GaugeMetricFamily("decalogo_worker_slots_busy", "Processes with a document in work.", busy)
        memory = GaugeMetricFamily("decalogo_worker_child_resident_bytes", "Resident memory.", labels=["slot"])
        for child in children:
            resident = resident_bytes(child.pid)
            if resident is not None:
                memory.add_metric([str(child.index)], resident)
        yield memory
        if heartbeat.at is not None:
            yield GaugeMetricFamily(
                "decalogo_worker_heartbeat_age_seconds",
                "Since leases were last renewed.",
                time.monotonic() - heartbeat.at,
            )


def start(settings: Settings, service: str) -> None:
    """Expose this worker's metrics; call it in the parent before the pool exists."""
    if not settings.metrics.port:
        return
    registry, lost = new_registry(service)
    pipe = open_pipe({**families(registry), LOST: lost})
    registry.register(Slots())

    def begin(**_: object) -> None:
        count_in_parent(pipe)
        observe(("children", 1))

    worker_process_init.connect(begin, weak=False)
    expose(registry, settings.metrics)
