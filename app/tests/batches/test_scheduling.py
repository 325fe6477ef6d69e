"""Order of claims: tenants, priorities and large documents, and the bound in docs/explanation/scheduling.md."""

from __future__ import annotations

from collections import Counter

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.queues import HIGH, LOW, SLOW, SUSPECT, WORK_QUEUES
from decalogo.batches.states import NewDocument, Options, Priority
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
    """Admit a batch; return its documents, which contain the name of their tenant."""
    job_id = f"batch_{tenant}_{ledger.depth()}_{len(ledger.batches(tenant, limit=1000))}"
    ids = [f"doc_{job_id}_{n:04}" for n in range(count)]
    documents = [NewDocument(name, "x", "", "00", 1, large) for name in ids]
    ledger.admit(job_id, tenant, Options(priority=priority), documents)
    return ids


def start(ledger: Ledger, count: int = 1) -> list[str]:
    """Claim up to ``count`` documents; they keep running."""
    started = []
    for _ in range(count):
        claim = ledger.claim(new_id("task"), WORK_QUEUES)
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


def test_a_batch_is_started_in_the_order_of_its_submission(ledger: Ledger) -> None:
    assert start(ledger, 300) == []
    ids = submit(ledger, "a", 300)
    assert start(ledger, 300) == ids


@given(
    sizes=st.lists(st.integers(1, 12), min_size=1, max_size=6),
    later=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5), st.integers(1, 4)), max_size=6),
)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
def test_with_t_tenants_the_kth_of_a_tenant_queue_starts_after_at_most_kt_minus_one_others(
    ledger: Ledger, client: redis.Redis, sizes: list[int], later: list[tuple[int, int, int]]
) -> None:
    client.flushdb()
    joined: dict[str, int] = {}  # document to the number of documents started before its submission
    place: dict[str, int] = {}  # document to its place in the tenant queue at that time
    waiting: Counter[str] = Counter()
    names: list[str] = []

    def hand_over(tenant: str, count: int, at: int) -> None:
        for number, name in enumerate(submit(ledger, tenant, count), 1):
            joined[name], place[name] = at, waiting[tenant] + number
            names.append(name)
        waiting[tenant] += count

    for number, count in enumerate(sizes):
        hand_over("abcdef"[number], count, 0)
    number = 0
    while number < len(names):
        for at, tenant, count in later:
            if at == number:
                hand_over("abcdef"[tenant], count, number)
        (name,) = start(ledger)
        waiting[tenants([name])] -= 1
        number_of_tenants = len({tenants([other]) for other in names})
        assert number - joined[name] <= place[name] * number_of_tenants - 1
        number += 1


def test_low_priority_gets_a_tenth_while_high_priority_never_ends(ledger: Ledger) -> None:
    high = submit(ledger, "a", 100, priority=Priority.HIGH)
    low = submit(ledger, "a", 20, priority=Priority.LOW)
    started = start(ledger, 100)
    assert sum(name in low for name in started) == 10
    assert [name for name in started if name in high] == high[:90]


def test_large_documents_start_late_but_not_last_and_occupy_at_most_half_of_the_processes(ledger: Ledger) -> None:
    ledger.renew("worker@here", [], large_processes=4)
    large = submit(ledger, "a", 10, large=True)
    small = submit(ledger, "b", 100)
    started = start(ledger, 40)
    assert [name for name in started if name in large] == large[:2]
    assert started.index(large[0]) == 2
    finish(ledger, large[0])
    assert [name for name in start(ledger, 20) if name in large] == large[2:3]
    assert [name for name in start(ledger, 80) if name in small] == small[57:]


def test_large_documents_take_all_processes_when_no_small_ones_wait(ledger: Ledger) -> None:
    ledger.renew("worker@here", [], large_processes=4)
    large = submit(ledger, "a", 6, large=True)
    assert start(ledger, 4) == large[:4]
    submit(ledger, "b", 1)
    assert tenants(start(ledger, 2)) == "ba"


def test_a_single_process_runs_both(ledger: Ledger) -> None:
    ledger.renew("worker@here", [], large_processes=1)
    (large,) = submit(ledger, "a", 1, large=True)
    submit(ledger, "b", 5)
    for _ in range(2):
        finish(ledger, *start(ledger))
    assert start(ledger) == [large]


def test_processes_of_silent_workers_do_not_count(ledger: Ledger, client: redis.Redis) -> None:
    for name in ("worker@a", "worker@b"):
        ledger.renew(name, [], large_processes=4)
    client.zadd("workers", {"worker@b": 1.0})
    submit(ledger, "a", 10, large=True)
    submit(ledger, "b", 100)
    assert tenants(start(ledger, 40)).count("a") == 2


def test_high_priority_keeps_its_queue_whatever_the_size(ledger: Ledger) -> None:
    submit(ledger, "a", 3)
    submit(ledger, "b", 1, priority=Priority.HIGH, large=True)
    assert tenants(start(ledger, 2)) == "ba"


def test_a_worker_claims_from_the_queues_it_consumes_and_from_no_other(ledger: Ledger) -> None:
    submit(ledger, "a", 1, priority=Priority.LOW)
    assert ledger.claim("task", [HIGH]) is None
    assert ledger.claim("task", [SLOW]) is None
    claim = ledger.claim("task", [HIGH, LOW])
    assert claim is not None
    assert claim.queue == LOW


def test_a_lost_document_is_claimed_from_the_suspect_queue_only(ledger: Ledger) -> None:
    (name,) = submit(ledger, "a", 1)
    assert ledger.claim("task", WORK_QUEUES) is not None
    ledger.release(name, "task", "lost", "signal 9")
    assert start(ledger) == []
    claim = ledger.claim("again", [SUSPECT])
    assert claim is not None
    assert claim.document_id == name


def test_a_tenant_holds_at_most_half_of_the_processes_while_others_wait(ledger: Ledger) -> None:
    ledger.renew("worker@here", [], large_processes=4)
    first = submit(ledger, "a", 10)
    assert tenants(start(ledger, 2)) == "aa"
    others = submit(ledger, "b", 3) + submit(ledger, "c", 1)
    assert tenants(start(ledger, 3)) == "bcb"
    assert tenants(start(ledger, 1)) == "a"  # both are at their share, and nobody else waits
    for name in (*first[:2], others[0]):
        finish(ledger, name)
    assert tenants(start(ledger, 1)) == "b"


def test_a_tenant_alone_holds_every_process(ledger: Ledger) -> None:
    ledger.renew("worker@here", [], large_processes=4)
    submit(ledger, "a", 10)
    assert tenants(start(ledger, 4)) == "aaaa"


def test_the_share_of_a_tenant_counts_over_all_queues_but_not_on_the_suspect_worker(ledger: Ledger) -> None:
    ledger.renew("worker@here", [], large_processes=4)
    lost = submit(ledger, "a", 2)
    for number in (0, 1):
        assert ledger.claim(f"task{number}", WORK_QUEUES) is not None
        ledger.release(lost[number], f"task{number}", "lost", "signal 9")
        assert ledger.claim(f"again{number}", [SUSPECT]) is not None
    submit(ledger, "a", 2, priority=Priority.HIGH)
    submit(ledger, "a", 2)
    submit(ledger, "b", 1, priority=Priority.LOW)
    assert tenants(start(ledger, 4)) == "aaba"
