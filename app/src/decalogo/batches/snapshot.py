"""The ledger and the broker at one moment, in two round trips: for metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis

from decalogo.batches.queues import NAMES as LANES


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the ledger says now.

    Attributes:
        totals: what happened since ever, by the names of the hash ``totals`` (``lua/prelude.lua``).
        waiting: lane to documents queued in it.
        oldest_seconds: lane to how long the document is queued that is queued longest; 0 when there is none.
        running: documents with a lease; ``expired`` of them have one that has ended.
        hosts: host to its workers heard of within three leases; ``local`` are those whose names hold none.
        alive, silent: workers heard of within three leases, and those that were only before.
        closed: the limit that closed admission; empty while it is open.
        memory_used, memory_max: bytes; a maximum of 0 is none.
        health_check: Unix seconds when a worker last executed the periodic health task; 0 when none did.
    """

    totals: Mapping[str, int]
    waiting: Mapping[str, int]
    oldest_seconds: Mapping[str, float]
    running: int
    expired: int
    dead: int
    open_batches: int
    webhooks: int
    hosts: Mapping[str, int]
    alive: int
    silent: int
    closed: str
    memory_used: int
    memory_max: int
    health_check: float


def take(client: redis.Redis, lease_seconds: float) -> Snapshot:
    """Read the ledger.

    Args:
        client: a connection to the ledger's database that decodes answers; its ``RedisError`` is passed on.
        lease_seconds: ``queue.lease_seconds``.
    """
    seconds, micros = client.time()
    now = seconds + micros / 1e6
    with client.pipeline(transaction=False) as pipe:
        for lane in LANES:
            pipe.zcard(f"waiting:{lane}")
            pipe.zrange(f"waiting:{lane}", 0, 0, withscores=True)
        pipe.hgetall("totals")
        pipe.zcard("running")
        pipe.zcount("running", "-inf", now)
        pipe.zcard("dead")
        pipe.scard("open")
        pipe.zcard("webhooks")
        pipe.zrangebyscore("workers", now - 3 * lease_seconds, "+inf")
        pipe.zcard("workers")
        pipe.hget("admission", "closed")
        pipe.info("memory")
        pipe.get("health_check:last")
        answers: list[Any] = pipe.execute()
    lanes, rest = answers[: 2 * len(LANES)], answers[2 * len(LANES) :]
    oldest = dict(zip(LANES, lanes[1::2], strict=True))
    totals, running, expired, dead, open_batches, webhooks, alive, known, closed, memory, health = rest
    return Snapshot(
        totals={name: int(value) for name, value in totals.items()},
        waiting=dict(zip(LANES, lanes[::2], strict=True)),
        oldest_seconds={lane: max(0.0, now - first[0][1]) if first else 0.0 for lane, first in oldest.items()},
        running=running,
        expired=expired,
        dead=dead,
        open_batches=open_batches,
        webhooks=webhooks,
        hosts=Counter(_host(name) for name in alive),
        alive=len(alive),
        silent=known - len(alive),
        closed=closed or "",
        memory_used=int(memory["used_memory"]),
        memory_max=int(memory.get("maxmemory", 0)),
        health_check=float(health or 0),
    )


def _host(worker: str) -> str:
    # A container of the appliance's own has its id for a host name: `worker@3f2a9c41d07e`.
    role, _, host = worker.partition("@")
    return host if "-" in role else "local"
