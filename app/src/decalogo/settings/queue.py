"""Queues, workers, leases, recovery and admission control."""

from __future__ import annotations

from pydantic import BaseModel, Field, model_validator


class QueueSettings(BaseModel):
    """Queues and workers."""

    instance: str = Field(
        "", description="Suffix that distinguishes workers on one host by name; not needed in containers."
    )
    host: str = Field("", description="Host name in the names of workers; empty takes the name of the system.")
    concurrency: int = Field(2, ge=1, description="Number of worker processes per worker.")
    prefetch_multiplier: int = Field(
        1, ge=1, description="Number of reserved messages per worker process, when prefetch is enabled."
    )
    disable_prefetch: bool = Field(True, description="Whether a worker takes a message only when a process is free.")
    max_tasks_per_child: int = Field(
        1000, ge=1, description="Number of documents after which a worker process is replaced."
    )
    max_memory_per_child_kib: int = Field(
        1 << 20, ge=1, description="Resident memory after which a worker process is replaced, KiB."
    )
    child_address_space_bytes: int = Field(
        4 << 30,
        ge=0,
        description="Largest address space (RLIMIT_AS) of a worker process, bytes; less if the container has less per "
        "process; 0 disables.",
    )
    soft_time_limit_seconds: int = Field(3300, ge=1, description="Soft time limit per document, seconds.")
    time_limit_seconds: int = Field(3600, ge=1, description="Hard time limit per document, seconds.")
    slow_soft_time_limit_seconds: int = Field(
        7200, ge=1, description="Soft time limit per document on the queue `slow`, seconds."
    )
    slow_time_limit_seconds: int = Field(
        7400, ge=1, description="Hard time limit per document on the queue `slow`, seconds."
    )
    visibility_timeout_seconds: int = Field(
        7500, ge=1, description="Visibility timeout of a message, seconds; leases recover work long before it."
    )
    lease_seconds: float = Field(
        10.0, gt=0, description="Duration of a lease, seconds; a running document is requeued when it expires."
    )
    max_attempts: int = Field(
        3, ge=1, description="Number of lost attempts after which a document becomes a dead letter."
    )
    recovery_interval_seconds: float = Field(0.5, gt=0, description="Interval between two recovery passes, seconds.")
    republish_grace_seconds: float = Field(
        5.0, gt=0, description="Age after which a queued document without a message is published again, seconds."
    )
    watchdog_seconds: float = Field(
        30.0, gt=0, description="Idle time after which a worker restarts while its queues hold work, seconds."
    )
    soft_shutdown_seconds: float = Field(
        5.0, ge=0, description="Time for running documents to finish when a worker stops, seconds."
    )
    large_bytes: int = Field(
        20 << 20,
        ge=1,
        description="Size above which a document goes to the queue `large`, bytes; a tenth of it for plain text.",
    )
    large_pages: int = Field(
        400,
        ge=1,
        description="Page count above which a linearized PDF goes to the queue `large`, if it has a tenth of "
        "large_bytes or more.",
    )
    large_share: float = Field(
        0.5,
        ge=0,
        le=1,
        description="Maximum share of worker processes for large documents while small ones wait; at least one.",
    )
    tenant_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Maximum share of worker processes for one tenant while others wait; at least one process.",
    )
    max_depth: int = Field(10_000, ge=1, description="Number of queued documents above which uploads are rejected.")
    max_memory_share: float = Field(
        0.8, gt=0, le=1, description="Share of Redis `maxmemory` above which uploads are rejected."
    )

    @model_validator(mode="after")
    def _limits_are_consistent(self) -> QueueSettings:
        if self.soft_time_limit_seconds >= self.time_limit_seconds:
            raise ValueError("queue.soft_time_limit_seconds must be below queue.time_limit_seconds")
        if not self.time_limit_seconds <= self.slow_soft_time_limit_seconds < self.slow_time_limit_seconds:
            raise ValueError(
                "queue.slow_soft_time_limit_seconds must be at least queue.time_limit_seconds"
                " and below queue.slow_time_limit_seconds"
            )
        if self.visibility_timeout_seconds <= self.slow_time_limit_seconds:
            raise ValueError("queue.visibility_timeout_seconds must be above queue.slow_time_limit_seconds")
        # During a soft shutdown the parent process sleeps and renews no lease. The last renewal may be a quarter of a
        # lease old by then.
        if self.soft_shutdown_seconds > 0.7 * self.lease_seconds:
            raise ValueError("queue.soft_shutdown_seconds must be at most 0.7 x queue.lease_seconds")
        return self
