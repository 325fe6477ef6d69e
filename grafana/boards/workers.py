"""The dashboard *Workers*: health, load and memory of each replica."""

from __future__ import annotations

from panels import WINDOW, Board, Panel, by_worker, thresholds

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
            [(by_worker("decalogo_worker_processes_busy"), "{{host}}")],
            "ThroughputLow",
        ),
        Panel(
            "Processes",
            "Worker processes by replica. There are fewer than its concurrency while one is replaced.",
            "short",
            [(by_worker("decalogo_worker_processes"), "{{host}}")],
            "NoWorker",
        ),
        Panel(
            "Memory of processes",
            "Resident memory of each worker process; replaced above queue.max_memory_per_child_kib.",
            "bytes",
            [(by_worker("decalogo_worker_process_resident_bytes"), "{{host}} {{process}}")],
            "RedeliveryStorm",
            1 << 30,
        ),
        Panel(
            "Documents per hour by replica",
            "Finished attempts per hour, by replica.",
            "short",
            [
                (
                    "3600 * " + by_worker(f"sum by (instance) (rate(decalogo_worker_documents_total[{WINDOW}]))"),
                    "{{host}}",
                )
            ],
            "ThroughputLow",
        ),
        Panel(
            "Processes started",
            "Worker processes started per hour: to replace old, large or crashed ones.",
            "short",
            [(by_worker(f"3600 * rate(decalogo_worker_processes_started_total[{WINDOW}])"), "{{host}}")],
            "RedeliveryStorm",
        ),
        Panel(
            "Heartbeat age",
            "Seconds since a replica renewed its leases; above queue.lease_seconds they expire.",
            "s",
            [(by_worker("decalogo_worker_heartbeat_age_seconds"), "{{host}}")],
            "WorkerGone",
            10,
        ),
        Panel(
            "Recovery passes",
            "Recovery passes per second by outcome. One per second is normal.",
            "short",
            [(f"sum by (outcome) (rate(decalogo_recovery_passes_total[{WINDOW}]))", "{{outcome}}")],
            "RecoveryNotRunning",
            meaning="pass",
        ),
        Panel(
            "Attempts lost",
            "Attempts per minute that ended without a result.",
            "short",
            [("60 * sum(decalogo:attempts_lost:rate5m)", "lost")],
            "RedeliveryStorm",
            thresholds()["LOST_PER_MINUTE"],
        ),
    ],
    {"worker": 'label_values(decalogo_build_info{service="worker"}, host)'},
)
