"""Metrics of the API, exposed by the gunicorn master process."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from gunicorn.arbiter import Arbiter
from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector, CollectorRegistry

from decalogo.metrics.exposition import expose, new_registry, resident_bytes
from decalogo.metrics.record import LOST, Family, open_pipe
from decalogo.settings import Settings

_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)
_ENQUEUE_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_BYTES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000)
STREAMS: Final = "streams"
"""Name of the gauge of open event streams by process."""


def families(registry: CollectorRegistry) -> dict[str, Family]:
    """Return the families of API processes, by the names in their samples."""
    counter, histogram = partial(Counter, registry=registry), partial(Histogram, registry=registry)
    return {
        "requests": counter("decalogo_http_requests_total", "Requests answered.", ["method", "route", "status"]),
        "seconds": histogram(
            "decalogo_http_request_duration_seconds",
            "Time from the request to the last byte of the response.",
            ["method", "route"],
            buckets=_REQUEST_SECONDS,
        ),
        "received": histogram("decalogo_http_request_bytes", "Size of a request body.", ["route"], buckets=_BYTES),
        "sent": histogram("decalogo_http_response_bytes", "Size of a response body.", ["route"], buckets=_BYTES),
        "problems": counter("decalogo_http_problems_total", "Problem responses.", ["problem", "status"]),
        "auth_failures": counter("decalogo_auth_failures_total", "Requests without a valid token.", ["reason"]),
        "token_requests": counter("decalogo_token_requests_total", "Requests with a valid token.", ["tier"]),
        "uploads": counter("decalogo_uploads_total", "Batches accepted.", ["tier"]),
        "upload_documents": counter("decalogo_upload_documents_total", "Documents accepted.", ["tier"]),
        "upload_bytes": counter("decalogo_upload_bytes_total", "Bytes of documents accepted.", ["tier"]),
        "enqueue": histogram(
            "decalogo_enqueue_duration_seconds", "Time to enqueue a batch.", ["step"], buckets=_ENQUEUE_SECONDS
        ),
        "publish_failures": counter("decalogo_publish_failures_total", "Batches with unpublished messages."),
    }


class Processes(Collector):
    """API processes at the time of the scrape."""

    def __init__(self, streams: Gauge) -> None:
        self._streams = streams

    def collect(self) -> Iterator[Metric]:
        """Yield the number of API processes, their memory and the number of their open event streams."""
        alive = sorted(Arbiter.WORKERS)
        yield GaugeMetricFamily("decalogo_api_processes", "API processes alive.", len(alive))
        memory = GaugeMetricFamily("decalogo_api_process_resident_bytes", "Resident memory.", labels=["process"])
        for number, pid in enumerate(alive):
            resident = resident_bytes(pid)
            if resident is not None:
                memory.add_metric([str(number)], resident)
        yield memory
        open_now = 0.0
        for sample in [sample for metric in self._streams.collect() for sample in metric.samples]:
            if int(sample.labels["pid"]) in Arbiter.WORKERS:
                open_now += sample.value
            else:
                self._streams.remove(sample.labels["pid"])
        yield GaugeMetricFamily("decalogo_event_streams", "Open event streams.", open_now)


def start(settings: Settings) -> int | None:
    """Expose the metrics of the API; call it in the master before it forks. Return the pipe for its processes."""
    if not settings.metrics.port:
        return None
    registry, lost = new_registry("api")
    streams = Gauge("streams", "By process; the collector adds them up.", ["pid"], registry=None)
    pipe = open_pipe({**families(registry), STREAMS: streams, LOST: lost})
    registry.register(Processes(streams))
    expose(registry, settings.metrics)
    return pipe
