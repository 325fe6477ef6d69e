"""The dashboard *Host*: the machine under it."""

from __future__ import annotations

from panels import Board, Panel, thresholds

BOARD = Board(
    "host",
    "Host",
    "The machine under it.",
    [
        Panel(
            "CPU",
            "Share of all cores, by what for.",
            "percentunit",
            [("decalogo:host_cpu:ratio_5m", "{{mode}}")],
            "ThroughputLow",
        ),
        Panel(
            "Load",
            "Processes that run or wait, against the cores there are.",
            "short",
            [("node_load1", "load"), ("decalogo:host_cores:count", "cores")],
            "ThroughputLow",
        ),
        Panel(
            "Memory",
            "Free and used by programs.",
            "bytes",
            [
                ("node_memory_MemAvailable_bytes", "available"),
                ("node_memory_MemTotal_bytes - node_memory_MemAvailable_bytes", "used"),
            ],
            "RedeliveryStorm",
        ),
        Panel(
            "Free disk",
            "Share free under each volume; several may share a disk.",
            "percentunit",
            [("min by (mountpoint) (node_filesystem_avail_bytes / node_filesystem_size_bytes)", "{{mountpoint}}")],
            "DiskAlmostFull",
            thresholds()["DISK_FREE_RATIO"],
            low=True,
        ),
        Panel(
            "Time disks are busy",
            "Share of time with a request under way.",
            "percentunit",
            [('rate(node_disk_io_time_seconds_total{device!~"(loop|ram|dm-).*"}[5m])', "{{device}}")],
            "EnqueueSlow",
            0.8,
        ),
        Panel(
            "Room for documents",
            "Free bytes under the artifact store, and where uploads are refused.",
            "bytes",
            [
                ("max(decalogo_artifacts_free_bytes)", "free"),
                ("max(decalogo_artifacts_min_free_bytes)", "refused below"),
            ],
            "DiskAlmostFull",
        ),
        Panel(
            "Targets",
            "1: the service tells its metrics.",
            "bool",
            [("min by (job) (up)", "{{job}}")],
            "ScrapeDown",
            1,
            low=True,
        ),
        Panel(
            "Cost of measuring",
            "CPU of Prometheus, share of one core.",
            "percentunit",
            [('rate(process_cpu_seconds_total{job="prometheus"}[5m])', "Prometheus")],
            "ScrapeDown",
            0.1,
        ),
        Panel(
            "Size of the graphs",
            "What Prometheus keeps on disk; bounded by PROMETHEUS_RETENTION.",
            "bytes",
            [("prometheus_tsdb_storage_blocks_bytes + prometheus_tsdb_head_chunks_storage_size_bytes", "kept")],
            "DiskFilling",
        ),
    ],
)
