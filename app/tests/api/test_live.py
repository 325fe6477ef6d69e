"""`decalogo api` as users run it: memory, clients that go away, stopping, logs, the broker."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import redis

from decalogo.access.tokens import Tier
from decalogo.api.services import open_services
from decalogo.settings import AuditSettings, RedisSettings, Settings, StorageSettings
from tests.api.conftest import Live, problem, running, stored_files, wait_until
from tests.conftest import environment

UPLOAD = "/api/v1/batch/upload"
MIB = 1 << 20
HEAD = b'--b\r\nContent-Disposition: form-data; name="files"; filename="big.pdf"\r\n\r\n'
TAIL = b"\r\n--b--\r\n"
FORM = {"Content-Type": "multipart/form-data; boundary=b"}


@pytest.fixture(scope="module")
def process(valkey_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Settings, Live]]:
    """The API process that the tests of this module share."""
    folder = tmp_path_factory.mktemp("live")
    settings = Settings(
        secrets_dir=folder / "secrets",
        redis=RedisSettings(host="127.0.0.1", port=valkey_port),
        storage=StorageSettings(path=folder / "artifacts"),
        audit=AuditSettings(path=folder / "audit"),
    )
    with running(settings, folder / "api.log") as started:
        yield settings, started


@pytest.fixture
def settings(process: tuple[Settings, Live], redis_settings: RedisSettings) -> Settings:
    """Its settings; Redis and the artifact store are empty."""
    for path in stored_files(process[0]):
        path.unlink()
    return process[0]


@pytest.fixture
def live(process: tuple[Settings, Live], settings: Settings) -> Live:
    """The shared process, with a token and a log of this test's own."""
    token = open_services(settings).tokens.create("live", Tier.STANDARD)
    return replace(process[1], token=token, log_start=process[1].log.stat().st_size)


def big_form(mebibytes: int) -> Iterator[bytes]:
    yield HEAD
    block = os.urandom(MIB)
    for _ in range(mebibytes):
        yield block
    yield TAIL


def memory(pid: int, field: str) -> int:
    """Return ``VmRSS`` or ``VmHWM`` (the highest since it was reset) of a process, bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise AssertionError(field)


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="needs Linux to measure peak memory")
def test_an_upload_of_100_mb_does_not_grow_the_process_by_more_than_20_mb(live: Live, settings: Settings) -> None:
    with live.client() as client:
        assert client.post(UPLOAD, files=[("files", ("a.pdf", b"x" * MIB))]).status_code == 202
        (pid,) = live.children()
        before = memory(pid, "VmRSS")
        Path(f"/proc/{pid}/clear_refs").write_text("5")
        assert client.post(UPLOAD, content=big_form(99), headers=FORM).status_code == 202
        grown = memory(pid, "VmHWM") - before
    print(f"a 99 MiB upload grew the process by {grown / MIB:.1f} MiB at its peak")
    assert grown < 20_000_000
    assert max(path.stat().st_size for path in stored_files(settings)) == 99 * MIB


def test_nothing_is_put_into_the_temporary_folder_on_the_way(live: Live, settings: Settings) -> None:
    (pid,) = live.children()
    # The checkout may be under the temporary folder: what the process had open before is not of the upload.
    before, seen = open_files(pid), set[Path]()

    def watched() -> Iterator[bytes]:
        for piece in big_form(5):
            yield piece
            seen.update(open_files(pid))

    with live.client() as client:
        assert client.post(UPLOAD, content=watched(), headers=FORM).status_code == 202
    store = settings.storage.path.resolve()
    written = {path for path in seen - before if path.is_relative_to("/tmp")}
    assert {path for path in written if not path.is_relative_to(store)} == set()
    assert any(path.is_relative_to(store / "incoming") for path in seen)


def open_files(pid: int) -> set[Path]:
    """Return the files that a process holds open."""
    found: set[Path] = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found.add(descriptor.readlink())
    return {path for path in found if path.is_absolute()}


def half_an_upload(live: Live, key: str = "") -> socket.socket:
    """Announce 50 MiB, send one file whole and 3 MiB of another, and keep the connection."""
    host, _, port = live.url.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)))
    head = f"POST {UPLOAD} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {live.token}\r\nContent-Length: {50 * MIB}\r\n"
    if key:
        head += f"Idempotency-Key: {key}\r\n"
    connection.sendall(head.encode() + b"Content-Type: multipart/form-data; boundary=b\r\n\r\n")
    connection.sendall(HEAD + b"whole\r\n" + HEAD + b"x" * (3 * MIB))
    return connection


def test_a_client_that_goes_away_leaves_nothing(live: Live, settings: Settings) -> None:
    with half_an_upload(live):
        wait_until(lambda: len(stored_files(settings)) == 2, 60)
    wait_until(lambda: stored_files(settings) == [], 60, lambda: str(stored_files(settings)))
    wait_until(lambda: '"status": 499' in live.log_text(), 60)
    assert open_services(settings).ledger.depth() == 0
    assert "Traceback" not in live.log_text()


def test_stopping_in_the_middle_of_an_upload_leaves_nothing(settings: Settings, tmp_path: Path) -> None:
    with running(settings, tmp_path / "api.log") as live, half_an_upload(live):
        wait_until(lambda: len(stored_files(settings)) == 2, 60)
        os.kill(live.process.pid, signal.SIGTERM)
        live.process.wait(60)
    assert stored_files(settings) == []
    assert live.process.returncode == 0


def test_a_stream_of_events_does_not_hold_up_the_stop(settings: Settings, tmp_path: Path) -> None:
    patient = {"DECALOGO_API__GRACEFUL_SECONDS": "100"}
    with running(settings, tmp_path / "api.log", patient) as live, live.client() as client:
        job_id = client.post(UPLOAD, files=[("files", ("a.txt", b"x"))]).json()["job_id"]
        with client.stream("GET", f"/api/v1/batch/{job_id}/events") as answer:
            lines = answer.iter_lines()
            seen = [next(lines) for _ in range(3)]
            os.kill(live.process.pid, signal.SIGTERM)
            assert [line for line in lines if line.startswith("event:")] == []  # it ends, whole
        assert live.process.wait(60) == 0
    assert "event: progress" in seen


def test_a_refusal_reaches_a_client_that_is_still_sending(live: Live) -> None:
    with live.client() as client:
        client.headers["Authorization"] = "Bearer nonsense"
        problem(client.post(UPLOAD, content=big_form(30), headers=FORM), 401, "unauthorized")
        client.headers["Authorization"] = f"Bearer {live.token}"
        too_much = b"x" * (120 * MIB)
        problem(client.post(UPLOAD, content=too_much, headers=FORM), 413, "payload-too-large")
        assert client.get("/api/v1/batch").status_code == 200


def test_a_body_that_never_says_its_length_is_cut_at_the_limit(live: Live, settings: Settings) -> None:
    with live.client() as client:
        answer = client.post(UPLOAD, content=big_form(101), headers=FORM)
    problem(answer, 413, "payload-too-large")
    assert stored_files(settings) == []


def test_documents_are_announced_to_the_workers(live: Live, settings: Settings) -> None:
    with live.client() as client:
        answer = client.post(UPLOAD, files=[("files", (f"{n}.txt", b"x")) for n in range(3)])
    documents = [document["document_id"] for document in answer.json()["documents"]]
    with redis.Redis(port=settings.redis.port, db=settings.redis.broker_db, decode_responses=True) as broker:
        messages = [m for key in broker.keys("*") if broker.type(key) == "list" for m in broker.lrange(key, 0, -1)]
    announced = [json.loads(base64.b64decode(json.loads(message)["body"]))[0][0] for message in messages]
    assert sorted(announced) == sorted(documents)


def test_the_log_is_json_with_ids_and_without_secrets(live: Live) -> None:
    with live.client() as client:
        client.post(UPLOAD, files=[("files", ("a.txt", b"PLANTED-DOCUMENT-TEXT"))], headers={"X-Request-ID": "mine-7"})
        client.get("/api/v1/batch", headers={"Authorization": "Bearer dcl_planted_" + "s3cr3t" * 9})

    def is_logged(part: str) -> bool:  # the line of a request follows its answer, also that of the test before
        return any('"message": "request"' in line and part in line for line in live.log_text().splitlines())

    wait_until(lambda: is_logged('"request_id": "mine-7"') and is_logged('"status": 401'), 60)
    text = live.log_text()
    lines = [json.loads(line) for line in text.splitlines()]
    (upload,) = [line for line in lines if line["message"] == "request" and line["request_id"] == "mine-7"]
    assert (upload["request_id"], upload["status"], upload["tenant"]) == ("mine-7", 202, "live")
    assert "mine-7" in {line["request_id"] for line in lines if line["message"] == "batch accepted"}
    for secret in (live.token.split("_")[2], "s3cr3t", "PLANTED-DOCUMENT-TEXT"):
        assert secret not in text


def test_a_token_made_and_revoked_by_command_works_and_stops_working(live: Live, settings: Settings) -> None:
    def decalogo(*words: str) -> str:
        command = [str(Path(sys.executable).parent / "decalogo"), "token", *words]
        return subprocess.run(command, env=environment(settings), check=True, capture_output=True, text=True).stdout

    made = decalogo("create", "personería", "--tier", "premium", "--days", "2")
    assert made == made.strip() + "\n"
    headers = {"Authorization": f"Bearer {made.strip()}"}
    assert httpx.get(f"{live.url}/api/v1/batch", headers=headers, trust_env=False, timeout=60).status_code == 200
    decalogo("revoke", made.split("_")[1])
    assert httpx.get(f"{live.url}/api/v1/batch", headers=headers, trust_env=False, timeout=60).status_code == 401
