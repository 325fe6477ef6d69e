"""The dashboard *Redis and queue*: what waits where, and how the store under it is."""

from __future__ import annotations

from panels import Board, Panel, thresholds

BOARD = Board(
    "redis-queue",
    "Redis and queue",
    "What waits where, and how the store under it is.",
    [
        Panel(
            "Waiting by queue",
            "Documents waiting, by the ledger.",
            "short",
            [('max without (instance) (decalogo_queue_documents{queue=~"$queue"})', "{{queue}}")],
            "QueueDeep",
            thresholds()["QUEUE_DOCUMENTS"],
        ),
        Panel(
            "Messages by queue",
            "Messages in the broker's lists; may differ from the ledger for seconds.",
            "short",
            [('max without (instance) (decalogo_queue_messages{queue=~"$queue"})', "{{queue}}")],
            "QueueDeep",
        ),
        Panel(
            "Oldest document by queue",
            "How long the document waits that waits longest.",
            "s",
            [('max without (instance) (decalogo_queue_oldest_seconds{queue=~"$queue"})', "{{queue}}")],
            "OldestDocumentTooOld",
            thresholds()["OLDEST_SECONDS"],
        ),
        Panel(
            "Wait before the first attempt",
            "From acceptance to the first attempt, 95th percentile.",
            "s",
            [('decalogo:queue_wait_seconds:p95_15m{queue=~"$queue"}', "{{queue}}")],
            "OldestDocumentTooOld",
        ),
        Panel(
            "Recording a batch",
            "accept: the ledger has it on disk; publish: its messages are sent. 95th percentile.",
            "s",
            [("decalogo:enqueue_seconds:p95_5m", "{{step}}")],
            "EnqueueSlow",
            thresholds()["ENQUEUE_SECONDS"],
        ),
        Panel(
            "In work",
            "Documents with a lease, and leases that have ended.",
            "short",
            [("max(decalogo_documents_running)", "leases"), ("max(decalogo_leases_expired)", "ended")],
            "RecoveryNotRunning",
        ),
        Panel(
            "Memory",
            "What Redis uses of its maxmemory; past queue.max_memory_share uploads are refused.",
            "percentunit",
            [("redis_memory_used_bytes / redis_memory_max_bytes", "used")],
            "RedisMemoryHigh",
            thresholds()["REDIS_MEMORY_RATIO"],
        ),
        Panel(
            "Commands",
            "Commands a second.",
            "ops",
            [("rate(redis_commands_processed_total[5m])", "commands")],
            "EnqueueSlow",
        ),
        Panel(
            "CPU of Redis",
            "Share of one core; it uses one.",
            "percentunit",
            [("rate(redis_cpu_sys_seconds_total[5m]) + rate(redis_cpu_user_seconds_total[5m])", "Redis")],
            "EnqueueSlow",
            0.8,
        ),
        Panel(
            "Log and snapshots",
            "1: the last write of the log, the last snapshot went well.",
            "bool",
            [("redis_aof_last_write_status", "log"), ("redis_rdb_last_bgsave_status", "snapshot")],
            "RedisPersistenceFailing",
            1,
            low=True,
        ),
        Panel("Clients", "Open connections.", "short", [("redis_connected_clients", "clients")], "RedisDown"),
        Panel(
            "Size of the log",
            "The append-only file; it is rewritten when it has doubled.",
            "bytes",
            [("redis_aof_current_size_bytes", "log")],
            "DiskAlmostFull",
        ),
    ],
    {"queue": "label_values(decalogo_queue_documents, queue)"},
)
