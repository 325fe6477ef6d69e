"""The dashboard *Host*: the machine and the cost of monitoring."""

from __future__ import annotations

from panels import Board, Panel, thresholds

BOARD = Board(
    "host",
    "Host",
    "The machine, and the cost of monitoring.",
    [
        Panel(
            "CPU",
            "Share of all cores by mode.",
            "percentunit",
            [("decalogo:host_cpu:ratio_5m", "{{mode}}")],
            "ThroughputLow",
            meaning="mode",
        ),
        Panel(
            "Load",
            "Processes that run or wait, and the number of cores.",
            "short",
            [("node_load1", "load"), ("decalogo:host_cores:count", "cores")],
            "ThroughputLow",
        ),
        Panel(
            "Memory",
            "Available memory, and memory used by programs.",
            "bytes",
            [
                ("node_memory_MemAvailable_bytes", "available"),
                ("node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes", "used"),
            ],
            "RedeliveryStorm",
        ),
        Panel(
            "Free disk",
            "Free share of each disk that holds volumes.",
            "percentunit",
            [("min by (device) (node_filesystem_avail_bytes / node_filesystem_size_bytes)", "{{device}}")],
            "DiskAlmostFull",
            thresholds()["DISK_FREE_RATIO"],
            low=True,
            whole=True,
        ),
        Panel(
            "Disk utilisation",
            "Share of time in which a disk serves a request.",
            "percentunit",
            [('rate(node_disk_io_time_seconds_total{device!~"(loop|ram|dm-).*"}[$__rate_interval])', "{{device}}")],
            "EnqueueSlow",
            0.8,
        ),
        Panel(
            "Space for documents",
            "Free space of the artifact store, and the value below which uploads are rejected.",
            "bytes",
            [
                ("max(decalogo_artifacts_free_bytes)", "free"),
                ("max(decalogo_artifacts_min_free_bytes)", "uploads rejected below"),
            ],
            "DiskAlmostFull",
        ),
        Panel(
            "Targets",
            "Green: Prometheus can scrape the service.",
            "bool",
            [("min by (job) (up)", "{{job}}")],
            "ScrapeDown",
            low=True,
            states=("down", "up"),
        ),
        Panel(
            "CPU of Prometheus",
            "Share of one core.",
            "percentunit",
            [('rate(process_cpu_seconds_total{job="prometheus"}[$__rate_interval])', "Prometheus")],
            "ScrapeDown",
            0.1,
        ),
        Panel(
            "Size of the metrics",
            "Disk space of the metrics, limited by PROMETHEUS_RETENTION.",
            "bytes",
            [("prometheus_tsdb_storage_blocks_bytes + prometheus_tsdb_head_chunks_storage_size_bytes", "kept")],
            "DiskFilling",
        ),
    ],
)
