"""The dashboard *Load test*: a run of the load test matrix."""

from __future__ import annotations

from panels import Board, Panel, thresholds

BOARD = Board(
    "load",
    "Load test",
    "A run of the load test matrix. Annotations with the tag loadtest mark each scenario and row.",
    [
        Panel(
            "Documents per hour",
            "Throughput, to compare with the expectation of the row.",
            "short",
            [
                ("decalogo:documents_per_hour:rate5m", "5 min"),
                (
                    "3600 * sum(max without (instance) (rate(decalogo_documents_finished_total[$__rate_interval])))",
                    "now",
                ),
            ],
            "ThroughputLow",
            width=12,
        ),
        Panel(
            "Utilisation of workers",
            "Share of worker processes with a running document.",
            "percentunit",
            [("decalogo:worker_processes:utilisation", "busy")],
            "workers",
            whole=True,
            width=12,
        ),
        Panel(
            "Queue",
            "Queued documents.",
            "short",
            [("decalogo:queue_documents:sum", "queued")],
            "QueueDeep",
            thresholds()["QUEUE_DOCUMENTS"],
        ),
        Panel(
            "Latency of the API",
            "99th percentile of the response time without uploads.",
            "s",
            [("decalogo:http_request_seconds:p99_5m", "p99")],
            "ApiSlow",
            thresholds()["API_SECONDS"],
        ),
        Panel(
            "CPU of the host",
            "Share of all cores.",
            "percentunit",
            [('1 - avg(rate(node_cpu_seconds_total{mode="idle"}[$__rate_interval]))', "busy")],
            "host",
            whole=True,
        ),
    ],
)
