"""Recovery publishes as many messages as are missing, and compares lengths only."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace

import pytest
import redis

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.queues import LARGE, LOW, NORMAL, QUEUES, SUSPECT
from decalogo.batches.states import NewDocument, Options
from decalogo.connections import connect
from decalogo.recovery import Recovery
from decalogo.settings import Settings
from tests.claims import claim_document


class Broker:
    """Lists of the real broker, filled without Celery."""

    def __init__(self, settings: Settings) -> None:
        self.client: redis.Redis = connect(settings.redis, settings.redis.broker_db)
        self.published: list[tuple[str, str]] = []

    def publish(self, documents: Iterable[tuple[str, str]]) -> None:
        for document_id, queue in documents:
            self.published.append((document_id, queue))
            self.client.lpush(queue, document_id)


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return open_ledger(settings)


@pytest.fixture
def broker(settings: Settings) -> Broker:
    return Broker(settings)


@pytest.fixture
def run(settings: Settings, ledger: Ledger, broker: Broker) -> Callable[[], None]:
    queue = settings.queue.model_copy(update={"republish_grace_seconds": 0.000001})
    return Recovery(ledger, broker.client, broker.publish, queue).run_pass


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """With leases that no pause of the machine outlasts: these tests end them themselves."""
    return settings.model_copy(update={"queue": settings.queue.model_copy(update={"lease_seconds": 400.0})})


def admit(ledger: Ledger, *names: str, large: bool = False) -> None:
    ledger.admit(f"batch_{names[0]}", "t", Options(), [NewDocument(name, "x", "", "00", 1, large) for name in names])


def test_documents_without_a_message_are_published_once(
    ledger: Ledger, broker: Broker, run: Callable[[], None]
) -> None:
    admit(ledger, "a", "b")
    admit(ledger, "c", large=True)
    run()
    run()
    assert broker.published == [("a", NORMAL), ("b", NORMAL), ("c", LARGE)]


def test_only_as_many_as_are_missing_are_published_again(
    ledger: Ledger, broker: Broker, run: Callable[[], None]
) -> None:
    admit(ledger, *"abcde")
    run()
    broker.client.ltrim(NORMAL, 0, 2)
    run()
    assert len(broker.published) == 7
    assert broker.client.llen(NORMAL) == 5


def test_a_message_of_another_queue_of_the_group_suffices_and_one_of_another_group_does_not(
    ledger: Ledger, broker: Broker, run: Callable[[], None]
) -> None:
    admit(ledger, "a", "b")
    broker.client.lpush(LOW, "x", "y")
    run()
    assert broker.published == []
    claim_document(ledger, "a")
    ledger.release("a", "task", "lost", "signal 9")
    run()
    assert broker.published == [("a", SUSPECT)]


def test_an_outage_of_the_api_costs_joined_hosts_no_attempt(
    settings: Settings, ledger: Ledger, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("decalogo.recovery.time", SimpleNamespace(monotonic=lambda: now[0]))
    recovery = Recovery(ledger, broker.client, broker.publish, settings.queue)
    lease, joined = settings.queue.lease_seconds, "host-0123456789ab:task"

    def later(seconds: float) -> None:
        now[0] += seconds
        recovery.run_pass()

    admit(ledger, "here")
    admit(ledger, "there")
    claim_document(ledger, "here", "task")
    claim_document(ledger, "there", joined)
    for name in ("here", "there"):
        ledger.client.zadd("running", {name: 1})  # a lease that ended long ago
    for _ in range(5):
        later(0.4 * lease)

    assert (ledger.owned_by("task"), ledger.owned_by(joined)) == (None, "there")

    # The API is back: the host has one lease to renew.
    ledger.report_gateway()
    later(0.4 * lease)
    assert ledger.renew("worker-1@north", [joined]) == []
    for _ in range(5):
        ledger.report_gateway()
        later(0.4 * lease)
    assert ledger.owned_by(joined) == "there"

    # A host that is gone itself does not renew, and its lease expires as any other.
    ledger.client.zadd("running", {"there": 1})
    ledger.report_gateway()
    later(0.4 * lease)
    assert ledger.owned_by(joined) is None


def test_a_machine_that_was_suspended_gives_its_workers_a_lease_to_renew(
    settings: Settings, ledger: Ledger, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    # The monotonic clock stands still during suspension; the leases do not.
    clock = SimpleNamespace(CLOCK_BOOTTIME=7, clock_gettime=lambda _: now[0], monotonic=lambda: 1000.0)
    monkeypatch.setattr("decalogo.recovery.time", clock)
    recovery = Recovery(ledger, broker.client, broker.publish, settings.queue)
    lease = settings.queue.lease_seconds
    admit(ledger, "a")
    claim_document(ledger, "a", "task")
    for _ in range(3):
        now[0] += 0.4 * lease
        recovery.run_pass()
    ledger.client.zadd("running", {"a": 1})  # its lease ended while the machine was suspended
    now[0] += 3600
    recovery.run_pass()
    assert ledger.owned_by("task") == "a"
    for _ in range(3):
        now[0] += 0.4 * lease
        recovery.run_pass()
    assert ledger.owned_by("task") is None


def test_joined_hosts_are_not_spared_for_ever(
    settings: Settings, ledger: Ledger, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("decalogo.recovery.time", SimpleNamespace(monotonic=lambda: now[0]))
    recovery = Recovery(ledger, broker.client, broker.publish, settings.queue)
    admit(ledger, "there")
    claim_document(ledger, "there", "host-0123456789ab:task")
    ledger.client.zadd("running", {"there": 1})
    recovery.run_pass()
    for seconds in (3700.0, *[0.4 * settings.queue.lease_seconds] * 5):
        now[0] += seconds
        recovery.run_pass()
    assert ledger.owned_by("host-0123456789ab:task") is None


def test_deleted_lists_are_filled_again(ledger: Ledger, broker: Broker, run: Callable[[], None]) -> None:
    admit(ledger, *"abc")
    run()
    broker.client.delete(*QUEUES)
    run()
    assert sorted(broker.published) == sorted([("a", NORMAL), ("b", NORMAL), ("c", NORMAL)] * 2)
