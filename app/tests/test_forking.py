"""What is shared at a fork stays shared when the new process collects its garbage."""

from __future__ import annotations

import gc
import multiprocessing
import re
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from decalogo.cli.api_server import options
from decalogo.settings import Settings
from decalogo.worker.tasks import get_celery

MIB = 1 << 20


def own_bytes() -> int:
    """Return how much memory this process alone has written to."""
    told = re.search(r"Private_Dirty:\s+(\d+) kB", Path("/proc/self/smaps_rollup").read_text(encoding="ascii"))
    assert told
    return int(told.group(1)) * 1024


def collect(answer: Connection) -> None:
    """Tell how much a full collection copies."""
    before = own_bytes()
    gc.collect()
    answer.send(own_bytes() - before)


def copied_after(before_fork: Callable[[], object]) -> int:
    fork = multiprocessing.get_context("fork")
    held = [[number] for number in range(300_000)]  # 30 MiB that a collection looks through
    before_fork()
    here, there = fork.Pipe()
    process = fork.Process(target=collect, args=(there,))
    process.start()
    process.join(60)
    assert len(held) == 300_000
    return int(here.recv())


def api() -> None:
    options(Settings())["pre_fork"](None, None)


def worker() -> None:
    from celery.signals import worker_before_create_process

    get_celery()
    worker_before_create_process.send(sender=None)


def nothing() -> None:
    pass


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="asks Linux for the memory")
def test_a_collection_in_a_forked_process_copies_nothing_that_was_there() -> None:
    try:
        assert copied_after(nothing) > 15 * MIB
        assert copied_after(api) < 5 * MIB
        assert copied_after(worker) < 5 * MIB
    finally:
        gc.unfreeze()
