"""Autoscaler loop against a scripted proxy and remote control, also after a restart and after a failure."""

from __future__ import annotations

import json
from typing import Any, cast

import httpx
import pytest
from kombu.exceptions import OperationalError

from decalogo.autoscale.control import CeleryControl
from decalogo.autoscale.loop import Autoscaler
from decalogo.batches.ledger import Ledger
from decalogo.batches.queues import WORK_QUEUES
from decalogo.settings import AutoscaleSettings


class Immediate(AutoscaleSettings):
    """Scales down without a stabilization window, so that each step shows its decision."""

    @property
    def stabilization_seconds(self) -> float:
        return 0.0


QUICK = Immediate()


class Queue:
    """Ledger with a queue depth and nothing else."""

    def __init__(self, queued: int) -> None:
        self.queued = queued

    def depth(self) -> int:
        return self.queued

    def running(self) -> int:
        return 0

    def finished_per_second(self, _seconds: float) -> float:
        return 0.0


class Stack:
    """Proxy and remote control of a few busy workers; the first ``failures`` broadcasts fail."""

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
        return httpx.Response(200, text=json.dumps({"workers": workers, "capacity": 20}))

    def _broadcast(self) -> None:
        self.failures -= 1
        if self.failures >= 0:
            raise OperationalError("the broker does not reply")

    def stop_consuming(self, node: str) -> None:
        self.draining.add(node)
        self._broadcast()

    def resume_consuming(self, *nodes: str) -> None:
        self._broadcast()
        self.draining -= set(nodes)

    def busy(self, _node: str) -> bool:
        return True

    def autoscaler(self, queue: Queue, settings: AutoscaleSettings = QUICK) -> Autoscaler:
        proxy = httpx.Client(base_url="http://docker-proxy", transport=httpx.MockTransport(self.answer))
        return Autoscaler(cast("Ledger", queue), proxy, self, settings)


@pytest.fixture
def stack() -> Stack:
    return Stack(workers=2)


def test_a_draining_worker_resumes_when_the_queue_grows_again(stack: Stack) -> None:
    queue = Queue(0)
    scaler = stack.autoscaler(queue)
    assert scaler.step() == 1
    assert stack.draining == {"worker@1"}
    queue.queued = 200  # at 600 documents per hour, two workers drain them in ten minutes
    scaler.step()
    assert stack.draining == set()
    assert stack.removed == []


def test_workers_drained_by_a_previous_autoscaler_resume(stack: Stack) -> None:
    stack.autoscaler(Queue(0)).step()
    assert stack.draining == {"worker@1"}
    assert stack.autoscaler(Queue(200)).step() == 2
    assert stack.draining == set()


def test_a_failed_first_step_is_repeated_by_the_next(stack: Stack) -> None:
    stack.draining = {"worker@1"}
    stack.failures = 1
    scaler = stack.autoscaler(Queue(200))
    with pytest.raises(OperationalError):
        scaler.step()
    scaler.step()
    assert stack.draining == set()


def test_a_worker_that_was_broadcast_half_of_it_takes_again_when_it_is_needed(stack: Stack) -> None:
    queue = Queue(200)
    scaler = stack.autoscaler(queue)
    scaler.step()
    queue.queued, stack.failures = 0, 1
    with pytest.raises(OperationalError):
        scaler.step()
    assert stack.draining == {"worker@1"}
    queue.queued = 200
    scaler.step()
    assert stack.draining == set()
    assert stack.removed == []


class Broadcasts:
    """Celery's remote control that records its broadcasts."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, list[str]]] = []
        self.control = self

    def add_consumer(self, queue: str, destination: list[str], **_: Any) -> None:
        self.sent.append((queue, destination))


def test_one_broadcast_per_queue_reaches_all_workers_and_none_is_sent_without_workers() -> None:
    app = Broadcasts()
    control = CeleryControl(cast("Any", app))
    control.resume_consuming()
    assert app.sent == []  # Celery reads an empty destination as all workers, the `suspect` worker included
    control.resume_consuming("worker@1", "worker@2")
    assert app.sent == [(queue, ["worker@1", "worker@2"]) for queue in WORK_QUEUES]
