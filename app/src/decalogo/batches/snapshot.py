"""Snapshot of the ledger for metrics, read in two round trips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import redis

from decalogo.batches.queues import QUEUES


@dataclass(frozen=True, slots=True)
class Snapshot:
    """State of the ledger at one moment.

    Attributes:
        totals: counters that only grow, by the names of the hash ``totals`` (``lua/lib/common.lua``).
        depths: number of documents by queue.
        oldest_seconds: age of the oldest document by queue, seconds; 0 for an empty queue.
        running: number of documents with a lease.
        expired: number of those whose lease has expired.
        dead: number of dead letters.
        open_batches: number of unfinished batches.
        first_finished: Unix seconds at which the oldest finished batch finished; 0 without one.
        webhooks: number of webhooks to be delivered.
        hosts: number of live workers by host; ``local`` stands for containers of this host.
        alive: number of workers with a heartbeat within three leases.
        silent: number of other known workers.
        closed: limit that closed admission; empty while it is open.
        memory_used, memory_max: bytes; a maximum of 0 means none.
        stored: number of stored documents of each tenant.
        stored_bytes: bytes of their files, of each tenant.
        health_check: Unix seconds of the last execution of the periodic health task; 0 before the first.
    """

    totals: Mapping[str, int]
    depths: Mapping[str, int]
    oldest_seconds: Mapping[str, float]
    running: int
    expired: int
    dead: int
    open_batches: int
    first_finished: float
    webhooks: int
    hosts: Mapping[str, int]
    alive: int
    silent: int
    closed: str
    memory_used: int
    memory_max: int
    stored: Sequence[int]
    stored_bytes: Sequence[int]
    health_check: float


def take_snapshot(client: redis.Redis, lease_seconds: float) -> Snapshot:
    """Read the ledger.

    Args:
        client: connection to the ledger's database that decodes replies; its ``RedisError`` is passed on.
        lease_seconds: ``queue.lease_seconds``.
    """
    seconds, micros = client.time()
    now = seconds + micros / 1e6
    with client.pipeline(transaction=False) as pipe:
        for queue in QUEUES:
            pipe.zcard(f"queue:{queue}")
            pipe.zrange(f"queue:{queue}", 0, 0, withscores=True)
        pipe.hgetall("totals")
        pipe.zcard("running")
        pipe.zcount("running", "-inf", now)
        pipe.zcard("dead")
        pipe.scard("open")
        pipe.zrange("finished", 0, 0, withscores=True)
        pipe.zcard("webhooks")
        pipe.zrangebyscore("workers", now - 3 * lease_seconds, "+inf")
        pipe.zcard("workers")
        pipe.hget("admission", "closed")
        pipe.hvals("tenant:counts")
        pipe.hvals("tenant:bytes")
        pipe.info("memory")
        pipe.get("health_check:last")
        replies: list[Any] = pipe.execute()
    queues, rest = replies[: 2 * len(QUEUES)], replies[2 * len(QUEUES) :]
    oldest = dict(zip(QUEUES, queues[1::2], strict=True))
    totals, running, expired, dead, open_batches, finished, webhooks, alive, known, *last = rest
    closed, stored, sizes, memory, health = last
    return Snapshot(
        totals={name: int(value) for name, value in totals.items()},
        depths=dict(zip(QUEUES, queues[::2], strict=True)),
        oldest_seconds={queue: max(0.0, now - first[0][1]) if first else 0.0 for queue, first in oldest.items()},
        running=running,
        expired=expired,
        dead=dead,
        open_batches=open_batches,
        first_finished=finished[0][1] if finished else 0.0,
        webhooks=webhooks,
        hosts=Counter(_host(name) for name in alive),
        alive=len(alive),
        silent=known - len(alive),
        closed=closed or "",
        stored=[int(number) for number in stored],
        stored_bytes=[int(number) for number in sizes],
        memory_used=int(memory["used_memory"]),
        memory_max=int(memory.get("maxmemory", 0)),
        health_check=float(health or 0),
    )


def _host(worker: str) -> str:
    # The host name of a container of this host is its id: `worker@3f2a9c41d07e`. Remote workers: `worker-1@north`.
    role, _, host = worker.partition("@")
    return host if "-" in role else "local"
