"""Hostile uploads through nginx: each ends with a clear response or a closed connection, and leaves nothing behind."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from addresses import from_a_new_address

from appliance import Appliance
from client import Client
from papers import small_text
from raw import Answer, connection, exchange, head, receive

UPLOAD = "/api/v1/batch/upload"
MIB = 1 << 20
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def attacker(client: Client) -> Iterator[Client]:
    """Afterwards others are still answered."""
    yield client
    assert client.ask("GET", "/api/v1/health").status_code == 200


def part(name: bytes, content: bytes = b"texto") -> bytes:
    return b'--b\r\nContent-Disposition: form-data; name="files"; filename="' + name + b'"\r\n\r\n' + content + b"\r\n"


def post(client: Client, content: bytes | Iterator[bytes], kind: dict[str, str]) -> httpx.Response:
    return client.http.post(UPLOAD, content=content, headers={**kind, **from_a_new_address()})


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"../../../etc/passwd", "passwd"),
        (b"..\\..\\windows\\system.ini", "system.ini"),
        (b"a" * 4096 + b".pdf", "a" * 195 + "….pdf"),
        ("plan\u202efdp.exe".encode(), "planfdp.exe"),
    ],
    ids=["traversal", "backslashes", "4 KB", "right to left"],
)
def test_a_hostile_name_is_shown_clean(attacker: Client, name: bytes, shown: str) -> None:
    answer = post(attacker, part(name) + b"--b--\r\n", FORM)
    assert answer.status_code == 202, answer.text
    assert answer.json()["documents"][0]["filename"] == shown


def test_a_nul_in_a_name_is_left_out_or_refused(attacker: Client) -> None:
    answer = post(attacker, part(b"plan\x00.pdf") + b"--b--\r\n", FORM)
    assert answer.status_code in (202, 400)
    assert "\\u0000" not in answer.text


def test_ten_thousand_parts_are_refused(attacker: Client) -> None:
    answer = post(attacker, part(b"x", b"x") * 10_000 + b"--b--\r\n", FORM)
    assert (answer.status_code, answer.json()["limit"]) == (403, "documents_per_batch")


@pytest.mark.parametrize("body", ['{"documents":' + "[" * 10_000, "[" * 10_000 + "]" * 10_000, '{"a":' * 10_000])
def test_json_ten_thousand_deep_is_refused(attacker: Client, body: str) -> None:
    answer = post(attacker, body.encode(), JSON)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/request-invalid")


def test_of_a_member_that_is_there_twice_the_last_counts(attacker: Client) -> None:
    body = b'{"documents": [{"content": "one"}, {"content": "two"}], "documents": [{"content": "three"}]}'
    answer = post(attacker, body, JSON)
    assert answer.status_code == 202
    assert len(answer.json()["documents"]) == 1


def test_a_field_that_is_there_twice_is_refused(attacker: Client) -> None:
    options = b'--b\r\nContent-Disposition: form-data; name="options"\r\n\r\n{}\r\n'
    answer = post(attacker, options * 2 + part(b"a.txt") + b"--b--\r\n", FORM)
    assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, "options")


@pytest.mark.parametrize("kind", ["text/html", "application/octet-stream", "multipart/form-data", "application/json"])
def test_a_content_type_that_is_not_the_bodys_is_refused(attacker: Client, kind: str) -> None:
    answer = post(attacker, b"<html>", {"Content-Type": kind})
    assert answer.status_code in (400, 415)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_body_in_chunks_without_a_length_is_taken(attacker: Client) -> None:
    pieces = [part(b"a.txt", small_text(1)), b"--b--\r\n"]
    assert post(attacker, (piece for piece in pieces), FORM).status_code == 202


def raw(appliance: Appliance, pem: str, token: str, send: Callable[..., Answer], *lines: str) -> Answer:
    address = from_a_new_address()["X-Forwarded-For"]
    start = head("POST", UPLOAD, f"Authorization: Bearer {token}", f"X-Forwarded-For: {address}", *lines)
    with connection(appliance.https_port, pem) as edge:
        return send(edge, start)


BODY = part(b"a.txt") + b"--b--\r\n"
KIND = "Content-Type: multipart/form-data; boundary=b"


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        ((KIND, f"Content-Length: {len(BODY) + 1000}"), BODY),
        ((KIND, f"Content-Length: {len(BODY) - 20}"), BODY),
        ((KIND, "Content-Length: 10", "Transfer-Encoding: chunked"), b"0\r\n\r\n" + BODY),
        ((KIND, "Content-Length: 10", "Content-Length: 20"), BODY),
        ((KIND, "Content-Length: -1"), BODY),
        ((KIND, "Transfer-Encoding: chunked"), b"ffffffffffffffffff\r\n" + BODY),
        ((KIND, "Content-Length: 10", *[f"X-{n}: {'x' * 1000}" for n in range(100)]), BODY),
    ],
    ids=["shorter", "longer", "length and chunks", "two lengths", "negative", "huge chunk", "header bomb"],
)
def test_a_body_that_lies_about_its_length_brings_nothing_in(
    appliance: Appliance, authority_pem: str, token: str, client: Client, lines: tuple[str, ...], body: bytes
) -> None:
    before = batches(client)
    answer = raw(appliance, authority_pem, token, lambda edge, start: exchange(edge, start + body), *lines)
    assert answer.status in (0, 400, 408)
    if answer.status:
        assert answer.problem()["status"] == answer.status
    assert batches(client) == before


def batches(client: Client) -> list[str]:
    answer = client.ask("GET", "/api/v1/batch?limit=200", headers=from_a_new_address())
    return [batch["job_id"] for batch in answer.json()["batches"]]


def test_who_drips_is_cut(appliance: Appliance, authority_pem: str, token: str) -> None:
    """The head within 15 s, the body after body_idle_seconds of silence."""
    answers: dict[str, tuple[Answer, float]] = {}

    def drip(name: str, start: Callable[[bytes], bytes]) -> None:
        def send(edge: object, whole: bytes) -> Answer:
            edge.sendall(start(whole))  # type: ignore[attr-defined]
            return receive(edge)  # type: ignore[arg-type]

        started = time.monotonic()
        answer = raw(appliance, authority_pem, token, send, KIND, "Content-Length: 1000")
        answers[name] = (answer, time.monotonic() - started)

    threads = [
        threading.Thread(target=drip, args=("head", lambda whole: whole[:40])),
        threading.Thread(target=drip, args=("body", lambda whole: whole + BODY[:30])),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert answers["head"][0].status in (0, 408)
    assert 10 < answers["head"][1] < 30
    assert answers["body"][0].problem()["type"] == "/problems/body-too-slow"
    assert answers["body"][1] < 20


@contextmanager
def kept_talking(edge: object) -> Iterator[None]:
    """Send a little all the time: a look into a container may take longer than the 4 s of silence the API bears."""
    done = threading.Event()

    def talk() -> None:
        while not done.wait(0.5):
            edge.sendall(b"x" * 8192)  # type: ignore[attr-defined]

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join(60)


def test_an_upload_goes_on_to_the_store_as_it_comes_and_is_spooled_nowhere(
    appliance: Appliance, authority_pem: str, token: str
) -> None:
    def used(service: str, folder: str) -> int:
        return int(appliance.compose("exec", "-T", service, "du", "-s", "-B1", folder).split()[0])

    incoming = "/var/lib/decalogo/artifacts/incoming"
    before = used("api", incoming)

    def send(edge: object, start: bytes) -> Answer:
        edge.sendall(start + part(b"big.pdf", b"x" * (20 * MIB))[: 16 * MIB])  # type: ignore[attr-defined]
        deadline = time.monotonic() + 300
        seen = 0
        with kept_talking(edge):
            while seen < before + 15 * MIB:
                assert time.monotonic() < deadline, f"{seen - before} bytes have arrived"
                seen = used("api", incoming)
            assert used("nginx", "/tmp") < MIB
        return Answer(0, [], b"")

    raw(appliance, authority_pem, token, send, KIND, f"Content-Length: {30 * MIB}")
    deadline = time.monotonic() + 120
    while used("api", incoming) > before + MIB:
        assert time.monotonic() < deadline, "the half upload stays"
        time.sleep(0.2)


def test_what_came_in_is_json_to_the_letter(attacker: Client) -> None:
    """The one upload of this file that is meant well ends with a result."""
    accepted = attacker.upload([("plan.txt", small_text(7))])
    polls = attacker.follow(accepted["job_id"])
    assert polls[-1]["succeeded"] == 1, json.dumps(polls[-1])
