"""Of several schedulers one sends the periodic tasks, and another takes over when it stops."""

from __future__ import annotations

import json
import signal
import sys
import time

import pytest
import redis

from decalogo.batches.queues import NORMAL
from decalogo.connections import connect
from tests.faults.processes import Processes

pytestmark = pytest.mark.timeout(900)
NAMES = ("scheduler1", "scheduler2", "scheduler3")


def senders(processes: Processes) -> list[int]:
    """Return the process id of each message's sender, oldest message first."""
    broker = connect(processes.settings.redis, processes.settings.redis.broker_db)
    try:
        messages = broker.lrange(NORMAL, 0, -1)
    except redis.RedisError:
        return []
    origins = [json.loads(message)["headers"]["origin"] for message in messages]  # "gen<pid>@<host>"
    return [int(origin.partition("@")[0].removeprefix("gen")) for origin in reversed(origins)]


def runs(values: list[int]) -> list[int]:
    """Return the values without repetitions in a row."""
    return [value for at, value in enumerate(values) if at == 0 or values[at - 1] != value]


def start(processes: Processes) -> None:
    for name in NAMES:
        processes.commands[name] = [sys.executable, "-m", "tests.faults.quick_beat"]
    for name in ("redis", *NAMES):
        processes.start(name)
    processes.wait(lambda: len(senders(processes)) >= 4, 60, "periodic tasks")


def test_one_scheduler_sends_and_another_takes_over_when_it_is_killed(processes: Processes) -> None:
    start(processes)
    began = time.monotonic()
    before = len(senders(processes))
    processes.wait(lambda: len(senders(processes)) >= before + 6, 30, "more of them")
    assert len(senders(processes)) <= before + 2 + (time.monotonic() - began) / 0.5, "sent more than once each"
    order = runs(senders(processes))
    assert len(order) == len(set(order)), "two send alternately"
    (holder,) = [name for name in NAMES if processes.running[name].pid == order[-1]]
    killed = time.monotonic()
    processes.signal(holder, signal.SIGKILL)
    processes.running[holder].wait(60)
    processes.wait(lambda: senders(processes)[-1:] not in ([], order[-1:]), 60, "another one sends")
    assert time.monotonic() - killed < 120
    stopped = next(name for name in NAMES if processes.running[name].pid == senders(processes)[-1])
    processes.running[stopped].terminate()  # releases the lock, so the last one need not wait for its expiry
    assert processes.running[stopped].wait(60) == 0
    (last,) = set(NAMES) - {holder, stopped}
    processes.wait(lambda: senders(processes)[-1:] == [processes.running[last].pid], 60, "the third one sends")


def test_the_lock_survives_a_restart_of_redis(processes: Processes) -> None:
    start(processes)
    processes.signal("redis", signal.SIGKILL)
    processes.running["redis"].wait(60)
    processes.heal()
    before = len(senders(processes))
    processes.wait(lambda: len(senders(processes)) >= before + 6, 60, "they go on")
    after = senders(processes)[before:]
    assert len(runs(after)) <= 2  # the old holder, or one that took over while it reconnected; never both alternately
    assert all(process.poll() is None for process in processes.running.values())
