"""Webhooks against a real receiver, checked with the reference library's own verification."""

from __future__ import annotations

import ipaddress
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.states import Handling, NewDocument, Options
from decalogo.connections import connect
from decalogo.settings import Settings, WebhookSettings
from decalogo.webhooks import target
from decalogo.webhooks.deliver import Deliverer

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
QUICK = WebhookSettings(allow_private=True, timeout_seconds=1.0, max_attempts=3, initial_backoff_seconds=0.01)


class Receiver:
    """Takes messages; ``answers`` is what it does with each in turn, 200 when there is nothing left."""

    def __init__(self) -> None:
        self.messages: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int | str] = []
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.messages.append(({k.lower(): v for k, v in self.headers.items()}, body))
                answer = receiver.answers.pop(0) if receiver.answers else 200
                if answer == "drip":
                    receiver.drip(self)
                    return
                if answer == "silence":
                    receiver.released.wait(20)
                    return
                assert isinstance(answer, int)
                self.send_response(answer)
                if answer in (302, 307):
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def drip(self, handler: BaseHTTPRequestHandler) -> None:
        """Send a header byte by byte, each well within a socket's timeout, until the other side has had enough."""
        try:
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 200:
                handler.wfile.write(bytes([byte]))
                handler.wfile.flush()
                threading.Event().wait(0.1)
        except OSError:
            pass


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
    return Deliverer(connect(settings.redis, settings.redis.ledger_db), QUICK)


@pytest.fixture
def hand_in(ledger: Ledger) -> Callable[..., str]:
    def hand_in(url: str, name: str = "a", tenant: str = "t") -> str:
        documents = [NewDocument(f"doc_{name}", "a.pdf", "", "0" * 64, 1)]
        webhook = json.dumps({"url": url, "secret": SECRET})
        ledger.admit(f"batch_{name}", tenant, Options(), documents, handling=Handling(webhook=webhook))
        return f"batch_{name}"

    return hand_in


def send_all(deliverer: Deliverer, attempts: int) -> list[bool]:
    """Deliver until so many attempts have been made."""
    made: list[bool] = []
    deadline = time.monotonic() + 20
    while len(made) < attempts:
        assert time.monotonic() < deadline
        made += [deliverer.attempt(due) for due in deliverer.take()]
        time.sleep(0.01)
    return made


@contextmanager
def delivering(deliverer: Deliverer) -> Iterator[None]:
    """Have webhooks delivered as the scheduler does."""
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


def test_a_finished_batch_is_told_once_with_a_signature_that_the_reference_accepts(
    receiver: Receiver, ledger: Ledger, deliverer: Deliverer, hand_in: Callable[..., str]
) -> None:
    job_id = hand_in(receiver.url)
    assert deliverer.take() == []
    ledger.cancel(["doc_a"])
    assert send_all(deliverer, 1) == [True]
    assert deliverer.take() == []
    ((headers, body),) = receiver.messages
    told: Any = Webhook(SECRET).verify(body, headers)
    assert told["type"] == "batch.finished"
    assert told["data"]["job_id"] == job_id
    assert told["data"]["counts"]["cancelled"] == 1
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body.replace(b"cancelled", b"succeeded"), headers)


def test_a_receiver_that_fails_is_told_again_under_the_same_id_until_it_is_given_up(
    receiver: Receiver, ledger: Ledger, deliverer: Deliverer, hand_in: Callable[..., str]
) -> None:
    hand_in(receiver.url)
    receiver.answers = [500, 302, 500, 200]
    ledger.cancel(["doc_a"])
    assert send_all(deliverer, 3) == [False] * 3
    assert deliverer.take() == []
    assert len(receiver.messages) == 3  # a redirect is not followed
    assert len({headers["webhook-id"] for headers, _ in receiver.messages}) == 1
    state = deliverer._redis.hget("batch:batch_a", "webhook_state")
    assert state == "given up after 3 attempts: answered 500"


def test_an_answer_that_drips_is_cut(
    receiver: Receiver, ledger: Ledger, deliverer: Deliverer, hand_in: Callable[..., str]
) -> None:
    hand_in(receiver.url)
    receiver.answers = ["drip"]
    ledger.cancel(["doc_a"])
    started = time.monotonic()
    assert send_all(deliverer, 1) == [False]
    assert time.monotonic() - started < 10 * QUICK.timeout_seconds


def test_a_batch_that_is_retried_is_told_when_it_has_finished_again(
    receiver: Receiver, ledger: Ledger, deliverer: Deliverer, hand_in: Callable[..., str]
) -> None:
    hand_in(receiver.url)
    ledger.cancel(["doc_a"])
    ledger.revive(["doc_a"])
    assert deliverer.take() == []
    ledger.cancel(["doc_a"])
    assert send_all(deliverer, 1) == [True]


def test_a_webhook_of_a_deleted_batch_is_forgotten(
    receiver: Receiver, ledger: Ledger, deliverer: Deliverer, hand_in: Callable[..., str]
) -> None:
    job_id = hand_in(receiver.url)
    ledger.cancel(["doc_a"])
    (due,) = deliverer.take()
    ledger.forget(job_id)
    assert deliverer.attempt(due) is False
    assert receiver.messages == []


def test_two_schedulers_do_not_tell_the_same(
    receiver: Receiver, ledger: Ledger, deliverer: Deliverer, hand_in: Callable[..., str], settings: Settings
) -> None:
    hand_in(receiver.url)
    ledger.cancel(["doc_a"])
    other = Deliverer(connect(settings.redis, settings.redis.ledger_db), QUICK)
    assert len(deliverer.take()) + len(other.take()) == 1


def test_the_oldest_go_first_but_no_tenant_has_more_than_two_under_way(
    ledger: Ledger, deliverer: Deliverer, hand_in: Callable[..., str]
) -> None:
    for name in ("a1", "a2", "a3", "b1", "b2", "c1"):
        hand_in("http://127.0.0.1:9/", name, tenant=name[0])
        ledger.cancel([f"doc_{name}"])
    taken = deliverer.take()
    assert [due.job_id.removeprefix("batch_") for due in taken] == ["a1", "b1", "c1", "a2", "b2"]
    assert {due.tenant for due in taken} == {"a", "b", "c"}
    assert deliverer.take(["a", "a", "b"]) == []
    assert deliverer.take("t" * QUICK.max_concurrency) == []
    assert [due.job_id for due in deliverer.take(["a", "b"])] == ["batch_a3"]


def test_a_tenant_whose_receiver_hangs_delays_nobody_else(
    ledger: Ledger, hand_in: Callable[..., str], settings: Settings, receiver: Receiver
) -> None:
    patient = QUICK.model_copy(update={"timeout_seconds": 10.0})
    deliverer = Deliverer(connect(settings.redis, settings.redis.ledger_db), patient)
    receiver.answers = ["silence"] * 20
    for number in range(20):
        hand_in(receiver.url, f"hangs{number}", tenant="hangs")
        ledger.cancel([f"doc_hangs{number}"])
    others = Receiver()
    with delivering(deliverer):
        for number in range(3):  # the second and third while those that hang hold their slots
            hand_in(others.url, f"fine{number}", tenant="fine")
            ledger.cancel([f"doc_fine{number}"])
            wait_until(lambda number=number: len(others.messages) > number, 5)
        wait_until(lambda: len(receiver.messages) == 2, 5)
        receiver.released.set()
        wait_until(lambda: len(receiver.messages) >= 20, 10)  # its own go on as slots become free
    others.released.set()
    others.server.shutdown()
    others.server.server_close()
    others.thread.join()


def test_finding_the_address_counts_towards_the_time_of_an_attempt(
    receiver: Receiver,
    ledger: Ledger,
    deliverer: Deliverer,
    hand_in: Callable[..., str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hand_in(receiver.url)
    receiver.answers = ["silence"]
    ledger.cancel(["doc_a"])
    (due,) = deliverer.take()
    find = socket.getaddrinfo

    def slow_name_server(*args: Any, **options: Any) -> Any:
        time.sleep(0.8 * QUICK.timeout_seconds)
        return find(*args, **options)

    monkeypatch.setattr(target.socket, "getaddrinfo", slow_name_server)
    started = time.monotonic()
    assert deliverer.attempt(due) is False
    assert time.monotonic() - started < 1.5 * QUICK.timeout_seconds


def test_a_handshake_that_does_not_end_is_given_up_with_the_attempt() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        parts = target.check_url(f"https://127.0.0.1:{silent.getsockname()[1]}/", QUICK)
        started = time.monotonic()
        with pytest.raises(TimeoutError):
            target.connect(parts, QUICK, started + 0.2)
        with pytest.raises(TimeoutError, match="not connected in time"):
            target.connect(parts, QUICK, started)
        assert time.monotonic() - started < QUICK.timeout_seconds


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_addresses_of_the_public_internet_are_told(address: str, public: bool) -> None:
    assert target.is_public(ipaddress.ip_address(address)) is public


def test_a_name_that_leads_inside_is_refused_when_it_is_connected_to() -> None:
    strict = WebhookSettings()
    parts = target.check_url("https://localhost/hook", strict)
    with pytest.raises(target.ForbiddenAddressError):
        target.connect(parts, strict, time.monotonic() + 5)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "ftp://example.org/",
        "https://",
        "https://user:pw@example.org/",
        "https://example.org/#x",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://[fe80::1]:443/",
        "https://exa mple.org/",
        "https://example.org:99999/",
        "https://example.org/\r\nX: y",
        "//example.org",
    ],
)
def test_an_address_that_makes_no_sense_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        target.check_url(url, WebhookSettings())
