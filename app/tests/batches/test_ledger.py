"""Single transitions of the ledger, on a real server."""

from __future__ import annotations

import time

import pytest
import redis

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.queues import HIGH, NORMAL, SLOW, SUSPECT, WORK_QUEUES
from decalogo.batches.states import BatchState, DocumentState, NewDocument, Options, Priority
from decalogo.connections import connect
from decalogo.errors import UnavailableError
from decalogo.settings import Settings
from tests.claims import claim_document, queue_of


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return open_ledger(settings)


def admit(ledger: Ledger, count: int, job_id: str = "batch_1", tenant: str = "t", **options: object) -> list[str]:
    ids = [f"doc_{job_id}_{n}" for n in range(count)]
    documents = [NewDocument(name, f"{name}.pdf", "", "00", 10) for name in ids]
    ledger.admit(job_id, tenant, Options(**options), documents)  # type: ignore[arg-type]
    return ids


def test_an_admitted_batch_is_queued_with_its_documents_in_order(ledger: Ledger) -> None:
    ids = admit(ledger, 3, not_applicable={"P9": "sin cárcel"})
    batch = ledger.batch("batch_1")
    assert batch is not None
    assert batch.state is BatchState.QUEUED
    assert batch.counts == {
        "total": 3, "queued": 3, "running": 0, "succeeded": 0, "partial": 0, "failed": 0, "dead": 0, "cancelled": 0,
    }  # fmt: skip
    assert batch.options.not_applicable == {"P9": "sin cárcel"}
    assert [d.document_id for d in ledger.documents("batch_1")] == ids
    assert [d.document_id for d in ledger.documents("batch_1", offset=1, limit=1)] == ids[1:2]


def test_admitting_the_same_batch_twice_changes_nothing(ledger: Ledger) -> None:
    admit(ledger, 2)
    assert ledger.claim("task", WORK_QUEUES) is not None
    admit(ledger, 2)
    batch = ledger.batch("batch_1")
    assert batch is not None
    assert (batch.counts["queued"], batch.counts["running"]) == (1, 1)


def test_a_full_queue_rejects_the_whole_batch_and_records_nothing(settings: Settings) -> None:
    queue = settings.queue.model_copy(update={"max_depth": 5})
    ledger = open_ledger(settings.model_copy(update={"queue": queue}))
    admit(ledger, 4)
    with pytest.raises(UnavailableError) as rejected:
        admit(ledger, 2, "batch_2")
    assert rejected.value.extra["retry_after"] == 60
    assert ledger.batch("batch_2") is None
    assert ledger.depth() == 4


def test_only_one_task_can_claim_a_document(ledger: Ledger) -> None:
    (document_id,) = admit(ledger, 1)
    claim = ledger.claim("task-a", WORK_QUEUES)
    assert claim is not None
    assert (claim.document_id, claim.attempt) == (document_id, 1)
    assert ledger.claim("task-b", WORK_QUEUES) is None


def test_a_repeated_claim_call_returns_the_same_claim_and_a_duplicate_message_gets_none(ledger: Ledger) -> None:
    (name,) = admit(ledger, 1)
    call = ("task", 10.0, "call-1", 0.5, 0.5, NORMAL)
    first, again = ledger._run("claim", *call), ledger._run("claim", *call)
    assert first[:3] == again[:3] == [name, NORMAL, 1]
    # The same message delivered twice has the same task id, but it is another call.
    admit(ledger, 1, "batch_2")
    assert ledger.claim("task", WORK_QUEUES) is None
    document = ledger.document(name)
    assert document is not None
    assert document.attempts == 1


def test_finishing_the_last_document_finishes_the_batch(ledger: Ledger) -> None:
    admit(ledger, 2)
    for state in (DocumentState.SUCCEEDED, DocumentState.FAILED):
        before = ledger.batch("batch_1")
        assert before is not None
        assert before.state is not BatchState.FINISHED
        claim = ledger.claim("task", WORK_QUEUES)
        assert claim is not None
        assert ledger.finish(claim, state, result_key="results/x.1.json", problem={"type": "/problems/x"})
    batch = ledger.batch("batch_1")
    assert batch is not None
    assert batch.state is BatchState.FINISHED
    assert batch.finished_at >= batch.created_at > 0
    assert (batch.counts["succeeded"], batch.counts["failed"], batch.counts["queued"]) == (1, 1, 0)


def test_a_result_after_the_expiry_of_its_lease_does_not_count(ledger: Ledger, settings: Settings) -> None:
    (document_id,) = admit(ledger, 1)
    late = ledger.claim("frozen", WORK_QUEUES)
    assert late is not None
    deadline = time.monotonic() + 5 * settings.queue.lease_seconds
    while not (expired := ledger.expire_leases()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert expired == {document_id: "queued"}
    assert ledger.claim("an old copy of its message", WORK_QUEUES) is None
    current = ledger.claim("second", [SUSPECT])
    assert current is not None
    assert current.attempt == 2
    assert not ledger.finish(late, DocumentState.SUCCEEDED, result_key="results/late")
    assert ledger.finish(current, DocumentState.SUCCEEDED, result_key="results/current")
    assert not ledger.finish(late, DocumentState.SUCCEEDED, result_key="results/late")
    document = ledger.document(document_id)
    assert document is not None
    assert document.result_key == "results/current"


def test_finishing_again_after_a_lost_reply_is_confirmed(ledger: Ledger) -> None:
    admit(ledger, 1)
    claim = ledger.claim("task", WORK_QUEUES)
    assert claim is not None
    assert ledger.finish(claim, DocumentState.SUCCEEDED, result_key="results/a")
    assert ledger.finish(claim, DocumentState.SUCCEEDED, result_key="results/a")
    assert ledger.batch("batch_1").counts["succeeded"] == 1  # type: ignore[union-attr]


def test_renewing_keeps_a_lease_and_reports_tasks_that_own_nothing(ledger: Ledger, settings: Settings) -> None:
    _, silent = admit(ledger, 2)
    for owner in ("task-a", "task-b"):
        assert ledger.claim(owner, WORK_QUEUES) is not None
    assert ledger.renew("worker@here", ["task-a", "somebody-else"]) == ["somebody-else"]
    end = time.monotonic() + 1.5 * settings.queue.lease_seconds
    expired: dict[str, str] = {}
    while time.monotonic() < end or not expired:
        ledger.renew("worker@here", ["task-a"])
        expired |= ledger.expire_leases()
        time.sleep(0.1)
    assert expired == {silent: "queued"}
    assert ledger.live_workers() == ["worker@here"]
    ledger.remove_workers(["worker@here"])
    assert ledger.live_workers() == []


def test_a_clock_that_is_set_back_keeps_no_document_waiting(ledger: Ledger, settings: Settings) -> None:
    runs, waits = admit(ledger, 2)
    assert ledger.claim("of a dead worker", WORK_QUEUES) is not None
    client = connect(settings.redis, settings.redis.ledger_db)
    hour = 3600
    client.zincrby("queued", hour, waits)  # as written before the server's clock was set back by an hour
    client.zincrby("running", hour, runs)
    assert ledger.expire_leases() == {}
    assert ledger.take_unpublished(0.2, 10) == []
    deadline = time.monotonic() + 5 * settings.queue.lease_seconds
    expired: dict[str, str] = {}
    while not expired:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        expired = ledger.expire_leases()
    assert expired == {runs: "queued"}
    assert {document_id for document_id, _ in ledger.take_unpublished(0.2, 10)} == {waits, runs}


def test_a_document_lost_three_times_is_dead_with_its_reason(ledger: Ledger) -> None:
    (document_id,) = admit(ledger, 1)
    for attempt in (1, 2, 3):
        claim_document(ledger, document_id, f"task-{attempt}")
        expected = "dead" if attempt == 3 else "queued"
        assert ledger.release(document_id, f"task-{attempt}", "lost", "signal 9") == expected
        # Celery can report the same loss twice.
        assert ledger.release(document_id, f"task-{attempt}", "lost", "signal 9") == ""
    document = ledger.document(document_id)
    assert document is not None
    assert document.state is DocumentState.DEAD
    assert document.problem is not None
    assert "signal 9" in document.problem["detail"]
    assert ledger.batch("batch_1").state is BatchState.FINISHED  # type: ignore[union-attr]


def test_returning_a_document_does_not_count_as_a_lost_attempt(ledger: Ledger) -> None:
    (document_id,) = admit(ledger, 1, priority=Priority.HIGH)
    for attempt in range(5):
        assert ledger.claim(f"task-{attempt}", WORK_QUEUES) is not None
        assert ledger.release(document_id, f"task-{attempt}", "returned", "stopping") == "queued"
    assert queue_of(ledger, document_id) == HIGH


def test_a_partial_result_is_kept_and_retried_once_in_the_slow_queue(ledger: Ledger) -> None:
    (document_id,) = admit(ledger, 1)
    first = ledger.claim("first", WORK_QUEUES)
    assert first is not None
    assert ledger.finish(first, DocumentState.PARTIAL, result_key="results/half")
    assert ledger.finish(first, DocumentState.PARTIAL, result_key="results/half")
    assert ledger.claim("of an ordinary worker", WORK_QUEUES) is None
    second = ledger.claim("second", [SLOW])
    assert second is not None
    assert ledger.finish(second, DocumentState.SUCCEEDED, result_key="results/whole")
    document = ledger.document(document_id)
    assert document is not None
    assert (document.state, document.result_key) == (DocumentState.SUCCEEDED, "results/whole")


@pytest.mark.parametrize("ending", ["failed", "partial", "lost"])
def test_a_partial_result_stands_when_the_retry_brings_no_better_one(ledger: Ledger, ending: str) -> None:
    (document_id,) = admit(ledger, 1)
    first = ledger.claim("first", WORK_QUEUES)
    assert first is not None
    assert ledger.finish(first, DocumentState.PARTIAL, result_key="results/half")
    for attempt in range(3 if ending == "lost" else 1):
        second = claim_document(ledger, document_id, f"again-{attempt}")
        if ending == "lost":
            ledger.release(document_id, f"again-{attempt}", "lost", "signal 9")
        else:
            key = "results/more" if ending == "partial" else ""
            assert ledger.finish(second, DocumentState(ending), result_key=key)
    document = ledger.document(document_id)
    assert document is not None
    assert document.state is DocumentState.PARTIAL
    assert document.result_key == ("results/more" if ending == "partial" else "results/half")


def test_facts_about_a_loss_may_contain_any_line_separator(ledger: Ledger) -> None:
    (document_id,) = admit(ledger, 1)
    facts = {"stage": "one\u2028two\u0085three\x0bfour\r\nfive"}
    for _ in range(2):
        claim_document(ledger, document_id)
        ledger.release(document_id, "task", "lost", "line\u2029end", facts)
    document = ledger.document(document_id)
    assert document is not None
    assert [(loss["stage"], loss["reason"]) for loss in document.losses] == [(facts["stage"], "line\u2029end")] * 2


def test_an_unpublished_document_is_taken_by_one_scheduler_only(ledger: Ledger) -> None:
    ids = admit(ledger, 3)
    for document_id in ids:
        claim_document(ledger, document_id)
        ledger.release(document_id, "task", "returned", "stopping")
    assert sorted(ledger.take_unpublished(600, 2)) == [(ids[0], NORMAL), (ids[1], NORMAL)]
    assert ledger.take_unpublished(600, 10) == [(ids[2], NORMAL)]
    assert ledger.take_unpublished(600, 10) == []


def test_batches_are_listed_by_tenant_newest_first(ledger: Ledger) -> None:
    admit(ledger, 1, "batch_1", "a")
    admit(ledger, 1, "batch_2", "a")
    admit(ledger, 1, "batch_3", "b")
    assert [b.job_id for b in ledger.batches("a")] == ["batch_2", "batch_1"]
    assert [b.job_id for b in ledger.batches("b")] == ["batch_3"]


def test_an_unreachable_ledger_is_reported_as_unavailable(settings: Settings) -> None:
    nowhere = settings.redis.model_copy(update={"port": 1, "socket_timeout_seconds": 0.2})
    with pytest.raises(UnavailableError):
        open_ledger(settings.model_copy(update={"redis": nowhere})).ping()
    with pytest.raises(redis.ConnectionError):
        open_ledger(settings.model_copy(update={"redis": nowhere})).depth()
