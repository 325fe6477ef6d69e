"""The dashboard *Redis and queue*: the queues and the health of Redis."""

from __future__ import annotations

from panels import Board, Panel, thresholds

BOARD = Board(
    "redis-queue",
    "Redis and queue",
    "The queues and the health of Redis.",
    [
        Panel(
            "Queued documents by queue",
            "Queued documents in the ledger.",
            "short",
            [('max without (instance) (decalogo_queue_documents{queue=~"$queue"})', "{{queue}}")],
            "QueueDeep",
            thresholds()["QUEUE_DOCUMENTS"],
            meaning="queue",
        ),
        Panel(
            "Messages by queue",
            "Messages in the lists of the broker. They may differ from the ledger for seconds.",
            "short",
            [('max without (instance) (decalogo_queue_messages{queue=~"$queue"})', "{{queue}}")],
            "QueueDeep",
            meaning="queue",
        ),
        Panel(
            "Oldest document by queue",
            "Age of the oldest queued document.",
            "s",
            [('max without (instance) (decalogo_queue_oldest_age_seconds{queue=~"$queue"})', "{{queue}}")],
            "OldestDocumentTooOld",
            thresholds()["OLDEST_SECONDS"],
            meaning="queue",
        ),
        Panel(
            "Wait before the first attempt",
            "95th percentile of the time from acceptance to the first attempt.",
            "s",
            [('decalogo:queue_wait_seconds:p95_15m{queue=~"$queue"}', "{{queue}}")],
            "OldestDocumentTooOld",
            meaning="queue",
        ),
        Panel(
            "Recording a batch",
            "95th percentile of both steps. accept: the batch is on disk; publish: its messages are sent.",
            "s",
            [("decalogo:enqueue_seconds:p95_5m", "{{step}}")],
            "EnqueueSlow",
            thresholds()["ENQUEUE_SECONDS"],
        ),
        Panel(
            "Running",
            "Documents with a lease, and expired leases.",
            "short",
            [("max(decalogo_documents_running)", "leases"), ("max(decalogo_leases_expired)", "expired")],
            "RecoveryNotRunning",
        ),
        Panel(
            "Memory",
            "Share of maxmemory that Redis uses. Above queue.max_memory_share uploads are rejected.",
            "percentunit",
            [("redis_memory_used_bytes / redis_memory_max_bytes", "used")],
            "RedisMemoryHigh",
            thresholds()["REDIS_MEMORY_RATIO"],
            whole=True,
        ),
        Panel(
            "Commands",
            "Commands per second.",
            "ops",
            [("rate(redis_commands_processed_total[$__rate_interval])", "commands")],
            "EnqueueSlow",
        ),
        Panel(
            "CPU of Redis",
            "Share of one core. Redis uses one core.",
            "percentunit",
            [
                (
                    "rate(redis_cpu_sys_seconds_total[$__rate_interval])"
                    " + rate(redis_cpu_user_seconds_total[$__rate_interval])",
                    "Redis",
                )
            ],
            "EnqueueSlow",
            0.8,
        ),
        Panel(
            "Persistence",
            "Green: the last write to the append-only file, or the last snapshot, succeeded.",
            "bool",
            [("redis_aof_last_write_status", "log"), ("redis_rdb_last_bgsave_status", "snapshot")],
            "RedisPersistenceFailing",
            low=True,
            states=("failed", "succeeded"),
        ),
        Panel("Clients", "Open connections.", "short", [("redis_connected_clients", "clients")], "RedisDown"),
        Panel(
            "Size of the append-only file",
            "Redis rewrites it when its size has doubled.",
            "bytes",
            [("redis_aof_current_size_bytes", "log")],
            "DiskAlmostFull",
        ),
    ],
    {"queue": "label_values(decalogo_queue_documents, queue)"},
)
