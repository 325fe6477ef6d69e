"""Faults of the random run: functions of the processes and a seeded generator."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from decalogo.batches.queues import QUEUES
from decalogo.connections import connect
from tests.faults.processes import Processes

WORKERS = ("worker1", "worker2", "suspect")
SCHEDULERS = ("scheduler1", "scheduler2", "scheduler3")


def kill_child(processes: Processes, chance: random.Random) -> None:
    """Kill one worker process while it runs a document."""
    children = processes.children(chance.choice(WORKERS))
    if children:
        with suppress(ProcessLookupError):
            os.kill(chance.choice(children), signal.SIGKILL)


def kill_parent(processes: Processes, chance: random.Random) -> None:
    """Kill the parent process of a worker; its children survive for a moment."""
    with suppress(ProcessLookupError):
        os.kill(processes.running[chance.choice(WORKERS)].pid, signal.SIGKILL)


def kill_worker(processes: Processes, chance: random.Random) -> None:
    """Kill a worker with all its processes."""
    processes.signal(chance.choice(WORKERS), signal.SIGKILL)


def kill_all_workers(processes: Processes, chance: random.Random) -> None:
    """Kill all workers at the same time."""
    for name in WORKERS:
        processes.signal(name, signal.SIGKILL)


def stop_worker(processes: Processes, chance: random.Random) -> None:
    """Stop a worker while it runs documents."""
    with suppress(ProcessLookupError):
        os.kill(processes.running[chance.choice(WORKERS)].pid, signal.SIGTERM)


def freeze_worker(processes: Processes, chance: random.Random) -> None:
    """Freeze a worker past its lease, then continue it."""
    name = chance.choice(WORKERS)
    processes.signal(name, signal.SIGSTOP)
    time.sleep(1.5 * processes.settings.queue.lease_seconds)
    processes.signal(name, signal.SIGCONT)


def kill_scheduler(processes: Processes, chance: random.Random) -> None:
    """Kill a scheduler."""
    processes.signal(chance.choice(SCHEDULERS), signal.SIGKILL)


def kill_redis(processes: Processes, chance: random.Random) -> None:
    """Kill Redis; the supervisor restarts it from its append-only file."""
    processes.signal("redis", signal.SIGKILL)
    processes.running["redis"].wait(60)
    time.sleep(chance.uniform(0, 2))


def freeze_redis(processes: Processes, chance: random.Random) -> None:
    """Freeze Redis for longer than its clients wait."""
    processes.signal("redis", signal.SIGSTOP)
    time.sleep(chance.uniform(2, 6))
    processes.signal("redis", signal.SIGCONT)


def delete_lists(processes: Processes, chance: random.Random) -> None:
    """Delete all messages of the broker."""
    connect(processes.settings.redis, processes.settings.redis.broker_db).delete(*QUEUES)


def double_messages(processes: Processes, chance: random.Random) -> None:
    """Deliver one message of each queue ten times."""
    broker = connect(processes.settings.redis, processes.settings.redis.broker_db)
    for name in QUEUES:
        for message in broker.lrange(name, 0, 0):
            broker.rpush(name, *[message] * 10)


FAULTS: tuple[Callable[[Processes, random.Random], None], ...] = (
    kill_child, kill_parent, kill_worker, kill_all_workers, stop_worker, freeze_worker, kill_scheduler, kill_redis,
    freeze_redis, delete_lists, double_messages,
)  # fmt: skip
