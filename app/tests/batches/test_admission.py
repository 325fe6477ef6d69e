"""Backpressure: who is refused, by which limit, for how long, and that it ends by itself."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.states import DocumentState, NewDocument, Options
from decalogo.connections import connect
from decalogo.errors import QuotaError, UnavailableError
from decalogo.ids import new_id
from decalogo.settings import Settings


def limited(settings: Settings, **limits: float) -> Ledger:
    return open_ledger(settings.model_copy(update={"queue": settings.queue.model_copy(update=limits)}))


def admit(ledger: Ledger, count: int, tenant: str = "t", tenant_limit: int = 0) -> list[str]:
    ids = [new_id("doc") for _ in range(count)]
    documents = [NewDocument(i, "x", "", "00", 1) for i in ids]
    ledger.admit(new_id("batch"), tenant, Options(), documents, tenant_limit=tenant_limit)
    return ids


def finish(ledger: Ledger, ids: list[str]) -> None:
    for document_id in ids:
        claim = ledger.claim(document_id, "task")
        assert claim is not None
        assert ledger.finish(claim, DocumentState.SUCCEEDED)


def test_a_full_queue_closes_and_opens_again_below_nine_tenths(settings: Settings) -> None:
    ledger = limited(settings, max_depth=20)
    ids = admit(ledger, 20)
    with pytest.raises(UnavailableError) as refused:
        ledger.room("t")
    assert refused.value.extra == {"limit": "queue-depth", "retry_after": 60}
    finish(ledger, ids[:2])
    with pytest.raises(UnavailableError):  # 18 + 1 > 0.9 x 20: closed until it is worth it
        admit(ledger, 1)
    finish(ledger, ids[2:4])
    ledger.room("t")
    admit(ledger, 1)


def test_a_batch_too_large_for_the_room_left_does_not_shut_out_smaller_ones(settings: Settings) -> None:
    ledger = limited(settings, max_depth=20)
    admit(ledger, 10)
    with pytest.raises(UnavailableError):
        admit(ledger, 15)
    admit(ledger, 10)


def test_the_wait_follows_the_measured_drain(settings: Settings) -> None:
    ledger = limited(settings, max_depth=60)
    ids = admit(ledger, 60)
    finish(ledger, ids[:20])
    admit(ledger, 20)
    with pytest.raises(UnavailableError) as refused:
        admit(ledger, 20)
    # 20 ended in at least 10 s: 2 a second at most, and 20 more need to go.
    assert 10 <= int(str(refused.value.extra["retry_after"])) <= 40


def test_a_tenant_at_its_limit_is_told_and_others_are_not_touched(settings: Settings) -> None:
    ledger = limited(settings, max_depth=100)
    ids = admit(ledger, 5, "a", tenant_limit=5)
    with pytest.raises(QuotaError) as refused:
        admit(ledger, 1, "a", tenant_limit=5)
    assert refused.value.extra["limit"] == "tenant-documents"
    admit(ledger, 5, "b", tenant_limit=5)
    finish(ledger, ids[:1])
    admit(ledger, 1, "a", tenant_limit=5)


def ended(ledger: Ledger, count: int, tenant: str = "t") -> list[str]:
    ids = admit(ledger, count, tenant)
    assert ledger.cancel(ids) == count
    return ids


def test_a_retry_needs_room_for_all_that_it_queues(settings: Settings) -> None:
    ledger = limited(settings, max_depth=4)
    first, second = ended(ledger, 3), ended(ledger, 3)
    assert ledger.revive(first, tenant="t") == first
    with pytest.raises(UnavailableError) as refused:
        ledger.revive(second, tenant="t")
    assert refused.value.extra["limit"] == "queue-depth"
    assert int(str(refused.value.extra["retry_after"])) >= 5
    assert ledger.depth() == 3
    assert ledger.revive(second[:1], tenant="t") == second[:1]
    assert ledger.revive([*first, "doc_unknown"], tenant="t") == []  # nothing to queue needs no room
    assert ledger.revive(second[1:]) == second[1:]  # an operator's retry asks nobody


def test_a_retry_counts_towards_its_tenants_limit(settings: Settings) -> None:
    ledger = limited(settings, max_depth=100)
    ids = ended(ledger, 3, "a")
    admit(ledger, 3, "a")
    with pytest.raises(QuotaError) as refused:
        ledger.revive(ids, tenant="a", tenant_limit=5)
    assert refused.value.extra["limit"] == "tenant-documents"
    assert ledger.depth() == 3
    assert ledger.revive(ids[:2], tenant="a", tenant_limit=5) == ids[:2]


def test_retries_at_the_same_time_do_not_overshoot(settings: Settings) -> None:
    ledger = limited(settings, max_depth=20)
    batches = [ended(ledger, 15) for _ in range(6)]

    def retry(ids: list[str]) -> int:
        try:
            return len(ledger.revive(ids, tenant="t"))
        except UnavailableError:
            return 0

    with ThreadPoolExecutor(len(batches)) as pool:
        assert sum(pool.map(retry, batches)) == 15
    assert ledger.depth() == 15


def test_memory_past_its_share_refuses_and_recovers(settings: Settings) -> None:
    ledger = limited(settings, max_memory_share=0.8)
    client = connect(settings.redis, settings.redis.limits_db)
    used = client.info("memory")["used_memory"]
    client.config_set("maxmemory", used + (128 << 20))
    try:
        ledger.room("t")
        for n in range(14):
            client.set(f"ballast{n}", b"x" * (8 << 20))
        with pytest.raises(UnavailableError, match="% of its memory") as refused:
            admit(ledger, 1)
        assert refused.value.extra["limit"] == "redis-memory"
        client.flushdb()
        deadline = time.monotonic() + 20  # the server gives buffers back in its own time
        while True:
            try:
                admit(ledger, 1)
                break
            except UnavailableError:
                assert time.monotonic() < deadline
                time.sleep(0.1)
    finally:
        client.config_set("maxmemory", 0)


def test_a_redis_that_evicts_is_refused_and_one_without_log_is_told(settings: Settings) -> None:
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


def test_what_is_refused_leaves_nothing_behind(settings: Settings) -> None:
    ledger = limited(settings, max_depth=3)
    admit(ledger, 3)
    client = connect(settings.redis, settings.redis.ledger_db)
    before = client.dbsize()
    for _ in range(5):
        with pytest.raises(UnavailableError):
            admit(ledger, 1)
    assert client.dbsize() - before == 1  # the note that admission is closed
    assert ledger.depth() == 3
