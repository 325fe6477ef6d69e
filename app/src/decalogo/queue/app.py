"""Celery application.

A message carries a document id and a queue. Results are in the ledger and the artifact store, so Celery stores none.
Decision 0002 explains the settings that differ from common practice.
"""

from __future__ import annotations

import socket
from functools import lru_cache
from typing import Any

from celery import Celery
from celery.schedules import crontab
from kombu import Queue  # type: ignore[attr-defined]

from decalogo.batches.queues import HIGH, LOW, MESSAGE_PRIORITY, NORMAL, QUEUES
from decalogo.settings import Settings, get_settings

_ROUTING_KEYS = {
    NORMAL: "task.#",
    HIGH: "priority.high",
    LOW: "priority.low",
}


def celery_configuration(settings: Settings) -> dict[str, Any]:
    """Return the Celery configuration; times in seconds, memory in KiB."""
    queue = settings.queue
    tls = settings.redis.tls
    return {
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_serializer": "json",
        "timezone": "UTC",
        "enable_utc": True,
        "task_track_started": True,
        "task_ignore_result": True,
        "task_time_limit": queue.time_limit_seconds,
        "task_soft_time_limit": queue.soft_time_limit_seconds,
        "task_acks_late": True,
        # The ledger counts lost attempts. Redelivery by the broker would run a poison document without end.
        "task_reject_on_worker_lost": False,
        "task_default_queue": NORMAL,
        "task_default_priority": MESSAGE_PRIORITY[NORMAL],
        "task_create_missing_queues": False,
        "task_queues": tuple(
            Queue(name, routing_key=_ROUTING_KEYS.get(name, name))  # type: ignore[no-untyped-call]
            for name in QUEUES
        ),
        "worker_concurrency": queue.concurrency,
        "worker_prefetch_multiplier": queue.prefetch_multiplier,
        "worker_disable_prefetch": queue.disable_prefetch,
        "worker_max_tasks_per_child": queue.max_tasks_per_child,
        "worker_max_memory_per_child": queue.max_memory_per_child_kib,
        # The default of 4 s kills every new process on a host that is too busy to start one in that time.
        "worker_proc_alive_timeout": 60.0,
        "worker_soft_shutdown_timeout": queue.soft_shutdown_seconds,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        **({"broker_use_ssl": tls} if tls else {}),
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,
        "broker_transport_options": {
            "visibility_timeout": queue.visibility_timeout_seconds,
            "priority_steps": [0],
            "queue_order_strategy": "decalogo.queue.order:QueueOrder",
            "socket_timeout": settings.redis.socket_timeout_seconds,
            "socket_connect_timeout": settings.redis.socket_timeout_seconds,
            "socket_keepalive": True,
            "health_check_interval": 30,
        },
        "beat_schedule": {
            "health-check": {"task": "decalogo.health_check", "schedule": crontab(minute="*/5")},
        },
    }


@lru_cache(maxsize=1)
def get_celery() -> Celery:
    """Return the application of this process; it connects to the broker on first use."""
    settings = get_settings()
    app = Celery(
        "decalogo_batch", broker=settings.redis.url(settings.redis.broker_db), include=["decalogo.worker.tasks"]
    )
    app.conf.update(celery_configuration(settings))
    app.set_default()
    return app


def worker_name(role: str) -> str:
    """Return the name of this worker.

    Examples: ``worker@host``, ``worker-2@host`` with ``queue.instance`` 2, and ``worker-3f2a9c41d07e@north`` in a
    container of a remote host with ``queue.host`` north.
    """
    queue, own = get_settings().queue, socket.gethostname()
    instance = queue.instance or (own if queue.host else "")
    return f"{role}-{instance}@{queue.host or own}" if instance else f"{role}@{own}"
