"""Metrics of a worker, exposed by its parent process."""

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
    """Time of the last lease renewal, monotonic seconds."""

    at: float | None = None

    def beat(self) -> None:
        """Record a renewal."""
        self.at = time.monotonic()


heartbeat = Heartbeat()


def families(registry: CollectorRegistry) -> dict[str, Family]:
    """Return the families of worker processes, by the names in their samples."""
    counter, histogram = partial(Counter, registry=registry), partial(Histogram, registry=registry)
    return {
        "documents": counter(
            "decalogo_worker_documents_total", "Attempts that ended with a result.", ["outcome", "evaluator"]
        ),
        "failures": counter("decalogo_document_failures_total", "Documents that ended as failed.", ["problem"]),
        "document": histogram(
            "decalogo_document_duration_seconds",
            "Time from the claim to the recorded result.",
            ["outcome"],
            buckets=_DOCUMENT_SECONDS,
        ),
        "stage": histogram("decalogo_stage_duration_seconds", "Time of a stage.", ["stage"], buckets=_STAGE_SECONDS),
        "pages": histogram("decalogo_document_pages", "Pages of documents with a result.", buckets=_PAGES),
        "bytes": histogram("decalogo_document_bytes", "Size of documents with a result.", buckets=_BYTES),
        "wait": histogram(
            "decalogo_queue_wait_duration_seconds",
            "Time in the queue until the claim.",
            ["queue"],
            buckets=_WAIT_SECONDS,
        ),
        "children": counter("decalogo_worker_processes_started_total", "Worker processes started."),
    }


class Processes(Collector):
    """Processes of the pool at the time of the scrape."""

    def __init__(self) -> None:
        self._pool: Any = None
        worker_ready.connect(self._ready, weak=False)

    def _ready(self, sender: Any, **_: object) -> None:
        self._pool = sender.pool

    def collect(self) -> Iterator[Metric]:
        """Yield the number of processes, the number of busy ones, their memory, and the age of the heartbeat."""
        # Celery changes the list of its pool in place while it replaces processes.
        children = tuple(getattr(getattr(self._pool, "_pool", None), "_pool", ()))
        yield GaugeMetricFamily("decalogo_worker_processes", "Worker processes.", len(children))
        busy = min(len(state.active_requests), len(children))
        yield GaugeMetricFamily("decalogo_worker_processes_busy", "Worker processes that run a document.", busy)
        memory = GaugeMetricFamily("decalogo_worker_process_resident_bytes", "Resident memory.", labels=["process"])
        for child in children:
            resident = resident_bytes(child.pid)
            if resident is not None:
                memory.add_metric([str(child.index)], resident)
        yield memory
        if heartbeat.at is not None:
            yield GaugeMetricFamily(
                "decalogo_worker_heartbeat_age_seconds",
                "Time since the last lease renewal.",
                time.monotonic() - heartbeat.at,
            )


def start(settings: Settings, service: str) -> None:
    """Expose the metrics of this worker; call it in the parent before the pool exists."""
    if not settings.metrics.port:
        return
    registry, lost = new_registry(service)
    pipe = open_pipe({**families(registry), LOST: lost})
    registry.register(Processes())

    def begin(**_: object) -> None:
        count_in_parent(pipe)
        observe(("children", 1))

    worker_process_init.connect(begin, weak=False)
    expose(registry, settings.metrics)
