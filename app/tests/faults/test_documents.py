"""Documents that attack their worker: each ends with its reason and affects no other document."""

from __future__ import annotations

import json

import pytest

from decalogo.batches.states import DocumentState
from tests.worker.conftest import Appliance

pytestmark = pytest.mark.timeout(900)
LIMITS = {"soft_time_limit_seconds": 8, "time_limit_seconds": 12, "slow_soft_time_limit_seconds": 16,
          "slow_time_limit_seconds": 20, "visibility_timeout_seconds": 60}  # fmt: skip


def start(appliance: Appliance, **limits: int) -> None:
    queue = appliance.settings.queue.model_copy(update=limits)
    appliance.settings = appliance.settings.model_copy(update={"queue": queue})
    appliance.start("scheduler")
    appliance.start("worker", "--concurrency", "2")
    appliance.start("worker", "--concurrency", "1", "--queues", "suspect")


def test_a_document_that_kills_its_process_becomes_a_dead_letter_and_affects_no_other(appliance: Appliance) -> None:
    start(appliance)
    job_id, _ = appliance.submit(["ok"] * 10 + ["kill"] + ["ok"] * 10)
    documents = appliance.wait_finished(job_id)
    poison = documents.pop(10)
    assert (poison.state, poison.attempts) == (DocumentState.DEAD, 3)
    assert poison.problem is not None
    assert "its process died" in poison.problem["detail"]
    assert {d.state for d in documents} == {DocumentState.SUCCEEDED}
    assert [d.document_id for d in appliance.ledger.dead()] == [poison.document_id]


def test_a_document_that_never_ends_is_stopped_at_the_soft_limit_with_that_reason(appliance: Appliance) -> None:
    start(appliance, **LIMITS)
    job_id, _ = appliance.submit(["sleep 100", "ok"])
    endless, fine = appliance.wait_finished(job_id)
    assert fine.state is DocumentState.SUCCEEDED
    assert endless.state is DocumentState.FAILED
    assert endless.problem is not None
    assert endless.problem["type"] == "/problems/time-limit-exceeded"


def test_a_slow_document_is_partial_first_and_complete_after_its_slow_attempt(appliance: Appliance) -> None:
    start(appliance, **LIMITS | {"slow_soft_time_limit_seconds": 50, "slow_time_limit_seconds": 55})
    job_id, (document_id,) = appliance.submit(["pages 50"])
    appliance.wait(lambda: bool(appliance.ledger.document(document_id).result_key), 60, "partial result")  # type: ignore[union-attr]
    partial = appliance.ledger.document(document_id)
    assert partial is not None
    assert json.loads(appliance.store.read(partial.result_key))["text"] in {f"{n} of 50" for n in range(1, 50)}
    assert partial.problem is not None
    assert partial.problem["type"] == "/problems/time-limit-exceeded"
    (whole,) = appliance.wait_finished(job_id)
    assert (whole.state, whole.attempts, whole.problem) == (DocumentState.SUCCEEDED, 2, None)
    assert json.loads(appliance.store.read(whole.result_key))["text"] == "pages 50"


def test_a_document_too_slow_for_the_slow_queue_keeps_its_longer_partial_result(appliance: Appliance) -> None:
    start(appliance, **LIMITS)
    job_id, _ = appliance.submit(["pages 150"])
    (document,) = appliance.wait_finished(job_id)
    assert (document.state, document.attempts) == (DocumentState.PARTIAL, 2)
    first, second = (f"results/{document.document_id}.{attempt}.json" for attempt in (1, 2))
    assert document.result_key == second
    pages = [int(json.loads(appliance.store.read(key))["text"].partition(" ")[0]) for key in (first, second)]
    assert 0 < pages[0] < pages[1] < 150


def test_a_document_that_ignores_the_soft_limit_is_killed_at_the_hard_limit(appliance: Appliance) -> None:
    start(appliance, **LIMITS)
    job_id, _ = appliance.submit(["stuck", "ok"])
    stuck, fine = appliance.wait_finished(job_id, 100)
    assert fine.state is DocumentState.SUCCEEDED
    assert (stuck.state, stuck.attempts) == (DocumentState.FAILED, 1)
    assert stuck.problem is not None
    assert stuck.problem["type"] == "/problems/time-limit-exceeded"
    assert "within 12 s" in stuck.problem["detail"]


def test_a_document_that_forks_is_evaluated_like_any_other(appliance: Appliance) -> None:
    start(appliance)
    job_id, _ = appliance.submit(["fork 3", "ok"])
    assert {d.state for d in appliance.wait_finished(job_id)} == {DocumentState.SUCCEEDED}


def test_a_document_whose_upload_is_missing_is_dead_with_its_reason(appliance: Appliance) -> None:
    job_id, (document_id, _) = appliance.submit(["ok", "ok"])
    appliance.store.delete(f"documents/{document_id}")
    start(appliance)
    gone, fine = appliance.wait_finished(job_id)
    assert fine.state is DocumentState.SUCCEEDED
    assert gone.state is DocumentState.DEAD
    assert gone.problem is not None
    assert "FileNotFoundError" in gone.problem["detail"]
