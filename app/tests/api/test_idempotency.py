"""`Idempotency-Key`: an upload that is sent again is accepted once, whatever happened to its answer."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import httpx
import pytest
import redis

from decalogo.api.services import Services
from decalogo.batches.idempotency import RECORD_SECONDS, record_name
from decalogo.settings import Settings
from tests.api.conftest import Live, problem, stored_files, wait_until
from tests.api.test_live import half_an_upload
from tests.api.uploading import UPLOAD, files
from tests.api.working import succeed

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
TEXTS: dict[str, Any] = {"documents": [{"id": "a", "content": "plan a"}, {"content": "plan b"}]}


def test_the_same_upload_again_gets_the_same_answer_and_leaves_no_second_batch(
    client: httpx.Client, services: Services, settings: Settings, published: Any
) -> None:
    first = client.post(UPLOAD, json=TEXTS, headers=KEY)
    stored, sent = stored_files(settings), list(published.pairs)
    for document in first.json()["documents"]:
        succeed(services, document["document_id"])
    second = client.post(UPLOAD, json=TEXTS, headers=KEY)
    assert (first.status_code, second.status_code) == (202, 202)
    assert second.json() == first.json()
    assert second.headers["location"] == first.headers["location"]
    assert {path for path in stored_files(settings) if "documents" in path.parts} == set(stored)
    assert published.pairs == sent
    assert len(services.ledger.batches("alcaldia")) == 1


def test_a_form_is_the_same_whatever_its_boundary(client: httpx.Client) -> None:
    first, second = (client.post(UPLOAD, files=files(("a.pdf", b"x"), ("b.pdf", b"y")), headers=KEY) for _ in range(2))
    assert first.request.headers["content-type"] != second.request.headers["content-type"]
    assert second.json()["job_id"] == first.json()["job_id"]


@pytest.mark.parametrize(
    "other",
    [
        {"documents": [{"id": "a", "content": "plan a"}]},
        {"documents": [{"id": "a", "content": "plan a"}, {"content": "plan c"}]},
        {"documents": [{"id": "b", "content": "plan a"}, {"content": "plan b"}]},
        {**TEXTS, "options": {"priority": "low"}},
    ],
    ids=["fewer", "another content", "another own id", "another option"],
)
def test_the_key_of_another_upload_is_refused(
    client: httpx.Client, settings: Settings, services: Services, other: dict[str, Any]
) -> None:
    assert client.post(UPLOAD, json=TEXTS, headers=KEY).status_code == 202
    stored = stored_files(settings)
    problem(client.post(UPLOAD, json=other, headers=KEY), 422, "idempotency-key-reused")
    assert stored_files(settings) == stored
    assert len(services.ledger.batches("alcaldia")) == 1


def test_two_tenants_may_have_one_key(serve: Callable[..., httpx.Client]) -> None:
    jobs = {serve(tenant=t).post(UPLOAD, json=TEXTS, headers=KEY).json()["job_id"] for t in ("one", "two")}
    assert len(jobs) == 2


def test_a_refused_upload_does_not_use_up_its_key(client: httpx.Client) -> None:
    wrong = {**TEXTS, "options": {"rubric": "nonesuch"}}
    problem(client.post(UPLOAD, json=wrong, headers=KEY), 422, "body-invalid")
    assert client.post(UPLOAD, json=TEXTS, headers=KEY).status_code == 202


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_a_key_must_be_sound(client: httpx.Client, key: str) -> None:
    assert client.post(UPLOAD, json=TEXTS, headers={"Idempotency-Key": key}).status_code == 422


def test_two_keys_are_refused(client: httpx.Client) -> None:
    twice = [("Idempotency-Key", "one"), ("Idempotency-Key", "two")]
    problem(client.post(UPLOAD, json=TEXTS, headers=twice), 400, "request-invalid")


def test_the_key_is_kept_for_a_day_and_goes_with_its_batch(
    client: httpx.Client, settings: Settings, valkey_port: int
) -> None:
    job_id = client.post(UPLOAD, json=TEXTS, headers=KEY).json()["job_id"]
    record = record_name("alcaldia", KEY["Idempotency-Key"])
    with redis.Redis(port=valkey_port, db=settings.redis.ledger_db) as ledger:
        assert RECORD_SECONDS - 60 < ledger.ttl(record) <= RECORD_SECONDS
        assert not ledger.exists(f"{record}:lock")
        client.delete(f"/api/v1/batch/{job_id}")
        assert not ledger.exists(record)
    again = client.post(UPLOAD, json=TEXTS, headers=KEY)
    assert again.status_code == 202
    assert again.json()["job_id"] != job_id


def test_what_was_accepted_is_answered_even_when_there_is_no_room_any_more(
    client: httpx.Client, services: Services, settings: Settings, valkey_port: int
) -> None:
    first = client.post(UPLOAD, json=TEXTS, headers=KEY).json()
    with redis.Redis(port=valkey_port, db=settings.redis.ledger_db) as ledger:
        ledger.hset("unfinished", "alcaldia", 10_000)
    problem(client.post(UPLOAD, json=TEXTS), 429, "quota-exceeded")
    assert client.post(UPLOAD, json=TEXTS, headers=KEY).json() == first


def test_an_upload_under_way_refuses_its_twin_and_a_dead_process_frees_the_key(
    live: Live, settings: Settings, valkey_port: int
) -> None:
    with half_an_upload(live, KEY["Idempotency-Key"]), live.client() as client:
        wait_until(lambda: len(stored_files(settings)) == 2, 60)
        answer = client.post(UPLOAD, json=TEXTS, headers=KEY)
        problem(answer, 409, "idempotency-key-in-use")
        assert int(answer.headers["retry-after"]) >= 1
        (pid,) = live.children()
        os.kill(pid, signal.SIGKILL)
        held = f"{record_name('live', KEY['Idempotency-Key'])}:lock"
        with redis.Redis(port=valkey_port, db=settings.redis.ledger_db) as ledger:
            wait_until(lambda: not ledger.exists(held), 60)
        wait_until(lambda: bool(live.children()), 60)
        assert client.post(UPLOAD, json=TEXTS, headers=KEY).status_code == 202
