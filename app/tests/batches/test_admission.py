"""Admission control: which limit rejects, the suggested wait, and that it opens again by itself."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.rejection import StoredLimits
from decalogo.batches.snapshot import take_snapshot
from decalogo.batches.states import DocumentState, NewDocument, Options
from decalogo.connections import connect
from decalogo.errors import QuotaError, UnavailableError
from decalogo.ids import new_id
from decalogo.settings import Settings
from tests.claims import claim_document


def limited(settings: Settings, **limits: float) -> Ledger:
    return open_ledger(settings.model_copy(update={"queue": settings.queue.model_copy(update=limits)}))


def admit(ledger: Ledger, count: int, tenant: str = "t", tenant_limit: int = 0) -> list[str]:
    ids = [new_id("doc") for _ in range(count)]
    documents = [NewDocument(i, "x", "", "00", 1) for i in ids]
    ledger.admit(new_id("batch"), tenant, Options(), documents, tenant_limit=tenant_limit)
    return ids


def finish(ledger: Ledger, ids: list[str]) -> None:
    for document_id in ids:
        assert ledger.finish(claim_document(ledger, document_id), DocumentState.SUCCEEDED)


def test_a_full_queue_closes_and_opens_again_below_nine_tenths(settings: Settings) -> None:
    ledger = limited(settings, max_depth=20)
    ids = admit(ledger, 20)
    with pytest.raises(UnavailableError) as rejected:
        ledger.check_admission("t")
    assert rejected.value.extra == {"limit": "queue-depth", "retry_after": 60}
    finish(ledger, ids[:2])
    with pytest.raises(UnavailableError):  # 18 + 1 > 0.9 x 20: closed until below nine tenths
        admit(ledger, 1)
    finish(ledger, ids[2:4])
    ledger.check_admission("t")
    admit(ledger, 1)


def test_a_batch_larger_than_the_remaining_capacity_does_not_close_admission(settings: Settings) -> None:
    ledger = limited(settings, max_depth=20)
    admit(ledger, 10)
    with pytest.raises(UnavailableError):
        admit(ledger, 15)
    admit(ledger, 10)


def test_the_suggested_wait_follows_the_completion_rate(settings: Settings) -> None:
    ledger = limited(settings, max_depth=60)
    ids = admit(ledger, 60)
    finish(ledger, ids[:20])
    admit(ledger, 20)
    with pytest.raises(UnavailableError) as rejected:
        admit(ledger, 20)
    # 20 ended in at least 10 s: at most 2 per second, and 20 more must finish.
    assert 10 <= int(str(rejected.value.extra["retry_after"])) <= 40


def test_the_limit_of_a_tenant_does_not_affect_other_tenants(settings: Settings) -> None:
    ledger = limited(settings, max_depth=100)
    ids = admit(ledger, 5, "a", tenant_limit=5)
    with pytest.raises(QuotaError) as rejected:
        admit(ledger, 1, "a", tenant_limit=5)
    assert rejected.value.extra["limit"] == "tenant-documents"
    admit(ledger, 5, "b", tenant_limit=5)
    finish(ledger, ids[:1])
    admit(ledger, 1, "a", tenant_limit=5)


def ended(ledger: Ledger, count: int, tenant: str = "t") -> list[str]:
    ids = admit(ledger, count, tenant)
    assert ledger.cancel(ids) == count
    return ids


def test_a_retry_is_rejected_as_a_whole_when_it_exceeds_the_depth_limit(settings: Settings) -> None:
    ledger = limited(settings, max_depth=4)
    first, second = ended(ledger, 3), ended(ledger, 3)
    assert ledger.retry(first, tenant="t") == first
    with pytest.raises(UnavailableError) as rejected:
        ledger.retry(second, tenant="t")
    assert rejected.value.extra["limit"] == "queue-depth"
    assert int(str(rejected.value.extra["retry_after"])) >= 5
    assert ledger.depth() == 3
    assert ledger.retry(second[:1], tenant="t") == second[:1]
    assert ledger.retry([*first, "doc_unknown"], tenant="t") == []  # nothing to queue, nothing to reject
    assert ledger.retry(second[1:]) == second[1:]  # no limit applies to an operator


def test_a_retry_counts_towards_its_tenants_limit(settings: Settings) -> None:
    ledger = limited(settings, max_depth=100)
    ids = ended(ledger, 3, "a")
    admit(ledger, 3, "a")
    with pytest.raises(QuotaError) as rejected:
        ledger.retry(ids, tenant="a", tenant_limit=5)
    assert rejected.value.extra["limit"] == "tenant-documents"
    assert ledger.depth() == 3
    assert ledger.retry(ids[:2], tenant="a", tenant_limit=5) == ids[:2]


def test_concurrent_retries_do_not_exceed_the_depth_limit(settings: Settings) -> None:
    ledger = limited(settings, max_depth=20)
    batches = [ended(ledger, 15) for _ in range(6)]

    def retry(ids: list[str]) -> int:
        try:
            return len(ledger.retry(ids, tenant="t"))
        except UnavailableError:
            return 0

    with ThreadPoolExecutor(len(batches)) as pool:
        assert sum(pool.map(retry, batches)) == 15
    assert ledger.depth() == 15


def test_a_full_memory_closes_admission_until_it_is_freed(settings: Settings) -> None:
    ledger = limited(settings, max_memory_share=0.8)
    client = connect(settings.redis, settings.redis.limits_db)
    used = client.info("memory")["used_memory"]
    client.config_set("maxmemory", used + (128 << 20))
    try:
        ledger.check_admission("t")
        for n in range(14):
            client.set(f"ballast{n}", b"x" * (8 << 20))
        with pytest.raises(UnavailableError, match="% of its memory") as rejected:
            admit(ledger, 1)
        assert rejected.value.extra["limit"] == "redis-memory"
        client.flushdb()
        deadline = time.monotonic() + 100  # the server frees buffers with a delay
        while True:
            try:
                admit(ledger, 1)
                break
            except UnavailableError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
    finally:
        client.config_set("maxmemory", 0)


def test_a_redis_that_evicts_is_rejected_and_one_without_append_only_file_causes_a_warning(settings: Settings) -> None:
    ledger, client = open_ledger(settings), connect(settings.redis, settings.redis.ledger_db)
    assert "append-only" in ledger.durability()[0]
    client.config_set("appendonly", "yes")
    client.config_set("maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(UnavailableError, match="allkeys-lru"):
            ledger.durability()
        client.config_set("maxmemory-policy", "noeviction")
        assert ledger.durability() == []
    finally:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("appendonly", "no")


def test_a_rejected_upload_leaves_nothing_behind(settings: Settings) -> None:
    ledger = limited(settings, max_depth=3)
    admit(ledger, 3)
    client = connect(settings.redis, settings.redis.ledger_db)
    before = client.dbsize()
    for _ in range(5):
        with pytest.raises(UnavailableError):
            admit(ledger, 1)
    assert client.dbsize() - before == 1  # the note that admission is closed
    assert ledger.depth() == 3


def test_a_tenant_stores_only_so_much_finished_and_cancelled_work(settings: Settings) -> None:
    ledger = open_ledger(settings)
    stored = StoredLimits(documents=5, bytes=100)

    def submit(sizes: list[int], tenant: str = "t") -> list[str]:
        documents = [NewDocument(new_id("doc"), "x", "i" * 255, "00", size) for size in sizes]
        job_id = new_id("batch")
        ledger.admit(job_id, tenant, Options(), documents, stored=stored)
        ledger.cancel([document.document_id for document in documents])
        return [job_id]

    (first,) = submit([10, 20, 30])
    for sizes, limit in (([1, 1, 1], "stored-documents"), ([41], "stored-bytes")):
        with pytest.raises(QuotaError, match="Delete batches") as rejected:
            submit(sizes)
        assert rejected.value.extra["limit"] == limit
    with pytest.raises(QuotaError):
        ledger.check_admission("t", stored=StoredLimits(3, 100))
    ledger.check_admission("t", stored=stored)
    submit([41], tenant="other")

    snapshot = take_snapshot(connect(settings.redis, settings.redis.ledger_db), 10)
    assert sorted(snapshot.stored) == [1, 3]
    assert sorted(snapshot.stored_bytes) == [41, 60]
    ledger.delete(first)
    submit([41, 1, 1])
