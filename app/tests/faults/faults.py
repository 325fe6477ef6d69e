"""The faults that the random-fault run injects: each a function of the processes and a seeded generator."""

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
    """One worker process ends in the middle of its document."""
    children = processes.children(chance.choice(WORKERS))
    if children:
        with suppress(ProcessLookupError):
            os.kill(chance.choice(children), signal.SIGKILL)


def kill_parent(processes: Processes, chance: random.Random) -> None:
    """A worker's parent dies and leaves its children behind for a moment."""
    with suppress(ProcessLookupError):
        os.kill(processes.running[chance.choice(WORKERS)].pid, signal.SIGKILL)


def kill_worker(processes: Processes, chance: random.Random) -> None:
    """A worker container is killed."""
    processes.signal(chance.choice(WORKERS), signal.SIGKILL)


def kill_all_workers(processes: Processes, chance: random.Random) -> None:
    """Every worker is killed at once."""
    for name in WORKERS:
        processes.signal(name, signal.SIGKILL)


def stop_worker(processes: Processes, chance: random.Random) -> None:
    """A worker is asked to stop while it works."""
    with suppress(ProcessLookupError):
        os.kill(processes.running[chance.choice(WORKERS)].pid, signal.SIGTERM)


def freeze_worker(processes: Processes, chance: random.Random) -> None:
    """A worker sleeps past its lease and wakes up again."""
    name = chance.choice(WORKERS)
    processes.signal(name, signal.SIGSTOP)
    time.sleep(1.5 * processes.settings.queue.lease_seconds)
    processes.signal(name, signal.SIGCONT)


def kill_scheduler(processes: Processes, chance: random.Random) -> None:
    """A scheduler is killed."""
    processes.signal(chance.choice(SCHEDULERS), signal.SIGKILL)


def kill_redis(processes: Processes, chance: random.Random) -> None:
    """Redis is killed; the supervisor starts it again from its log."""
    processes.signal("redis", signal.SIGKILL)
    time.sleep(chance.uniform(0, 2))


def freeze_redis(processes: Processes, chance: random.Random) -> None:
    """Redis does not answer for a while, longer than its clients wait."""
    processes.signal("redis", signal.SIGSTOP)
    time.sleep(chance.uniform(2, 6))
    processes.signal("redis", signal.SIGCONT)


def delete_lists(processes: Processes, chance: random.Random) -> None:
    """The broker forgets every message."""
    connect(processes.settings.redis, processes.settings.redis.broker_db).delete(*QUEUES)


def double_messages(processes: Processes, chance: random.Random) -> None:
    """One message of each queue is delivered ten times."""
    broker = connect(processes.settings.redis, processes.settings.redis.broker_db)
    for name in QUEUES:
        for message in broker.lrange(name, 0, 0):
            broker.rpush(name, *[message] * 10)


FAULTS: tuple[Callable[[Processes, random.Random], None], ...] = (
    kill_child, kill_parent, kill_worker, kill_all_workers, stop_worker, freeze_worker, kill_scheduler, kill_redis,
    freeze_redis, delete_lists, double_messages,
)  # fmt: skip
