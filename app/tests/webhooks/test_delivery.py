"""Delivery of webhooks to a real receiver, verified with the reference library."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.states import Handling, NewDocument, Options
from decalogo.connections import connect
from decalogo.settings import Settings
from decalogo.webhooks import target
from decalogo.webhooks.deliver import Deliverer
from tests.webhooks.receiver import PATIENT, QUICK, Receiver

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.released.set()
    started.server.shutdown()
    started.server.server_close()
    started.thread.join()


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return open_ledger(settings)


@pytest.fixture
def deliverer(settings: Settings) -> Deliverer:
    return Deliverer(connect(settings.redis, settings.redis.ledger_db), PATIENT)


@pytest.fixture
def impatient(settings: Settings) -> Deliverer:
    return Deliverer(connect(settings.redis, settings.redis.ledger_db), QUICK)


@pytest.fixture
def submit(ledger: Ledger) -> Callable[..., str]:
    def submit(url: str, name: str = "a", tenant: str = "t") -> str:
        documents = [NewDocument(f"doc_{name}", "a.pdf", "", "0" * 64, 1)]
        webhook = json.dumps({"url": url, "secret": SECRET})
        ledger.admit(f"batch_{name}", tenant, Options(), documents, handling=Handling(webhook=webhook))
        return f"batch_{name}"

    return submit


def send_all(deliverer: Deliverer, attempts: int) -> list[bool]:
    """Deliver until ``attempts`` attempts have been made."""
    made: list[bool] = []
    deadline = time.monotonic() + 100
    while len(made) < attempts:
        assert time.monotonic() < deadline
        made += [deliverer.attempt(due) for due in deliverer.claim()]
        time.sleep(0.01)
    return made


@contextmanager
def delivering(deliverer: Deliverer) -> Iterator[None]:
    """Deliver webhooks as the scheduler does."""
    stop = threading.Event()
    running = threading.Thread(target=deliverer.run, args=(stop,))
    running.start()
    try:
        yield
    finally:
        stop.set()
        running.join()


def wait_until(condition: Callable[[], bool], seconds: float) -> None:
    """Poll until the condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_finished_batch_is_reported_once_with_a_valid_signature(
    receiver: Receiver, ledger: Ledger, deliverer: Deliverer, submit: Callable[..., str]
) -> None:
    job_id = submit(receiver.url)
    assert deliverer.claim() == []
    ledger.cancel(["doc_a"])
    assert send_all(deliverer, 1) == [True]
    assert deliverer.claim() == []
    ((headers, body),) = receiver.messages
    message: Any = Webhook(SECRET).verify(body, headers)
    assert message["type"] == "batch.finished"
    assert message["data"]["job_id"] == job_id
    assert message["data"]["counts"]["cancelled"] == 1
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"cancelled", b"succeeded"), headers)


def test_a_failing_receiver_gets_the_same_message_id_until_the_webhook_is_abandoned(
    receiver: Receiver, ledger: Ledger, deliverer: Deliverer, submit: Callable[..., str]
) -> None:
    submit(receiver.url)
    receiver.answers = [500, 302, 500, 200]
    ledger.cancel(["doc_a"])
    assert send_all(deliverer, 3) == [False] * 3
    assert deliverer.claim() == []
    assert len(receiver.messages) == 3  # a redirect is not followed
    assert len({headers["webhook-id"] for headers, _ in receiver.messages}) == 1
    state = deliverer._redis.hget("batch:batch_a", "webhook_state")
    assert state == "abandoned after 3 attempts: answered 500"


def test_a_response_that_arrives_byte_by_byte_is_aborted(
    receiver: Receiver, ledger: Ledger, impatient: Deliverer, submit: Callable[..., str]
) -> None:
    submit(receiver.url)
    receiver.answers = ["drip"]
    ledger.cancel(["doc_a"])
    started = time.monotonic()
    assert send_all(impatient, 1) == [False]
    assert time.monotonic() - started < 100


def test_a_retried_batch_is_reported_when_it_has_finished_again(
    receiver: Receiver, ledger: Ledger, deliverer: Deliverer, submit: Callable[..., str]
) -> None:
    submit(receiver.url)
    ledger.cancel(["doc_a"])
    ledger.retry(["doc_a"])
    assert deliverer.claim() == []
    ledger.cancel(["doc_a"])
    assert send_all(deliverer, 1) == [True]


def test_the_webhook_of_a_deleted_batch_is_not_sent(
    receiver: Receiver, ledger: Ledger, deliverer: Deliverer, submit: Callable[..., str]
) -> None:
    job_id = submit(receiver.url)
    ledger.cancel(["doc_a"])
    (due,) = deliverer.claim()
    ledger.delete(job_id)
    assert deliverer.attempt(due) is False
    assert receiver.messages == []


def test_two_schedulers_do_not_claim_the_same_webhook(
    receiver: Receiver, ledger: Ledger, deliverer: Deliverer, submit: Callable[..., str], settings: Settings
) -> None:
    submit(receiver.url)
    ledger.cancel(["doc_a"])
    other = Deliverer(connect(settings.redis, settings.redis.ledger_db), QUICK)
    assert len(deliverer.claim()) + len(other.claim()) == 1


def test_the_oldest_webhooks_are_claimed_first_but_at_most_two_per_tenant(
    ledger: Ledger, deliverer: Deliverer, submit: Callable[..., str]
) -> None:
    for name in ("a1", "a2", "a3", "b1", "b2", "c1"):
        submit("http://127.0.0.1:9/", name, tenant=name[0])
        ledger.cancel([f"doc_{name}"])
    claimed = deliverer.claim()
    assert [due.job_id.removeprefix("batch_") for due in claimed] == ["a1", "b1", "c1", "a2", "b2"]
    assert {due.tenant for due in claimed} == {"a", "b", "c"}
    assert deliverer.claim(["a", "a", "b"]) == []
    assert deliverer.claim("t" * QUICK.max_concurrency) == []
    assert [due.job_id for due in deliverer.claim(["a", "b"])] == ["batch_a3"]


def test_a_hanging_receiver_delays_only_its_own_tenant(
    ledger: Ledger, submit: Callable[..., str], settings: Settings, receiver: Receiver
) -> None:
    patient = QUICK.model_copy(update={"timeout_seconds": 300.0})
    deliverer = Deliverer(connect(settings.redis, settings.redis.ledger_db), patient)
    receiver.answers = ["silence"] * 20
    for number in range(20):
        submit(receiver.url, f"hangs{number}", tenant="hangs")
        ledger.cancel([f"doc_hangs{number}"])
    others = Receiver()
    with delivering(deliverer):
        for number in range(3):  # the second and third while the hanging ones are in progress
            submit(others.url, f"fine{number}", tenant="fine")
            ledger.cancel([f"doc_fine{number}"])
            wait_until(lambda number=number: len(others.messages) > number, 60)
        wait_until(lambda: len(receiver.messages) == 2, 60)
        receiver.released.set()
        wait_until(lambda: len(receiver.messages) >= 20, 60)  # its own continue
    others.released.set()
    others.server.shutdown()
    others.server.server_close()
    others.thread.join()


def test_name_resolution_counts_towards_the_timeout_of_an_attempt(
    receiver: Receiver,
    ledger: Ledger,
    impatient: Deliverer,
    submit: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    submit(receiver.url)
    receiver.answers = ["silence"]
    ledger.cancel(["doc_a"])
    (due,) = impatient.claim()
    find, connect_to, left = socket.getaddrinfo, target.connect, list[float]()

    def slow_name_server(*args: Any, **options: Any) -> Any:
        time.sleep(0.8 * QUICK.timeout_seconds)
        return find(*args, **options)

    def noted(*given: Any) -> Any:
        connection = connect_to(*given)
        left.append(connection.sock.gettimeout())
        return connection

    monkeypatch.setattr(target.socket, "getaddrinfo", slow_name_server)
    monkeypatch.setattr(target, "connect", noted)
    started = time.monotonic()
    assert impatient.attempt(due) is False
    assert time.monotonic() - started < 100
    assert all(seconds <= 0.2 * QUICK.timeout_seconds for seconds in left)  # nothing where no time was left
