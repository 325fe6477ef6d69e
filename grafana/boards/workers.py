"""The dashboard *Workers*: each replica: is it alive, busy, growing?"""

from __future__ import annotations

from panels import Board, Panel, thresholds

BOARD = Board(
    "workers",
    "Workers",
    "Each replica: is it alive, busy, growing?",
    [
        Panel(
            "Alive and silent",
            "Workers heard of within three leases, and those that vanished within the last hour.",
            "short",
            [("max(decalogo_workers_alive)", "alive"), ("max(decalogo_workers_silent)", "silent")],
            "WorkerGone",
        ),
        Panel(
            "Busy processes",
            "Processes with a document in work, by replica.",
            "short",
            [('decalogo_worker_slots_busy{instance=~"$worker"}', "{{instance}}")],
            "ThroughputLow",
        ),
        Panel(
            "Processes",
            "Processes a replica has; less than its concurrency while one is replaced.",
            "short",
            [('decalogo_worker_slots{instance=~"$worker"}', "{{instance}}")],
            "NoWorker",
        ),
        Panel(
            "Memory of processes",
            "Resident memory of each; past queue.max_memory_per_child_kib it is replaced after its document.",
            "bytes",
            [('decalogo_worker_child_resident_bytes{instance=~"$worker"}', "{{instance}} {{slot}}")],
            "RedeliveryStorm",
            1 << 30,
        ),
        Panel(
            "Documents an hour by replica",
            "Attempts ended, by replica.",
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
            "In the last hour, by replica: after their share of documents, after growing too large, or after a death.",
            "short",
            [('increase(decalogo_worker_children_started_total{instance=~"$worker"}[1h])', "{{instance}}")],
            "RedeliveryStorm",
        ),
        Panel(
            "Heartbeat age",
            "Seconds since a replica renewed its leases; past queue.lease_seconds its documents are taken over.",
            "s",
            [('decalogo_worker_heartbeat_age_seconds{instance=~"$worker"}', "{{instance}}")],
            "WorkerGone",
            10,
        ),
        Panel(
            "Recovery passes",
            "Passes of the janitor a second, by how they went: one a second is normal.",
            "short",
            [("sum by (outcome) (rate(decalogo_recovery_passes_total[5m]))", "{{outcome}}")],
            "RecoveryNotRunning",
        ),
        Panel(
            "Attempts lost",
            "Attempts that ended without an answer, a minute.",
            "short",
            [("60 * sum(decalogo:attempts_lost:rate5m) or vector(0)", "lost")],
            "RedeliveryStorm",
            thresholds()["LOST_PER_MINUTE"],
        ),
    ],
    {"worker": "label_values(decalogo_worker_slots, instance)"},
)
