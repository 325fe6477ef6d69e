"""The dashboard *Load test*: a run of the tuning matrix."""

from __future__ import annotations

from panels import Board, Panel, thresholds

BOARD = Board(
    "load",
    "Load test",
    "A run of the tuning matrix: marks are annotations with the tag loadtest, one a scenario and row.",
    [
        Panel(
            "Documents an hour",
            "What the row promises is compared with this.",
            "short",
            [
                ("decalogo:documents_per_hour:rate5m", "5 min"),
                ("3600 * sum(max without (instance) (rate(decalogo_documents_finished_total[1m])))", "1 min"),
            ],
            "ThroughputLow",
            width=12,
        ),
        Panel(
            "Use of workers",
            "Share of processes with a document in work.",
            "percentunit",
            [("decalogo:worker_slots:utilisation", "busy")],
            "workers",
            width=12,
        ),
        Panel(
            "Queue",
            "Documents waiting.",
            "short",
            [("decalogo:queue_documents:sum", "waiting")],
            "QueueDeep",
            thresholds()["QUEUE_DOCUMENTS"],
        ),
        Panel(
            "Latency of the API",
            "99th percentile, uploads aside.",
            "s",
            [("decalogo:http_request_seconds:p99_5m", "p99")],
            "ApiSlow",
            thresholds()["API_SECONDS"],
        ),
        Panel(
            "CPU of the host",
            "Share of all cores.",
            "percentunit",
            [('1 - avg(rate(node_cpu_seconds_total{mode="idle"}[1m]))', "busy")],
            "host",
        ),
    ],
)
