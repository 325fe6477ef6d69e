"""The dashboard *Workers*: health, load and memory of each replica."""

from __future__ import annotations

from panels import Board, Panel, thresholds

BOARD = Board(
    "workers",
    "Workers",
    "Health, load and memory of each replica.",
    [
        Panel(
            "Alive and silent",
            "Workers with a heartbeat within three leases, and workers that disappeared in the last hour.",
            "short",
            [("max(decalogo_workers_alive)", "alive"), ("max(decalogo_workers_silent)", "silent")],
            "WorkerGone",
        ),
        Panel(
            "Busy processes",
            "Worker processes with a running document, by replica.",
            "short",
            [('decalogo_worker_processes_busy{instance=~"$worker"}', "{{instance}}")],
            "ThroughputLow",
        ),
        Panel(
            "Processes",
            "Worker processes by replica. There are fewer than its concurrency while one is replaced.",
            "short",
            [('decalogo_worker_processes{instance=~"$worker"}', "{{instance}}")],
            "NoWorker",
        ),
        Panel(
            "Memory of processes",
            "Resident memory of each worker process; replaced above queue.max_memory_per_child_kib.",
            "bytes",
            [('decalogo_worker_process_resident_bytes{instance=~"$worker"}', "{{instance}} {{process}}")],
            "RedeliveryStorm",
            1 << 30,
        ),
        Panel(
            "Documents per hour by replica",
            "Finished attempts per hour, by replica.",
            "short",
            [
                (
                    '3600 * sum by (instance) (rate(decalogo_worker_documents_total{instance=~"$worker"}[5m]))',
                    "{{instance}}",
                )
            ],
            "ThroughputLow",
        ),
        Panel(
            "Processes started",
            "Worker processes started in the last hour: to replace old, large or crashed ones.",
            "short",
            [('increase(decalogo_worker_processes_started_total{instance=~"$worker"}[1h])', "{{instance}}")],
            "RedeliveryStorm",
        ),
        Panel(
            "Heartbeat age",
            "Seconds since a replica renewed its leases; above queue.lease_seconds they expire.",
            "s",
            [('decalogo_worker_heartbeat_age_seconds{instance=~"$worker"}', "{{instance}}")],
            "WorkerGone",
            10,
        ),
        Panel(
            "Recovery passes",
            "Recovery passes per second by outcome. One per second is normal.",
            "short",
            [("sum by (outcome) (rate(decalogo_recovery_passes_total[5m]))", "{{outcome}}")],
            "RecoveryNotRunning",
        ),
        Panel(
            "Attempts lost",
            "Attempts per minute that ended without a result.",
            "short",
            [("60 * sum(decalogo:attempts_lost:rate5m) or vector(0)", "lost")],
            "RedeliveryStorm",
            thresholds()["LOST_PER_MINUTE"],
        ),
    ],
    {"worker": "label_values(decalogo_worker_processes, instance)"},
)
