"""Uploads as an attacker would send them: each ends in a clean answer or a closed connection, and leaves nothing."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from decalogo.api.services import Services
from decalogo.batches.states import DocumentState
from decalogo.settings import Settings
from tests.api.conftest import problem, stored_files, wait_until
from tests.api.uploading import PDF, UPLOAD, files, raw_form
from tests.api.working import succeed
from tests.claims import claim_document

HEALTH = "/api/v1/health"


@pytest.fixture
def attacker(serve: Callable[..., httpx.Client]) -> Iterator[httpx.Client]:
    """A client with a premium token; afterwards the server must still answer others."""
    client = serve(tier="premium")
    yield client
    assert client.get(HEALTH).status_code == 200


def connect(client: httpx.Client) -> socket.socket:
    connection = socket.create_connection((client.base_url.host, client.base_url.port or 0))
    connection.settimeout(60)
    return connection


def head(client: httpx.Client, *lines: str) -> bytes:
    first = (f"POST {UPLOAD} HTTP/1.1", "Host: x", f"Authorization: {client.headers['Authorization']}")
    return "\r\n".join([*first, *lines, "", ""]).encode()


def everything(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (b"../../../etc/passwd", "passwd"),
        (b"..\\..\\windows\\system.ini", "system.ini"),
        (b"a" * 4096 + b".pdf", "a" * 195 + "….pdf"),
        ("plan\u202efdp.exe".encode(), "planfdp.exe"),
        (b"plan\x1b[31m.pdf", "plan[31m.pdf"),
        ("\u2066\u200f\u202e".encode(), "document-1"),
        (b"con.pdf:stream", "con.pdf:stream"),
        (b"<script>alert(1)</script>", "script>"),
    ],
    ids=["traversal", "backslashes", "4 KB", "right to left", "terminal colours", "only marks", "stream", "markup"],
)
def test_a_hostile_name_is_shown_clean_and_never_used(
    attacker: httpx.Client, settings: Settings, name: bytes, shown: str
) -> None:
    answer = attacker.post(UPLOAD, **raw_form(name))
    assert answer.status_code == 202
    assert answer.json()["documents"][0]["filename"] == shown
    (stored,) = stored_files(settings)
    assert stored.name == answer.json()["documents"][0]["document_id"]


def test_a_nul_in_a_name_is_refused_or_left_out(attacker: httpx.Client) -> None:
    answer = attacker.post(UPLOAD, **raw_form(b"plan\x00.pdf"))
    if answer.status_code == 202:
        assert answer.json()["documents"][0]["filename"] == "plan.pdf"
    else:
        problem(answer, 400, "request-invalid")


def test_a_part_that_lies_about_its_type_is_judged_by_its_content(attacker: httpx.Client, services: Services) -> None:
    part = [("files", ("page.html", PDF, "text/html"))]
    job_id = attacker.post(UPLOAD, files=part).json()["job_id"]
    (document,) = services.ledger.documents(job_id)
    assert services.store.read(f"documents/{document.document_id}") == PDF


def test_ten_thousand_parts_are_refused_at_the_tiers_limit(attacker: httpx.Client, settings: Settings) -> None:
    part = b'--b\r\nContent-Disposition: form-data; name="files"; filename="x"\r\n\r\nx\r\n'
    answer = attacker.post(
        UPLOAD, content=part * 10_000 + b"--b--\r\n", headers={"Content-Type": "multipart/form-data; boundary=b"}
    )
    assert problem(answer, 403, "forbidden")["limit"] == "documents_per_batch"
    assert stored_files(settings) == []


@pytest.mark.parametrize("body", ['{"documents":' + "[" * 10_000, "[" * 10_000 + "]" * 10_000, '{"a":' * 10_000])
def test_json_ten_thousand_deep_is_refused(attacker: httpx.Client, body: str) -> None:
    answer = attacker.post(UPLOAD, content=body, headers={"Content-Type": "application/json"})
    problem(answer, 400, "request-invalid")
    answer = attacker.post(UPLOAD, files=files(("a.pdf", PDF)), data={"options": body})
    problem(answer, 400, "request-invalid")


def test_of_a_member_that_is_there_twice_the_last_counts_and_only_it(attacker: httpx.Client) -> None:
    body = '{"documents": [{"content": "one"}, {"content": "two"}], "documents": [{"content": "three"}]}'
    answer = attacker.post(UPLOAD, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 202
    assert len(answer.json()["documents"]) == 1


def test_a_drip_is_cut(serve: Callable[..., httpx.Client], services: Services, settings: Settings) -> None:
    api = settings.api.model_copy(update={"body_idle_seconds": 3.0})
    client = serve(services=replace(services, settings=settings.model_copy(update={"api": api})))
    form = raw_form(b"a.pdf", b"x" * 400_000)
    with connect(client) as connection:
        lines = ("Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(form['content'])}")
        connection.sendall(head(client, *lines) + form["content"][:300_000])
        # Silence.
        answer = everything(connection)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"/problems/body-too-slow" in answer

    # Bytes that keep coming, each in time, but far too few.
    def drip() -> Iterator[bytes]:
        deadline = time.monotonic() + 100
        while time.monotonic() < deadline:
            yield b"x"
            time.sleep(0.05)

    started = time.monotonic()
    try:
        answered = client.post(UPLOAD, content=drip(), headers={"Content-Type": "application/json"})
        problem(answered, 408, "body-too-slow")
    except httpx.TransportError:
        pass  # closed while we were still sending
    assert time.monotonic() - started < 60
    wait_until(lambda: stored_files(settings) == [], 60)


def test_a_body_shorter_than_announced_leaves_nothing(attacker: httpx.Client, settings: Settings) -> None:
    form = raw_form(b"a.pdf")["content"]
    with connect(attacker) as connection:
        lines = ("Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(form) + 1000}")
        connection.sendall(head(attacker, *lines) + form)
        connection.shutdown(socket.SHUT_WR)
        assert b"HTTP/1.1 202" not in everything(connection)
    wait_until(lambda: stored_files(settings) == [], 60)


def test_a_body_longer_than_announced_is_not_taken_for_another_request(
    attacker: httpx.Client, services: Services
) -> None:
    form = raw_form(b"a.pdf")["content"]
    with connect(attacker) as connection:
        lines = ("Content-Type: multipart/form-data; boundary=b", f"Content-Length: {len(form) - 20}")
        connection.sendall(head(attacker, *lines) + form)
        connection.shutdown(socket.SHUT_WR)
        answer = everything(connection)
    assert b"HTTP/1.1 202" not in answer
    assert services.ledger.depth() == 0


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 10", "Transfer-Encoding: chunked"),
        ("Content-Length: 10", "Content-Length: 20"),
        ("Content-Length: -1",),
        ("Content-Length: ten",),
        ("Transfer-Encoding: chunked, identity",),
    ],
    ids=["length and chunks", "two lengths", "negative", "no number", "odd coding"],
)
def test_a_length_that_contradicts_itself_brings_nothing_in(
    attacker: httpx.Client, services: Services, lines: tuple[str, ...]
) -> None:
    smuggled = head(attacker, "Content-Type: application/json", "Content-Length: 0")
    with connect(attacker) as connection:
        connection.sendall(head(attacker, "Content-Type: application/json", *lines) + b"0\r\n\r\n" + smuggled)
        connection.shutdown(socket.SHUT_WR)
        answer = everything(connection)
    assert b"HTTP/1.1 202" not in answer
    assert services.ledger.depth() == 0


@pytest.mark.parametrize(
    "bomb",
    [("X: " + "x" * 2_000_000,), tuple(f"X-{n}: x" for n in range(20_000)), ("X" * 200_000 + ": x",)],
    ids=["long value", "many", "long name"],
)
def test_a_bomb_of_headers_does_not_hurt_the_server(attacker: httpx.Client, bomb: tuple[str, ...]) -> None:
    with connect(attacker) as connection:
        try:
            connection.sendall(head(attacker, "Content-Type: application/json", "Content-Length: 2", *bomb) + b"{}")
            connection.shutdown(socket.SHUT_WR)
            answer = everything(connection)
        except (ConnectionError, TimeoutError):
            answer = b""
    assert not answer or answer.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize("token", ["", "Bearer", "Bearer " + "x" * 60_000, "Bearer dcl_\xff_x", "Basic eDp5"])
def test_an_odd_authorization_is_refused(attacker: httpx.Client, token: str) -> None:
    answer = attacker.get("/api/v1/batch", headers={"Authorization": token.encode("latin-1")})
    assert answer.status_code in (400, 401, 431)
    assert json.loads(answer.text)["type"] == "/problems/unauthorized" if answer.status_code == 401 else True


def test_a_result_that_a_worker_linked_elsewhere_is_not_served(
    attacker: httpx.Client, services: Services, tmp_path: Path
) -> None:
    secret = tmp_path / "redis-password"
    secret.write_text("the password")
    document_id = attacker.post(UPLOAD, files=files(("a.txt", b"a"))).json()["documents"][0]["document_id"]
    succeed(services, document_id)
    for kind, suffix in (("results", "json"), ("pages", "json.gz")):
        planted = services.store.path(f"{kind}/{document_id}.1.{suffix}")
        planted.unlink()
        planted.symlink_to(secret)

    for path in ("result", "result?format=html", "pages/1"):
        problem(attacker.get(f"/api/v1/documents/{document_id}/{path}"), 404, "not-found")


def test_a_worker_cannot_name_the_file_of_another_document_as_a_result(
    attacker: httpx.Client, serve: Callable[..., httpx.Client], services: Services
) -> None:
    victim = serve(tenant="victima")
    theirs = victim.post(UPLOAD, files=files(("a.txt", b"a"))).json()["documents"][0]["document_id"]
    succeed(services, theirs)
    batch = attacker.post(UPLOAD, files=files(("a.txt", b"a"), ("b.txt", b"b"))).json()
    mine, second = (document["document_id"] for document in batch["documents"])
    for document_id, keys in ((mine, f"results/{theirs}.1.json"), (second, f"documents/{theirs}")):
        claim = claim_document(services.ledger, document_id, document_id)
        assert services.ledger.finish(claim, DocumentState.SUCCEEDED, result_key=keys, pages_key=keys)

        for path in ("result", "result?format=html", "pages/1"):
            problem(attacker.get(f"/api/v1/documents/{document_id}/{path}"), 404, "not-found")
    rows = attacker.get(f"/api/v1/batch/{batch['job_id']}/results").json()
    assert [row["result"] for row in rows] == [None, None]
    assert rows[0]["problem"]["detail"] == "The result has been deleted."
