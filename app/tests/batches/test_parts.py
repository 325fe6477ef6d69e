"""Parts of a split document in the ledger: counted once, recovered, dead and deleted as a whole."""

from __future__ import annotations

import pytest
import redis

from decalogo.batches.claims import Claim
from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.operations import BatchOperations
from decalogo.batches.queues import HIGH, LOW, NORMAL, SCANS, SUSPECT, WORK_QUEUES
from decalogo.batches.states import DocumentState, NewDocument, Options, Priority
from decalogo.connections import connect
from decalogo.retention import Retention
from decalogo.settings import Settings
from decalogo.storage.artifacts import ArtifactStore
from tests.claims import claim_document, queue_of, try_claim

DOC = "doc_large"


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return open_ledger(settings)


@pytest.fixture
def client(settings: Settings) -> redis.Redis:
    return connect(settings.redis, settings.redis.ledger_db)


def split(ledger: Ledger, count: int = 3, *, heavy: bool = False, **options: object) -> tuple[Claim, list[str]]:
    """Admit a document, claim it and split it; return the claim and the ids of the parts."""
    ledger.admit("batch_1", "t", Options(**options), [NewDocument(DOC, "x", "", "00", 1)])  # type: ignore[arg-type]
    claim = claimed(ledger, DOC)
    return claim, [name for name, _ in ledger.split(claim, [f"pages {n}" for n in range(count)], heavy=heavy)]


def claimed(ledger: Ledger, name: str) -> Claim:
    return claim_document(ledger, name, f"task of {name}")


def read_to_the_end(ledger: Ledger, state: DocumentState = DocumentState.FAILED) -> None:
    """Read the document in parts without incident, and finish it."""
    _, parts = split(ledger)
    for name in parts:
        ledger.finish_part(claimed(ledger, name))
    assert ledger.finish(claimed(ledger, DOC), state, problem={"title": "x"})


def counts(ledger: Ledger) -> dict[str, int]:
    batch = ledger.batch("batch_1")
    assert batch is not None
    return {name: count for name, count in batch.counts.items() if count}


def queues(ledger: Ledger, parts: list[str]) -> list[str | None]:
    return [queue_of(ledger, part) for part in parts]


def test_the_last_part_queues_its_document(ledger: Ledger) -> None:
    first, parts = split(ledger)
    assert counts(ledger) == {"total": 1, "running": 1}
    assert try_claim(ledger, DOC, "another message") is None
    for number, name in enumerate(parts):
        claim = claimed(ledger, name)
        assert (claim.part_of, claim.work, claim.job_id) == (DOC, f"pages {number}", "batch_1")
        assert ledger.finish_part(claim) == (True, NORMAL if number == 2 else "")
        assert counts(ledger) == {"total": 1, "queued" if number == 2 else "running": 1}
    whole = claimed(ledger, DOC)
    assert (whole.attempt, whole.split, whole.parts, whole.splits) == (2, first.attempt, 3, 1)
    assert ledger.finish(whole, DocumentState.SUCCEEDED, result_key=f"results/{DOC}.2.json")
    assert counts(ledger) == {"total": 1, "succeeded": 1}
    assert ledger.depth() == 0


def test_a_repeated_split_changes_nothing_and_a_late_one_is_fenced(ledger: Ledger) -> None:
    claim, parts = split(ledger)
    assert [name for name, _ in ledger.split(claim, ["a", "b", "c"], heavy=False)] == parts
    assert ledger.depth() == 3
    for name in parts:
        ledger.finish_part(claimed(ledger, name))
    assert claimed(ledger, DOC).splits == 1
    assert ledger.split(claim, ["a"], heavy=False) == []


def test_a_split_is_repeated_safely_after_its_first_part_is_done(ledger: Ledger) -> None:
    claim, parts = split(ledger)
    ledger.finish_part(claimed(ledger, parts[0]))
    again = ledger.split(claim, [f"pages {n}" for n in range(3)], heavy=False)
    assert again == [(name, NORMAL) for name in parts]


def test_a_part_that_was_recovered_fences_its_earlier_attempt(ledger: Ledger) -> None:
    _, (name, *_) = split(ledger, 1)
    late = claimed(ledger, name)
    assert ledger.release(name, f"task of {name}", "returned", "stopped") == "queued"
    again = claimed(ledger, name)
    assert ledger.finish_part(late) == (False, "")
    assert ledger.finish_part(again) == (True, NORMAL)
    assert ledger.finish_part(again) == (False, "")
    assert counts(ledger) == {"total": 1, "queued": 1}


def test_a_part_with_an_expired_lease_is_queued_again_and_makes_its_siblings_suspect(settings: Settings) -> None:
    queue = settings.queue.model_copy(update={"lease_seconds": 0.001})
    ledger = open_ledger(settings.model_copy(update={"queue": queue}))
    _, parts = split(ledger, 2)
    claimed(ledger, parts[0])
    expired: dict[str, str] = {}
    while not expired:
        expired = ledger.expire_leases()
    assert expired == {parts[0]: "queued"}
    assert queues(ledger, parts) == [SUSPECT] * len(parts)
    assert ledger.claim("an old message", WORK_QUEUES) is None
    claimed(ledger, parts[1])


def test_a_part_lost_three_times_makes_the_document_dead_and_leaves_no_part(
    ledger: Ledger, client: redis.Redis
) -> None:
    _, parts = split(ledger)
    running = claimed(ledger, parts[2])
    for after in ("queued", "queued", "dead"):
        claimed(ledger, parts[0])
        assert ledger.release(parts[0], f"task of {parts[0]}", "lost", "it died") == after
    document = ledger.document(DOC)
    assert document is not None
    assert document.state is DocumentState.DEAD
    assert document.problem is not None
    assert "None of 3 attempts returned a result. Reason of the last one: it died" in document.problem["detail"]
    assert [d.document_id for d in ledger.dead()] == [DOC]
    assert ledger.finish_part(running) == (False, "")
    assert list(client.scan_iter(f"document:{DOC}.*")) == []
    assert (ledger.depth(), client.zcard("running")) == (0, 0)
    assert ledger.retry([DOC]) == [DOC]
    fresh = claimed(ledger, DOC)
    assert (fresh.split, fresh.parts, fresh.splits) == (0, 0, 0)


@pytest.mark.parametrize("ending", ["cancel", "forget"])
def test_cancelling_or_deleting_a_document_deletes_its_parts(
    ledger: Ledger, client: redis.Redis, settings: Settings, ending: str
) -> None:
    _, parts = split(ledger)
    store = ArtifactStore(settings.storage.path)
    operations = BatchOperations(ledger, store)
    for name in parts:
        store.put(f"parts/{name}", b"pages")
    running = claimed(ledger, parts[1])
    assert (operations.cancel if ending == "cancel" else operations.delete)("batch_1") == 1
    assert ledger.finish_part(running) == (False, "")
    assert list(client.scan_iter(f"document:{DOC}.*")) == []
    assert (ledger.depth(), client.zcard("running"), client.hget("unfinished", "t")) == (0, 0, "0")
    assert not any(store.exists(f"parts/{name}") for name in parts)


@pytest.mark.parametrize("ending", ["cancel", "delete"])
def test_a_retried_document_that_was_once_split_is_cancelled_and_deleted_like_any_other(
    ledger: Ledger, client: redis.Redis, settings: Settings, ending: str
) -> None:
    read_to_the_end(ledger)
    assert ledger.retry([DOC]) == [DOC]
    assert not client.hexists(f"document:{DOC}", "parts")
    operations = BatchOperations(ledger, ArtifactStore(settings.storage.path))
    assert (operations.cancel if ending == "cancel" else operations.delete)("batch_1") == 1
    assert (ledger.depth(), client.hget("unfinished", "t")) == (0, "0")


def test_a_retry_clears_the_lost_attempts_of_parts(ledger: Ledger) -> None:
    _, parts = split(ledger)
    claimed(ledger, parts[0])
    ledger.release(parts[0], f"task of {parts[0]}", "lost", "it died")
    for name in parts:
        ledger.finish_part(claimed(ledger, name))
    assert ledger.finish(claimed(ledger, DOC), DocumentState.FAILED, problem={"title": "x"})
    ledger.retry([DOC])
    again = ledger.split(claimed(ledger, DOC), ["all pages"], heavy=False)
    assert [queue for _, queue in again] == [NORMAL]


def test_parts_whose_leases_expire_together_make_their_document_dead_once(ledger: Ledger, client: redis.Redis) -> None:
    _, parts = split(ledger)
    for after in ("queued", "queued", "dead"):
        for name in parts[:2]:
            claimed(ledger, name)
            client.zadd("running", {name: 0})
        expired = ledger.expire_leases()
        assert set(expired.values()) == {after}
    assert list(expired) == [parts[0]]
    assert counts(ledger) == {"total": 1, "dead": 1}
    assert (ledger.depth(), client.zcard("running")) == (0, 0)
    assert list(client.scan_iter(f"document:{DOC}.*")) == []


def test_files_of_parts_are_swept_only_after_the_document_has_ended(ledger: Ledger, settings: Settings) -> None:
    claim, parts = split(ledger, 1)
    store = ArtifactStore(settings.storage.path)
    retention = Retention(ledger, store, settings.storage.model_copy(update={"orphan_grace_seconds": -5}))
    store.put(f"parts/{parts[0]}", b"pages")
    assert retention.sweep_orphans() == 0
    ledger.finish_part(claimed(ledger, parts[0]))
    whole = claimed(ledger, DOC)
    assert ledger.finish(whole, DocumentState.FAILED, problem={"title": "x"})
    assert retention.sweep_orphans() == 1
    assert claim.attempt == 1


@pytest.mark.parametrize(
    ("priority", "heavy", "queue", "joined"),
    [
        *[("normal", False, NORMAL, NORMAL), ("low", False, LOW, LOW), ("high", False, HIGH, HIGH)],
        *[("normal", True, SCANS, NORMAL), ("low", True, SCANS, LOW), ("high", True, HIGH, HIGH)],
    ],
)
def test_parts_keep_the_priority_of_their_document_and_ocr_parts_have_a_queue_of_their_own(
    ledger: Ledger, priority: str, heavy: bool, queue: str, joined: str
) -> None:
    _, parts = split(ledger, 2, heavy=heavy, priority=Priority(priority))
    assert queues(ledger, parts) == [queue] * len(parts)
    for name in parts:
        _, after = ledger.finish_part(claimed(ledger, name))
    assert after == joined
