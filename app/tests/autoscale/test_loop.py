"""The loop with a scripted gate and remote control: whom it tells what, also after a restart and after a failure."""

from __future__ import annotations

import json
from typing import Any, cast

import httpx
import pytest
from kombu.exceptions import OperationalError

from decalogo.autoscale.control import CeleryControl
from decalogo.autoscale.loop import Autoscaler
from decalogo.autoscale.settings import AutoscaleSettings
from decalogo.batches.ledger import Ledger
from decalogo.queue.lanes import WORK_QUEUES

QUICK = AutoscaleSettings(hold_seconds=0, settle_seconds=0)


class Queue:
    """A ledger that says how much is queued, and nothing else."""

    def __init__(self, queued: int) -> None:
        self.queued = queued

    def depth(self) -> int:
        return self.queued

    def running(self) -> int:
        return 0

    def finished_per_second(self, _seconds: float) -> float:
        return 0.0


class Stack:
    """The gate and the remote control of a few workers; all are busy, and ``failures`` to tell one come first."""

    def __init__(self, workers: int) -> None:
        self.nodes = [f"worker@{number}" for number in range(workers)]
        self.draining: set[str] = set()
        self.removed: list[str] = []
        self.failures = 0

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            self.removed.append(request.url.path.rpartition("/")[2])
            return httpx.Response(204)
        workers = [{"id": node, "name": node, "node": node, "running": True} for node in self.nodes]
        return httpx.Response(200, text=json.dumps({"workers": workers, "room": 20}))

    def _told(self) -> None:
        self.failures -= 1
        if self.failures >= 0:
            raise OperationalError("the broker is away")

    def stop_taking(self, node: str) -> None:
        self.draining.add(node)
        self._told()

    def take_again(self, *nodes: str) -> None:
        self._told()
        self.draining -= set(nodes)

    def busy(self, _node: str) -> bool:
        return True

    def autoscaler(self, queue: Queue, settings: AutoscaleSettings = QUICK) -> Autoscaler:
        gate = httpx.Client(base_url="http://gate", transport=httpx.MockTransport(self.answer))
        return Autoscaler(cast("Ledger", queue), gate, self, settings)


@pytest.fixture
def stack() -> Stack:
    return Stack(workers=2)


def test_a_worker_that_is_not_needed_drains_and_takes_again_when_it_is(stack: Stack) -> None:
    queue = Queue(0)
    scaler = stack.autoscaler(queue)
    assert scaler.look() == 1
    assert stack.draining == {"worker@1"}
    queue.queued = 200  # at 600 documents an hour, two workers clear them in ten minutes
    scaler.look()
    assert stack.draining == set()
    assert stack.removed == []


def test_after_a_restart_workers_that_drained_take_again(stack: Stack) -> None:
    stack.autoscaler(Queue(0)).look()
    assert stack.draining == {"worker@1"}
    assert stack.autoscaler(Queue(200)).look() == 2
    assert stack.draining == set()


def test_a_first_look_that_fails_is_made_up_for_by_the_next(stack: Stack) -> None:
    stack.draining = {"worker@1"}
    stack.failures = 1
    scaler = stack.autoscaler(Queue(200))
    with pytest.raises(OperationalError):
        scaler.look()
    scaler.look()
    assert stack.draining == set()


def test_a_worker_that_was_told_half_of_it_takes_again_when_it_is_needed(stack: Stack) -> None:
    queue = Queue(200)
    scaler = stack.autoscaler(queue)
    scaler.look()
    queue.queued, stack.failures = 0, 1
    with pytest.raises(OperationalError):
        scaler.look()
    assert stack.draining == {"worker@1"}
    queue.queued = 200
    scaler.look()
    assert stack.draining == set()
    assert stack.removed == []


class Broadcasts:
    """Celery's remote control, noting whom it tells to consume what."""

    def __init__(self) -> None:
        self.told: list[tuple[str, list[str]]] = []
        self.control = self

    def add_consumer(self, queue: str, destination: list[str], **_: Any) -> None:
        self.told.append((queue, destination))


def test_many_workers_are_told_at_once_and_nobody_when_there_are_none() -> None:
    app = Broadcasts()
    control = CeleryControl(cast("Any", app))
    control.take_again()
    assert app.told == []  # Celery takes no destination for all: the worker of suspects would hear it too
    control.take_again("worker@1", "worker@2")
    assert app.told == [(queue, ["worker@1", "worker@2"]) for queue in WORK_QUEUES]
