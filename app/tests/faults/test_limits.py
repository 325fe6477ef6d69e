"""A document over a limit ends its process, and fails in one attempt: real workers, real limits."""

from __future__ import annotations

import json

import pytest

from decalogo.batches.operations import BatchOperations
from decalogo.batches.states import Document, DocumentState
from decalogo.settings import EvaluationSettings
from tests.worker.conftest import Appliance

pytestmark = pytest.mark.timeout(900)


def start(appliance: Appliance, *, memory: int = 2 << 30, lease: float = 10, **limits: float) -> None:
    queue = appliance.settings.queue.model_copy(update={"child_address_space_bytes": memory, "lease_seconds": lease})
    evaluation = EvaluationSettings(evaluator="faulty", **limits)  # type: ignore[arg-type]
    appliance.settings = appliance.settings.model_copy(update={"queue": queue, "evaluation": evaluation})
    appliance.start("scheduler")
    appliance.start("worker", "--concurrency", "2")


def refused(document: Document) -> str:
    """Return the reason of a document that failed in its first attempt, for its size."""
    assert (document.state, document.attempts, list(document.losses)) == (DocumentState.FAILED, 1, [])
    assert document.problem is not None
    assert document.problem["type"] == "/problems/document-too-large"
    return str(document.problem["detail"])


def test_a_page_that_holds_its_process_fails_the_document_and_is_named(appliance: Appliance) -> None:
    start(appliance, page_cpu_seconds=2)
    job_id, _ = appliance.submit(["burn extract 7", "ok", "burn recognise 3", "ok"])
    first, fine, second, other = appliance.wait_finished(job_id)
    assert "page 7" in refused(first)
    assert "page 3" in refused(second)
    assert [document.problem["page"] for document in (first, second) if document.problem] == [7, 3]
    assert {fine.state, other.state} == {DocumentState.SUCCEEDED}
    assert all(process.poll() is None for process in appliance.processes)


def test_a_document_has_cpu_time_in_proportion_to_its_size(appliance: Appliance) -> None:
    start(appliance, cpu_seconds=1, cpu_seconds_per_mib=2)
    job_id, _ = appliance.submit(["burn match 0", "burn match 0" + " " * (1 << 20), "ok"])
    small, large, fine = appliance.wait_finished(job_id)
    assert "1 s of processor time" in refused(small)
    assert "in stage match" in refused(small)
    assert "3 s of processor time" in refused(large)
    assert fine.state is DocumentState.SUCCEEDED


def test_a_document_that_needs_more_memory_than_a_process_may_have_fails(appliance: Appliance) -> None:
    start(appliance)
    job_id, _ = appliance.submit(["memory 4096", "hoard 20 SIGABRT", "hoard 1200 SIGSEGV", "ok"])
    *hungry, fine = appliance.wait_finished(job_id)
    for document in hungry:
        assert "2048 MiB of memory" in refused(document)
    assert [document.problem.get("page") for document in hungry if document.problem] == [None, 7, 7]
    assert fine.state is DocumentState.SUCCEEDED


@pytest.mark.parametrize("action", ["cancel", "delete"])
def test_a_cancelled_or_deleted_batch_frees_its_processes(appliance: Appliance, action: str) -> None:
    start(appliance, lease=60)  # the next renewal of leases is later than the end of the test
    marks = [appliance.folder / f"mark{number}" for number in (1, 2)]
    job_id, _ = appliance.submit([f"hang-once {mark}" for mark in marks])
    appliance.wait(lambda: all(mark.exists() for mark in marks), 60, "both processes run")
    getattr(BatchOperations(appliance.ledger, appliance.store), action)(job_id)
    after, _ = appliance.submit(["ok"] * 2)
    assert {document.state for document in appliance.wait_finished(after)} == {DocumentState.SUCCEEDED}
    lines = "".join(file.read_text() for file in appliance.folder.glob("worker*.log")).splitlines()
    # A process that takes a while to end is named each second.
    assert len({json.loads(line)["task_id"] for line in lines if "no longer wanted" in line}) == 2
