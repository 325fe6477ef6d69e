"""What is accepted is durable, and is exactly what was sent."""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from decalogo.api.services import Services
from decalogo.batches.ledger import Ledger
from decalogo.batches.states import Options, Priority
from decalogo.connections import connect
from decalogo.retention import Retention
from decalogo.settings import Settings
from tests.api.conftest import Published, problem, stored_files
from tests.api.uploading import PDF, UPLOAD, files, raw_form, with_options


def test_files_become_a_batch_in_the_ledger_with_their_bytes_in_the_store(
    client: httpx.Client, services: Services, published: Published
) -> None:
    answer = client.post(UPLOAD, files=files(("a.pdf", PDF), ("b.txt", b"texto")))
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert body["state"] == "queued"
    assert answer.headers["location"] == f"/api/v1/batch/status/{body['job_id']}" == body["links"]["status"]
    assert int(answer.headers["retry-after"]) >= 1
    assert [document["filename"] for document in body["documents"]] == ["a.pdf", "b.txt"]
    assert [document["custom_id"] for document in body["documents"]] == [None, None]

    batch = services.ledger.batch(body["job_id"])
    assert batch is not None
    assert (batch.tenant, batch.counts["total"], batch.counts["queued"]) == ("alcaldia", 2, 2)
    recorded = services.ledger.documents(body["job_id"])
    assert [document.document_id for document in recorded] == [
        document["document_id"] for document in body["documents"]
    ]
    for document, content in zip(recorded, (PDF, b"texto"), strict=True):
        assert services.store.read(f"documents/{document.document_id}") == content
        assert (document.size, document.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    assert published.pairs == [(document.document_id, "decalogo_batch_tasks") for document in recorded]


def test_options_reach_the_ledger(serve: Callable[..., httpx.Client], services: Services, published: Published) -> None:
    answer = with_options(
        serve(tier="premium"),
        rubric="decalogo",
        priority="high",
        not_applicable={"P9": "no hay cárcel"},
        custom_ids=["18001"],
    )
    assert answer.status_code == 202, answer.text
    batch = services.ledger.batch(answer.json()["job_id"])
    assert batch is not None
    assert batch.options == Options("decalogo", Priority.HIGH, {"P9": "no hay cárcel"})
    assert answer.json()["documents"][0]["custom_id"] == "18001"
    assert services.ledger.documents(batch.job_id)[0].custom_id == "18001"
    assert [queue for _, queue in published.pairs] == ["high_priority"]


def test_points_may_be_given_without_reasons(client: httpx.Client, services: Services) -> None:
    batch = services.ledger.batch(with_options(client, not_applicable=["P9", "P10"]).json()["job_id"])
    assert batch is not None
    assert batch.options.not_applicable == {"P9": "", "P10": ""}


def test_options_may_come_before_the_files(client: httpx.Client) -> None:
    parts = [("options", (None, b'{"custom_ids": ["x"]}')), ("files", ("a.pdf", PDF))]
    answer = client.post(UPLOAD, files=parts)
    assert answer.json()["documents"][0]["custom_id"] == "x"


def test_texts_may_stand_in_the_request(client: httpx.Client, services: Services) -> None:
    documents = [{"id": "uno", "content": "Línea base ﬁable 🙂"}, {"content": "dos"}]
    answer = client.post(UPLOAD, json={"documents": documents, "options": {"priority": "low"}})
    assert answer.status_code == 202, answer.text
    accepted = answer.json()["documents"]
    assert [(d["custom_id"], d["filename"]) for d in accepted] == [("uno", "uno"), (None, "document-2")]
    assert services.store.read(f"documents/{accepted[0]['document_id']}").decode() == "Línea base ﬁable 🙂"


def test_two_files_of_one_name_are_two_documents(client: httpx.Client) -> None:
    accepted = client.post(UPLOAD, files=files(("plan.pdf", b"1"), ("plan.pdf", b"2"))).json()["documents"]
    assert [document["filename"] for document in accepted] == ["plan.pdf", "plan.pdf"]
    assert len({document["document_id"] for document in accepted}) == 2


def test_an_empty_file_does_not_cost_the_others(client: httpx.Client, services: Services) -> None:
    answer = client.post(UPLOAD, files=files(("empty.pdf", b""), ("a.pdf", PDF)))
    assert answer.status_code == 202, answer.text
    assert [document.size for document in services.ledger.documents(answer.json()["job_id"])] == [0, len(PDF)]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (b"../../etc/passwd", "passwd"),
        (b"..\\\\..\\\\boot.ini", "boot.ini"),
        (b"plan\x00.pdf", "plan.pdf"),
        ("plan\u202efdp.exe".encode(), "planfdp.exe"),
        (b"a" * 4096 + b".pdf", "a" * 195 + "….pdf"),
        (b"..", "document-1"),
        (b"", "document-1"),
    ],
)
def test_a_hostile_name_is_cleaned_and_never_a_path(
    client: httpx.Client, settings: Settings, sent: bytes, shown: str
) -> None:
    answer = client.post(UPLOAD, **raw_form(sent))
    assert answer.status_code == 202, answer.text
    document = answer.json()["documents"][0]
    assert document["filename"] == shown
    assert [path.name for path in stored_files(settings)] == [document["document_id"]]


def test_a_thousand_small_files_keep_their_order(serve: Callable[..., httpx.Client], services: Services) -> None:
    many = files(*((f"{n}.txt", f"plan {n}".encode()) for n in range(1000)))
    accepted = serve(tier="premium").post(UPLOAD, files=many).json()
    assert [document["filename"] for document in accepted["documents"]] == [f"{n}.txt" for n in range(1000)]
    last = accepted["documents"][-1]["document_id"]
    assert services.store.read(f"documents/{last}") == b"plan 999"


def test_a_publisher_that_fails_is_only_a_delay(serve: Callable[..., httpx.Client], services: Services) -> None:
    def fail(_documents: object) -> None:
        raise ConnectionError("broker away")

    answer = serve(services=replace(services, publish=fail)).post(UPLOAD, files=files(("a.pdf", PDF)))
    assert answer.status_code == 202
    assert services.ledger.depth() == 1


@pytest.fixture
def busy_client(serve: Callable[..., httpx.Client]) -> httpx.Client:
    """A client that may upload often enough for many examples."""
    return serve(tier="premium")


@given(
    sizes=st.lists(st.integers(0, 5000) | st.integers(250_000, 600_000), min_size=1, max_size=4),
    piece=st.integers(1000, 70_000),
)
@hypothesis_settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_body_in_any_pieces_gives_the_same_files(
    busy_client: httpx.Client, services: Services, sizes: list[int], piece: int
) -> None:
    client = busy_client
    # Made of the border's own characters, so that many pieces end in what looks like a border.
    contents = [bytes(random.Random(size).choices(b"\r\n-abcdef0123456789", k=size)) for size in sizes]
    request = client.build_request("POST", UPLOAD, files=files(*((f"{i}", c) for i, c in enumerate(contents))))
    body = request.read()
    chunked = client.post(
        UPLOAD,
        content=(body[i : i + piece] for i in range(0, len(body), piece)),
        headers={"Content-Type": request.headers["content-type"]},
    )
    assert chunked.status_code == 202, chunked.text
    recorded = services.ledger.documents(chunked.json()["job_id"])
    assert [document.sha256 for document in recorded] == [hashlib.sha256(content).hexdigest() for content in contents]
    for document in recorded:
        stored = services.store.read(f"documents/{document.document_id}")
        assert hashlib.sha256(stored).hexdigest() == document.sha256


def test_a_batch_that_is_recorded_after_it_was_asked_about_has_its_files(
    serve: Callable[..., httpx.Client], services: Services
) -> None:
    held: list[Callable[[], None]] = []

    class InTheKernelsBuffer(Ledger):
        def admit(self, *given: Any, **more: Any) -> None:
            held.append(lambda: super(InTheKernelsBuffer, self).admit(*given, **more))
            raise redis.ConnectionError("cut off")

    cut = InTheKernelsBuffer(
        connect(services.settings.redis, services.settings.redis.ledger_db), services.settings.queue
    )
    assert serve(services=replace(services, ledger=cut)).post(UPLOAD, files=files(("a.pdf", PDF))).status_code == 503
    held[0]()
    (batch,) = services.ledger.batches("alcaldia")
    (document,) = services.ledger.documents(batch.job_id)
    assert services.store.read(f"documents/{document.document_id}") == PDF


@pytest.mark.parametrize("swept", [False, True])
def test_the_sweeps_grace_begins_when_the_upload_has_ended(
    serve: Callable[..., httpx.Client], services: Services, monkeypatch: pytest.MonkeyPatch, swept: bool
) -> None:
    retention = Retention(services.ledger, services.store, services.settings.storage)
    sweeps = list[int]()
    long_ago = time.time() - 10 * services.settings.storage.orphan_grace_seconds

    def after_a_long_upload(path: Path, *_given: Any) -> bool:
        os.utime(path, (long_ago, long_ago))
        if swept:
            sweeps.append(retention.sweep_orphans())
        return False

    class SweptBefore(Ledger):
        def admit(self, *given: Any, **more: Any) -> None:
            sweeps.append(retention.sweep_orphans())
            super().admit(*given, **more)

    monkeypatch.setattr("decalogo.api.upload.submit.is_large", after_a_long_upload)
    ledger = SweptBefore(connect(services.settings.redis, services.settings.redis.ledger_db), services.settings.queue)
    answer = serve(services=replace(services, ledger=ledger)).post(UPLOAD, files=files(("a.pdf", PDF)))
    assert sweeps == [int(swept)]
    if swept:
        assert "orphan_grace_seconds" in problem(answer, 503, "unavailable")["detail"]
        assert services.ledger.depth() == 0
    else:
        assert services.store.read(f"documents/{answer.json()['documents'][0]['document_id']}") == PDF


def test_a_batch_whose_recording_was_confirmed_too_late_keeps_its_files(
    serve: Callable[..., httpx.Client], services: Services
) -> None:
    class AnswerLost(Ledger):
        def admit(self, *given: Any, **more: Any) -> None:
            super().admit(*given, **more)
            raise redis.ConnectionError("gone before the answer")

    lossy = AnswerLost(connect(services.settings.redis, services.settings.redis.ledger_db), services.settings.queue)
    answer = serve(services=replace(services, ledger=lossy)).post(UPLOAD, files=files(("a.pdf", PDF)))
    assert answer.status_code == 202, answer.text
    assert services.store.read(f"documents/{answer.json()['documents'][0]['document_id']}") == PDF
