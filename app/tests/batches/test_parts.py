"""A document in parts, by the ledger: counted once, taken back, given up and forgotten as a whole."""

from __future__ import annotations

import pytest
import redis

from decalogo.batches.claims import Claim
from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.operations import BatchOperations
from decalogo.batches.states import DocumentState, NewDocument, Options, Priority
from decalogo.connections import connect
from decalogo.retention import Retention
from decalogo.settings import Settings
from decalogo.storage.artifacts import ArtifactStore

DOC = "doc_large"


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return open_ledger(settings)


@pytest.fixture
def client(settings: Settings) -> redis.Redis:
    return connect(settings.redis, settings.redis.ledger_db)


def cut(ledger: Ledger, count: int = 3, *, heavy: bool = False, **options: object) -> tuple[Claim, list[str]]:
    """Admit a document, claim it and cut it; returns the claim and the parts' ids."""
    ledger.admit("batch_1", "t", Options(**options), [NewDocument(DOC, "x", "", "00", 1)])  # type: ignore[arg-type]
    claim = claimed(ledger, DOC)
    return claim, [name for name, _ in ledger.split(claim, [f"pages {n}" for n in range(count)], heavy=heavy)]


def claimed(ledger: Ledger, name: str, lane: str = "normal") -> Claim:
    claim = ledger.claim(name, f"task of {name}", lane)
    assert claim is not None
    return claim


def read_to_the_end(ledger: Ledger, state: DocumentState = DocumentState.FAILED) -> None:
    """Read the document in parts that nothing happens to, and end it."""
    _, parts = cut(ledger)
    for name in parts:
        ledger.part_done(claimed(ledger, name))
    assert ledger.finish(claimed(ledger, DOC), state, problem={"title": "x"})


def counts(ledger: Ledger) -> dict[str, int]:
    batch = ledger.batch("batch_1")
    assert batch is not None
    return {name: count for name, count in batch.counts.items() if count}


def lanes(ledger: Ledger) -> dict[str, str]:
    return {waiting.document_id: waiting.lane for waiting in ledger.stale(-1, 100)}


def test_parts_are_read_by_anyone_and_the_last_one_queues_the_document(ledger: Ledger) -> None:
    first, parts = cut(ledger)
    assert counts(ledger) == {"total": 1, "running": 1}
    assert ledger.claim(DOC, "another message") is None
    for number, name in enumerate(parts):
        claim = claimed(ledger, name)
        assert (claim.part_of, claim.work, claim.job_id) == (DOC, f"pages {number}", "batch_1")
        assert ledger.part_done(claim) == (True, "normal" if number == 2 else "")
        assert counts(ledger) == {"total": 1, "queued" if number == 2 else "running": 1}
    whole = claimed(ledger, DOC)
    assert (whole.attempt, whole.split, whole.parts, whole.splits) == (2, first.attempt, 3, 1)
    assert ledger.finish(whole, DocumentState.SUCCEEDED, result_key=f"results/{DOC}.2.json")
    assert counts(ledger) == {"total": 1, "succeeded": 1}
    assert ledger.depth() == 0


def test_cutting_twice_is_cutting_once_and_a_late_cut_is_refused(ledger: Ledger) -> None:
    claim, parts = cut(ledger)
    assert [name for name, _ in ledger.split(claim, ["a", "b", "c"], heavy=False)] == parts
    assert ledger.depth() == 3
    for name in parts:
        ledger.part_done(claimed(ledger, name))
    assert claimed(ledger, DOC).splits == 1
    assert ledger.split(claim, ["a"], heavy=False) == []


def test_a_cut_is_repeated_safely_when_its_first_part_is_done_already(ledger: Ledger) -> None:
    claim, parts = cut(ledger)
    ledger.part_done(claimed(ledger, parts[0]))
    again = ledger.split(claim, [f"pages {n}" for n in range(3)], heavy=False)
    assert again == [(name, "normal") for name in parts]


def test_the_answer_of_a_part_that_was_taken_away_does_not_count(ledger: Ledger) -> None:
    _, (name, *_) = cut(ledger, 1)
    late = claimed(ledger, name)
    assert ledger.release(name, f"task of {name}", "returned", "stopped") == "queued"
    again = claimed(ledger, name)
    assert ledger.part_done(late) == (False, "")
    assert ledger.part_done(again) == (True, "normal")
    assert ledger.part_done(again) == (False, "")
    assert counts(ledger) == {"total": 1, "queued": 1}


def test_a_silent_workers_part_is_taken_back_and_makes_its_siblings_suspect(settings: Settings) -> None:
    queue = settings.queue.model_copy(update={"lease_seconds": 0.001})
    ledger = open_ledger(settings.model_copy(update={"queue": queue}))
    _, parts = cut(ledger, 2)
    claimed(ledger, parts[0])
    taken: dict[str, str] = {}
    while not taken:
        taken = ledger.expire()
    assert taken == {parts[0]: "queued"}
    assert lanes(ledger) == dict.fromkeys(parts, "suspect")
    assert ledger.claim(parts[1], "an old message", "normal") is None
    claimed(ledger, parts[1], "suspect")


def test_a_part_lost_three_times_makes_the_document_dead_and_leaves_no_part(
    ledger: Ledger, client: redis.Redis
) -> None:
    _, parts = cut(ledger)
    running = claimed(ledger, parts[2])
    for after in ("queued", "queued", "dead"):
        claimed(ledger, parts[0], "suspect")
        assert ledger.release(parts[0], f"task of {parts[0]}", "lost", "it died") == after
    document = ledger.document(DOC)
    assert document is not None
    assert document.state is DocumentState.DEAD
    assert document.problem is not None
    assert "3 times; the last time: it died" in document.problem["detail"]
    assert [d.document_id for d in ledger.dead()] == [DOC]
    assert ledger.part_done(running) == (False, "")
    assert list(client.scan_iter(f"document:{DOC}.*")) == []
    assert (ledger.depth(), client.zcard("running")) == (0, 0)
    assert ledger.revive([DOC]) == [DOC]
    fresh = claimed(ledger, DOC)
    assert (fresh.split, fresh.parts, fresh.splits) == (0, 0, 0)


@pytest.mark.parametrize("ending", ["cancel", "forget"])
def test_a_document_that_is_cancelled_or_deleted_takes_its_parts_along(
    ledger: Ledger, client: redis.Redis, settings: Settings, ending: str
) -> None:
    _, parts = cut(ledger)
    store = ArtifactStore(settings.storage.path)
    operations = BatchOperations(ledger, store)
    for name in parts:
        store.put(f"parts/{name}", b"pages")
    running = claimed(ledger, parts[1])
    assert (operations.cancel if ending == "cancel" else operations.delete)("batch_1") == 1
    assert ledger.part_done(running) == (False, "")
    assert list(client.scan_iter(f"document:{DOC}.*")) == []
    assert (ledger.depth(), client.zcard("running"), client.hget("unfinished", "t")) == (0, 0, "0")
    assert not any(store.exists(f"parts/{name}") for name in parts)


@pytest.mark.parametrize("left_by_an_earlier_version", [False, True])
@pytest.mark.parametrize("ending", ["cancel", "delete"])
def test_a_document_read_in_parts_and_retried_is_cancelled_and_deleted_like_any_other(
    ledger: Ledger, client: redis.Redis, settings: Settings, ending: str, left_by_an_earlier_version: bool
) -> None:
    read_to_the_end(ledger)
    assert ledger.revive([DOC]) == [DOC]
    assert not client.hexists(f"document:{DOC}", "parts")
    if left_by_an_earlier_version:
        client.hset(f"document:{DOC}", mapping={"parts": 3, "parts_left": 0})
    operations = BatchOperations(ledger, ArtifactStore(settings.storage.path))
    assert (operations.cancel if ending == "cancel" else operations.delete)("batch_1") == 1
    assert (ledger.depth(), client.hget("unfinished", "t")) == (0, "0")


def test_retention_deletes_what_was_read_in_parts_and_retried_by_an_earlier_version(
    ledger: Ledger, client: redis.Redis, settings: Settings
) -> None:
    read_to_the_end(ledger)
    client.hdel(f"document:{DOC}", "split", "splits")
    storage = settings.storage.model_copy(update={"retention_days": 0.0})
    assert Retention(ledger, ArtifactStore(settings.storage.path), storage).delete_expired() == 1
    assert ledger.batch("batch_1") is None


def test_a_retry_forgives_the_parts_too(ledger: Ledger) -> None:
    _, parts = cut(ledger)
    claimed(ledger, parts[0])
    ledger.release(parts[0], f"task of {parts[0]}", "lost", "it died")
    for name in parts:
        ledger.part_done(claimed(ledger, name, "suspect"))
    assert ledger.finish(claimed(ledger, DOC), DocumentState.FAILED, problem={"title": "x"})
    ledger.revive([DOC])
    again = ledger.split(claimed(ledger, DOC), ["all pages"], heavy=False)
    assert [lane for _, lane in again] == ["normal"]


def test_parts_whose_leases_end_together_give_their_document_up_once(ledger: Ledger, client: redis.Redis) -> None:
    _, parts = cut(ledger)
    for after in ("queued", "queued", "dead"):
        for name in parts[:2]:
            claimed(ledger, name, "suspect")
            client.zadd("running", {name: 0})
        taken = ledger.expire()
        assert set(taken.values()) == {after}
    assert list(taken) == [parts[0]]
    assert counts(ledger) == {"total": 1, "dead": 1}
    assert (ledger.depth(), client.zcard("running")) == (0, 0)
    assert list(client.scan_iter(f"document:{DOC}.*")) == []


def test_what_parts_brought_is_swept_only_when_the_document_has_ended(ledger: Ledger, settings: Settings) -> None:
    claim, parts = cut(ledger, 1)
    store = ArtifactStore(settings.storage.path)
    retention = Retention(ledger, store, settings.storage.model_copy(update={"orphan_grace_seconds": -5}))
    store.put(f"parts/{parts[0]}", b"pages")
    assert retention.sweep_orphans() == 0
    ledger.part_done(claimed(ledger, parts[0]))
    whole = claimed(ledger, DOC)
    assert ledger.finish(whole, DocumentState.FAILED, problem={"title": "x"})
    assert retention.sweep_orphans() == 1
    assert claim.attempt == 1


@pytest.mark.parametrize(
    ("priority", "heavy", "lane"),
    [
        *[("normal", False, "normal"), ("low", False, "low"), ("high", False, "high")],
        *[("normal", True, "scans"), ("low", True, "scans"), ("high", True, "high")],
    ],
)
def test_parts_keep_their_documents_priority_and_scans_take_their_own_lane(
    ledger: Ledger, priority: str, heavy: bool, lane: str
) -> None:
    _, parts = cut(ledger, 2, heavy=heavy, priority=Priority(priority))
    assert lanes(ledger) == dict.fromkeys(parts, lane)
    for name in parts:
        _, after = ledger.part_done(claimed(ledger, name))
    assert after == priority
