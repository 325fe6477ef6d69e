"""Scheduling of tenants, priorities and large documents, and the bound in docs/explanation/scheduling.md."""

from __future__ import annotations

from collections import Counter

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.queues import NAMES
from decalogo.batches.states import DocumentState, NewDocument, Options, Priority
from decalogo.connections import connect
from decalogo.ids import new_id
from decalogo.settings import Settings


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return open_ledger(settings)


@pytest.fixture
def client(settings: Settings) -> redis.Redis:
    return connect(settings.redis, settings.redis.ledger_db)


def submit(
    ledger: Ledger, tenant: str, count: int, *, priority: Priority = Priority.NORMAL, large: bool = False
) -> list[str]:
    """Admit a batch; returns its documents, which bear their tenant's name."""
    job_id = f"batch_{tenant}_{ledger.depth()}_{len(ledger.batches(tenant, limit=1000))}"
    ids = [f"doc_{job_id}_{n:04}" for n in range(count)]
    documents = [NewDocument(name, "x", "", "00", 1, large) for name in ids]
    ledger.admit(job_id, tenant, Options(priority=priority), documents)
    return ids


def start(ledger: Ledger, count: int = 1, lane: str = "normal") -> list[str]:
    """Claim so many documents by their turn; they go on running."""
    started = []
    for _ in range(count):
        claim = ledger.claim(None, new_id("task"), lane)
        started += [claim.document_id] if claim else []
    return started


def finish(ledger: Ledger, document_id: str) -> None:
    assert ledger.cancel([document_id]) == 1


def tenants(started: list[str]) -> str:
    return "".join(name.split("_")[2] for name in started)


def test_five_documents_do_not_wait_for_a_thousand(ledger: Ledger) -> None:
    submit(ledger, "a", 1000)
    running = start(ledger, 4)
    five = submit(ledger, "b", 5)
    started = start(ledger, 20)
    assert tenants(running) == "aaaa"
    assert tenants(started) == "ababababab" + "a" * 10
    assert [name for name in started if name in five] == five


def test_a_batch_is_started_in_the_order_it_was_handed_in(ledger: Ledger) -> None:
    assert start(ledger, 300) == []
    ids = submit(ledger, "a", 300)
    assert start(ledger, 300) == ids


@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    later=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5), st.integers(1, 4)), max_size=6),
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_with_t_tenants_the_kth_of_a_line_starts_after_at_most_kt_minus_one_others(
    ledger: Ledger, client: redis.Redis, sizes: list[int], later: list[tuple[int, int, int]]
) -> None:
    client.flushdb()
    joined: dict[str, int] = {}  # document to how many had started when it was handed in
    place: dict[str, int] = {}  # and its place in its tenant's line then
    waiting: Counter[str] = Counter()
    names: list[str] = []

    def hand_in(tenant: str, count: int, at: int) -> None:
        for number, name in enumerate(submit(ledger, tenant, count), 1):
            joined[name], place[name] = at, waiting[tenant] + number
            names.append(name)
        waiting[tenant] += count

    for number, count in enumerate(sizes):
        hand_in("abcdef"[number], count, 0)
    number = 0
    while number < len(names):
        for at, tenant, count in later:
            if at == number:
                hand_in("abcdef"[tenant], count, number)
        (name,) = start(ledger)
        waiting[tenants([name])] -= 1
        most = len({tenants([other]) for other in names})
        assert number - joined[name] <= place[name] * most - 1
        number += 1


def test_low_gets_its_tenth_while_high_never_ends(ledger: Ledger) -> None:
    high = submit(ledger, "a", 100, priority=Priority.HIGH)
    low = submit(ledger, "a", 20, priority=Priority.LOW)
    started = start(ledger, 100)
    assert sum(name in low for name in started) == 10
    assert [name for name in started if name in high] == high[:90]


def test_large_documents_start_late_but_not_last_and_hold_no_more_than_half(ledger: Ledger) -> None:
    ledger.renew("worker@here", [], slots=4)
    large = submit(ledger, "a", 10, large=True)
    small = submit(ledger, "b", 100)
    started = start(ledger, 40)
    assert [name for name in started if name in large] == large[:2]
    assert started.index(large[0]) == 2
    finish(ledger, large[0])
    assert [name for name in start(ledger, 20) if name in large] == large[2:3]
    assert [name for name in start(ledger, 80) if name in small] == small[57:]


def test_large_documents_take_every_slot_when_nothing_small_waits(ledger: Ledger) -> None:
    ledger.renew("worker@here", [], slots=4)
    large = submit(ledger, "a", 6, large=True)
    assert start(ledger, 4) == large[:4]
    submit(ledger, "b", 1)
    assert tenants(start(ledger, 2)) == "ba"


def test_one_slot_does_both(ledger: Ledger) -> None:
    ledger.renew("worker@here", [], slots=1)
    (large,) = submit(ledger, "a", 1, large=True)
    submit(ledger, "b", 5)
    assert start(ledger, 3)[2] == large


def test_slots_of_workers_that_are_silent_do_not_count(ledger: Ledger, client: redis.Redis) -> None:
    for name in ("worker@a", "worker@b"):
        ledger.renew(name, [], slots=4)
    client.zadd("workers", {"worker@b": 1.0})
    submit(ledger, "a", 10, large=True)
    submit(ledger, "b", 100)
    assert tenants(start(ledger, 40)).count("a") == 2


def test_high_priority_keeps_its_lane_whatever_the_size(ledger: Ledger) -> None:
    submit(ledger, "a", 3)
    submit(ledger, "b", 1, priority=Priority.HIGH, large=True)
    assert tenants(start(ledger, 2)) == "ba"


def test_a_worker_takes_from_the_lanes_it_serves_and_from_no_other(ledger: Ledger) -> None:
    submit(ledger, "a", 1, priority=Priority.LOW)
    assert ledger.claim(None, "task", lanes=["high"]) is None
    assert ledger.claim(None, "task", "slow") is None
    claim = ledger.claim(None, "task", lanes=["high", "low"])
    assert claim is not None
    assert claim.lane == "low"


def test_a_lost_document_is_only_for_the_suspect_lane(ledger: Ledger) -> None:
    (name,) = submit(ledger, "a", 1)
    assert ledger.claim(None, "task") is not None
    ledger.release(name, "task", "lost", "signal 9")
    assert start(ledger) == []
    assert start(ledger, lane="suspect") == [name]


def test_lines_of_an_earlier_version_are_made_when_they_are_missed(ledger: Ledger, client: redis.Redis) -> None:
    ids = [*submit(ledger, "a", 3), *submit(ledger, "b", 2)]
    client.delete("line:normal:a", "line:normal:b", "turns:normal")
    assert start(ledger) == []
    assert ledger.survey() == dict.fromkeys(NAMES, 0) | {"normal": 5}
    assert sorted(start(ledger, 5)) == ids
    assert [*client.scan_iter("line:*"), *client.scan_iter("turns:*")] == []


def test_a_large_document_that_an_earlier_version_put_into_its_old_lane_is_put_right(
    ledger: Ledger, client: redis.Redis
) -> None:
    (large,) = submit(ledger, "a", 1, large=True)
    since = client.zscore("waiting:large", large)
    client.delete("waiting:large", "line:large:a", "turns:large")
    client.zadd("waiting:normal", {large: float(since or 0)})
    ledger.survey()
    assert start(ledger) == [large]


def test_the_lanes_of_a_still_earlier_version_are_made_too(ledger: Ledger, client: redis.Redis) -> None:
    (high,) = submit(ledger, "a", 1, priority=Priority.HIGH)
    ids = submit(ledger, "a", 3)
    client.delete("line:normal:a", "line:high:a", "turns:normal", "turns:high", "waiting:high", "waiting:normal")
    assert ledger.survey() == dict.fromkeys(NAMES, 0) | {"normal": 3, "high": 1}
    assert sorted(start(ledger, 4)) == sorted([high, *ids])
    assert sum(ledger.survey().values()) == ledger.depth() == 0


def test_what_a_worker_of_an_earlier_version_took_is_passed_over(ledger: Ledger, client: redis.Redis) -> None:
    first, second = submit(ledger, "a", 2)
    client.zrem("waiting:normal", first)
    client.zrem("queued", first)
    client.hset(f"document:{first}", "state", DocumentState.RUNNING)
    assert start(ledger, 2) == [second]
