"""The suspect worker has one process per queue, so a slow document delays no lost one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from celery.worker import state

from decalogo.batches.queues import SUSPECT_QUEUES, WORK_QUEUES
from decalogo.batches.states import DocumentState
from decalogo.embedded.config import services
from decalogo.embedded.instance import Instance
from decalogo.embedded.layout import Layout
from decalogo.queue.order import QueueOrder
from decalogo.queue.publish import TASK_NAME
from tests.claims import claim_document
from tests.worker.conftest import Appliance

ROOT = Path(__file__).resolve().parents[3]
PROCESSES = str(len(SUSPECT_QUEUES))

pytestmark = pytest.mark.timeout(900)


class Request:
    """Message that a worker holds."""

    def __init__(self, queue: str, name: str = TASK_NAME) -> None:
        self.name = name
        self.delivery_info = {"routing_key": queue}
        state.reserved_requests.add(self)


@pytest.fixture(autouse=True)
def no_requests() -> Iterator[None]:
    yield
    state.reserved_requests.clear()


def test_a_queue_is_skipped_while_the_suspect_worker_holds_a_document_from_it() -> None:
    order = QueueOrder(SUSPECT_QUEUES)
    assert order.consume(2) == ["suspect", "slow"]
    slow = Request("slow")
    assert order.consume(2) == ["suspect"]
    suspect = Request("suspect")
    assert order.consume(2) == []
    state.reserved_requests.discard(slow)
    assert order.consume(2) == ["slow"]
    state.reserved_requests.discard(suspect)
    assert order.consume(2) == ["suspect", "slow"]


def test_other_queues_are_never_skipped() -> None:
    order = QueueOrder([*WORK_QUEUES, *SUSPECT_QUEUES])
    _held = [Request(queue) for queue in (*WORK_QUEUES, *SUSPECT_QUEUES)]
    assert order.consume(10) == list(WORK_QUEUES)


def lost(appliance: Appliance, document_id: str) -> None:
    """End the first attempt as if its worker had been killed."""
    claim_document(appliance.ledger, document_id, f"first-{document_id}")
    assert appliance.ledger.release(document_id, f"first-{document_id}", "lost", "its process died") == "queued"


def partial(appliance: Appliance, document_id: str) -> None:
    """End the first attempt at the soft time limit with a partial result."""
    claim = claim_document(appliance.ledger, document_id, f"first-{document_id}")
    assert appliance.ledger.finish(claim, DocumentState.PARTIAL, result_key=f"results/{document_id}.1.json")


def states(appliance: Appliance, ids: list[str]) -> list[str]:
    return sorted(document.state for name in ids if (document := appliance.ledger.document(name)))


def test_a_lost_document_runs_next_to_a_slow_one_and_slow_ones_run_one_at_a_time(appliance: Appliance) -> None:
    _, slow = appliance.submit(["sleep 200"] * 3)
    for document_id in slow:
        partial(appliance, document_id)
    appliance.start("scheduler")
    appliance.start("worker", "--queues", "suspect", "--concurrency", PROCESSES)
    appliance.wait(lambda: "running" in states(appliance, slow), 60, "a slow document runs")
    job_id, ids = appliance.submit(["ok"] * 3)
    for document_id in ids:
        lost(appliance, document_id)
    documents = appliance.wait_finished(job_id)
    assert {d.state for d in documents} == {DocumentState.SUCCEEDED}
    first, second, third = sorted(documents, key=lambda d: d.started_at)
    assert first.finished_at <= second.started_at
    assert second.finished_at <= third.started_at
    assert states(appliance, slow) == ["queued", "queued", "running"]


def test_every_form_of_the_appliance_gives_the_suspect_worker_one_process_per_queue(tmp_path: Path) -> None:
    stack = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]["suspect"]["command"]
    local = next(s for s in services(Layout(tmp_path), Instance(1, 2, 1)) if s.name == "worker-suspect").command
    for command in (stack, local):
        assert command[-4:] == type(command)(["--queues", "suspect", "--concurrency", PROCESSES])
