"""The ledger's promises, one transition at a time, on a real server."""

from __future__ import annotations

import time

import pytest
import redis

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.states import BatchState, DocumentState, NewDocument, Options, Priority
from decalogo.connections import connect
from decalogo.errors import UnavailableError
from decalogo.settings import Settings


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
    ids = admit(ledger, 2)
    ledger.claim(ids[0], "task")
    admit(ledger, 2)
    batch = ledger.batch("batch_1")
    assert batch is not None
    assert (batch.counts["queued"], batch.counts["running"]) == (1, 1)


def test_a_full_queue_refuses_the_whole_batch_and_records_nothing(settings: Settings) -> None:
    queue = settings.queue.model_copy(update={"max_depth": 5})
    ledger = open_ledger(settings.model_copy(update={"queue": queue}))
    admit(ledger, 4)
    with pytest.raises(UnavailableError) as refused:
        admit(ledger, 2, "batch_2")
    assert refused.value.extra["retry_after"] == 60
    assert ledger.batch("batch_2") is None
    assert ledger.depth() == 4


def test_only_one_task_can_claim_a_document(ledger: Ledger) -> None:
    (document_id,) = admit(ledger, 1)
    claim = ledger.claim(document_id, "task-a")
    assert claim is not None
    assert claim.attempt == 1
    assert ledger.claim(document_id, "task-b") is None
    assert ledger.claim("doc_nobody", "task-b") is None


def test_a_claim_whose_answer_was_lost_is_one_claim_and_a_second_message_is_none(ledger: Ledger) -> None:
    (name,) = admit(ledger, 1)
    call = ("", "task", 10.0, "call-1", 0.5, "normal")
    first, again = ledger._run("claim", *call), ledger._run("claim", *call)
    assert first[:4] == again[:4] == ["claimed", name, "normal", 1]
    # The same message delivered twice has the same task id; it is another call, and takes nothing else either.
    admit(ledger, 1, "batch_2")
    assert ledger.claim(None, "task") is None
    document = ledger.document(name)
    assert document is not None
    assert document.attempts == 1


def test_finishing_the_last_document_finishes_the_batch(ledger: Ledger) -> None:
    first, second = admit(ledger, 2)
    for document_id, state in ((first, DocumentState.SUCCEEDED), (second, DocumentState.FAILED)):
        before = ledger.batch("batch_1")
        assert before is not None
        assert before.state is not BatchState.FINISHED
        claim = ledger.claim(document_id, "task")
        assert claim is not None
        assert ledger.finish(claim, state, result_key="results/x.1.json", problem={"type": "/problems/x"})
    batch = ledger.batch("batch_1")
    assert batch is not None
    assert batch.state is BatchState.FINISHED
    assert batch.finished_at >= batch.created_at > 0
    assert (batch.counts["succeeded"], batch.counts["failed"], batch.counts["queued"]) == (1, 1, 0)


def test_an_answer_that_comes_after_the_lease_was_taken_does_not_count(ledger: Ledger, settings: Settings) -> None:
    (document_id,) = admit(ledger, 1)
    late = ledger.claim(document_id, "frozen")
    assert late is not None
    deadline = time.monotonic() + 5 * settings.queue.lease_seconds
    while not (taken := ledger.expire()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert taken == {document_id: "queued"}
    assert ledger.claim(document_id, "an old copy of its message", "normal") is None
    current = ledger.claim(document_id, "second", "suspect")
    assert current is not None
    assert current.attempt == 2
    assert not ledger.finish(late, DocumentState.SUCCEEDED, result_key="results/late")
    assert ledger.finish(current, DocumentState.SUCCEEDED, result_key="results/current")
    assert not ledger.finish(late, DocumentState.SUCCEEDED, result_key="results/late")
    document = ledger.document(document_id)
    assert document is not None
    assert document.result_key == "results/current"


def test_finishing_again_after_a_lost_answer_is_confirmed(ledger: Ledger) -> None:
    (document_id,) = admit(ledger, 1)
    claim = ledger.claim(document_id, "task")
    assert claim is not None
    assert ledger.finish(claim, DocumentState.SUCCEEDED, result_key="results/a")
    assert ledger.finish(claim, DocumentState.SUCCEEDED, result_key="results/a")
    assert ledger.batch("batch_1").counts["succeeded"] == 1  # type: ignore[union-attr]


def test_renewing_keeps_a_lease_and_names_what_was_lost(ledger: Ledger, settings: Settings) -> None:
    held, stolen = admit(ledger, 2)
    ledger.claim(held, "task-a")
    ledger.claim(stolen, "task-b")
    assert ledger.renew("worker@here", ["task-a", "somebody-else"]) == ["somebody-else"]
    end = time.monotonic() + 1.5 * settings.queue.lease_seconds
    expired: dict[str, str] = {}
    while time.monotonic() < end:
        ledger.renew("worker@here", ["task-a"])
        expired |= ledger.expire()
        time.sleep(0.1)
    assert expired == {stolen: "queued"}
    assert ledger.live_workers() == ["worker@here"]
    ledger.forget_worker("worker@here")
    assert ledger.live_workers() == []


def test_a_clock_that_jumps_back_keeps_no_document_waiting(ledger: Ledger, settings: Settings) -> None:
    waits, runs = admit(ledger, 2)
    ledger.claim(runs, "of a worker that is dead")
    client = connect(settings.redis, settings.redis.ledger_db)
    hour = 3600
    client.zincrby("queued", hour, waits)  # as written before the server's clock went back an hour
    client.zincrby("running", hour, runs)
    assert ledger.expire() == {}
    assert ledger.stale(0.2, 10) == []
    deadline = time.monotonic() + 5 * settings.queue.lease_seconds
    taken: dict[str, str] = {}
    while not taken:
        assert time.monotonic() < deadline
        time.sleep(0.05)
        taken = ledger.expire()
    assert taken == {runs: "queued"}
    assert {w.document_id for w in ledger.stale(0.2, 10)} == {waits, runs}


def test_entries_written_before_a_field_existed_go_on(ledger: Ledger, settings: Settings) -> None:
    (document_id,) = admit(ledger, 1)
    client = connect(settings.redis, settings.redis.ledger_db)
    client.hdel(f"document:{document_id}", "extended")
    client.delete("unfinished")
    claim = ledger.claim(document_id, "task")
    assert claim is not None
    assert ledger.finish(claim, DocumentState.PARTIAL, result_key="results/half")
    assert [w.lane for w in ledger.stale(0, 10)] == ["slow"]
    again = ledger.claim(document_id, "slow task", "slow")
    assert again is not None
    assert ledger.finish(again, DocumentState.SUCCEEDED, result_key="results/whole")
    assert ledger.batch("batch_1").state is BatchState.FINISHED  # type: ignore[union-attr]


def test_a_document_lost_three_times_is_dead_with_its_reason(ledger: Ledger) -> None:
    (document_id,) = admit(ledger, 1)
    for attempt in (1, 2, 3):
        assert ledger.claim(document_id, f"task-{attempt}", "suspect") is not None
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


def test_handing_a_document_back_does_not_count_against_it(ledger: Ledger) -> None:
    (document_id,) = admit(ledger, 1, priority=Priority.HIGH)
    for attempt in range(5):
        assert ledger.claim(document_id, f"task-{attempt}") is not None
        assert ledger.release(document_id, f"task-{attempt}", "returned", "stopping") == "queued"
    assert [w.lane for w in ledger.stale(0, 10)] == ["high"]


def test_a_partial_answer_is_kept_and_tried_once_more_on_the_slow_lane(ledger: Ledger) -> None:
    (document_id,) = admit(ledger, 1)
    first = ledger.claim(document_id, "first")
    assert first is not None
    assert ledger.finish(first, DocumentState.PARTIAL, result_key="results/half")
    assert ledger.finish(first, DocumentState.PARTIAL, result_key="results/half")
    assert [w.lane for w in ledger.stale(0, 10)] == ["slow"]
    second = ledger.claim(document_id, "second")
    assert second is not None
    assert ledger.finish(second, DocumentState.SUCCEEDED, result_key="results/whole")
    document = ledger.document(document_id)
    assert document is not None
    assert (document.state, document.result_key) == (DocumentState.SUCCEEDED, "results/whole")


@pytest.mark.parametrize("ending", ["failed", "partial", "lost"])
def test_a_partial_answer_stands_when_the_second_try_brings_no_better(ledger: Ledger, ending: str) -> None:
    (document_id,) = admit(ledger, 1)
    first = ledger.claim(document_id, "first")
    assert first is not None
    assert ledger.finish(first, DocumentState.PARTIAL, result_key="results/half")
    for attempt in range(3 if ending == "lost" else 1):
        second = ledger.claim(document_id, f"again-{attempt}", "suspect")
        assert second is not None
        if ending == "lost":
            ledger.release(document_id, f"again-{attempt}", "lost", "signal 9")
        else:
            key = "results/more" if ending == "partial" else ""
            assert ledger.finish(second, DocumentState(ending), result_key=key)
    document = ledger.document(document_id)
    assert document is not None
    assert document.state is DocumentState.PARTIAL
    assert document.result_key == ("results/more" if ending == "partial" else "results/half")


def test_a_lost_document_waits_in_the_suspect_lane(ledger: Ledger) -> None:
    (document_id,) = admit(ledger, 1)
    ledger.claim(document_id, "task")
    ledger.release(document_id, "task", "lost", "signal 9")
    assert [(w.document_id, w.lane) for w in ledger.stale(5, 10)] == [(document_id, "suspect")]


def test_what_is_known_of_a_loss_may_hold_any_kind_of_line_end(ledger: Ledger) -> None:
    (document_id,) = admit(ledger, 1)
    facts = {"stage": "one\u2028two\u0085three\x0bfour\r\nfive"}
    for _ in range(2):
        ledger.claim(document_id, "task", "suspect")
        ledger.release(document_id, "task", "lost", "line\u2029end", facts)
    document = ledger.document(document_id)
    assert document is not None
    assert [(loss["stage"], loss["reason"]) for loss in document.losses] == [(facts["stage"], "line\u2029end")] * 2


def test_of_two_janitors_one_wins_a_document(ledger: Ledger) -> None:
    ids = admit(ledger, 3)
    for document_id in ids:
        ledger.claim(document_id, "task")
        ledger.release(document_id, "task", "returned", "stopping")
    seen = ledger.stale(5, 10)
    assert ledger.touch(seen) == set(ids)
    assert ledger.touch(seen) == set()
    assert ledger.stale(5, 10) == []


def test_batches_are_listed_by_tenant_newest_first(ledger: Ledger) -> None:
    admit(ledger, 1, "batch_1", "a")
    admit(ledger, 1, "batch_2", "a")
    admit(ledger, 1, "batch_3", "b")
    assert [b.job_id for b in ledger.batches("a")] == ["batch_2", "batch_1"]
    assert [b.job_id for b in ledger.batches("b")] == ["batch_3"]


def test_a_ledger_that_does_not_answer_says_unavailable(settings: Settings) -> None:
    nowhere = settings.redis.model_copy(update={"port": 1, "socket_timeout_seconds": 0.2})
    with pytest.raises(UnavailableError):
        open_ledger(settings.model_copy(update={"redis": nowhere})).ping()
    with pytest.raises(redis.ConnectionError):
        open_ledger(settings.model_copy(update={"redis": nowhere})).depth()
