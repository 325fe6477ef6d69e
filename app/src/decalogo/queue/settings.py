"""Settings of the queue; a section of :mod:`decalogo.settings`."""

from __future__ import annotations

from pydantic import BaseModel, Field, model_validator


class QueueSettings(BaseModel):
    """Celery, leases and recovery (guide section "Worker Configuration", amended in docs/decisions)."""

    instance: str = Field("", description="Tells workers of one host apart in their names; not needed in containers.")
    host: str = Field("", description="Name of this host in the workers' names; empty: what the system says.")
    concurrency: int = Field(2, ge=1, description="Worker processes of one worker replica.")
    prefetch_multiplier: int = Field(1, ge=1, description="Messages reserved per process; used when prefetch is on.")
    disable_prefetch: bool = Field(True, description="Take a message only when a process is free.")
    max_tasks_per_child: int = Field(1000, ge=1, description="Documents after which a worker process is replaced.")
    max_memory_per_child_kib: int = Field(1 << 20, ge=1, description="Resident memory after which it is replaced, KiB.")
    child_address_space_bytes: int = Field(4 << 30, ge=0, description="RLIMIT_AS of a worker process, bytes; 0 is off.")
    soft_time_limit_seconds: int = Field(3300, ge=1, description="Soft limit of one document, seconds.")
    time_limit_seconds: int = Field(3600, ge=1, description="A document's process is killed after this long, seconds.")
    slow_soft_time_limit_seconds: int = Field(7200, ge=1, description="Soft limit on the slow lane, seconds (guide).")
    slow_time_limit_seconds: int = Field(7400, ge=1, description="Hard limit on the slow lane, seconds.")
    visibility_timeout_seconds: int = Field(7500, ge=1, description="Broker's own redelivery, seconds; not relied on.")
    lease_seconds: float = Field(
        10.0, gt=0, description="Silence after which a running document is taken back, seconds."
    )
    max_attempts: int = Field(3, ge=1, description="Lost attempts after which a document is a dead letter.")
    janitor_interval_seconds: float = Field(0.5, gt=0, description="Pause between two recovery passes, seconds.")
    republish_grace_seconds: float = Field(
        5.0, gt=0, description="A queued document without message is republished after this, seconds."
    )
    watchdog_seconds: float = Field(
        30.0, gt=0, description="A worker idle so long while its queues hold work restarts, seconds."
    )
    soft_shutdown_seconds: float = Field(
        5.0, ge=0, description="Time a stopping worker gives to running documents, seconds."
    )
    large_bytes: int = Field(
        20 << 20, ge=1, description="Documents of this size take the lane of large ones, bytes; of text, a tenth of it."
    )
    large_pages: int = Field(400, ge=1, description="So does a PDF of a tenth that says it has so many pages.")
    large_share: float = Field(
        0.5, ge=0, le=1, description="Share of the slots (but at least one) for large documents while small ones wait."
    )
    max_depth: int = Field(10_000, ge=1, description="Queued documents past which uploads are refused (guide: 10,000).")
    max_memory_share: float = Field(
        0.8, gt=0, le=1, description="Share of Redis's maxmemory past which uploads are refused (guide: 80 %)."
    )

    @model_validator(mode="after")
    def _limits_fit(self) -> QueueSettings:
        if self.soft_time_limit_seconds >= self.time_limit_seconds:
            raise ValueError("queue.soft_time_limit_seconds must be below queue.time_limit_seconds")
        if not self.time_limit_seconds <= self.slow_soft_time_limit_seconds < self.slow_time_limit_seconds:
            raise ValueError("queue.slow_soft_time_limit_seconds must lie between the other two hard limits")
        if self.visibility_timeout_seconds <= self.slow_time_limit_seconds:
            raise ValueError("queue.visibility_timeout_seconds must be above queue.slow_time_limit_seconds")
        # The stopping parent sleeps through this time and renews nothing; its last renewal may be a quarter lease old.
        if self.soft_shutdown_seconds > 0.7 * self.lease_seconds:
            raise ValueError("queue.soft_shutdown_seconds must be at most 0.7 x queue.lease_seconds")
        return self
