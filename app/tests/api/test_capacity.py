"""An upload that the queue, the tenant's quota or the disk has no room for is refused, and leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import redis

from decalogo.api.services import Services
from decalogo.batches.ledger import Ledger
from decalogo.batches.states import NewDocument, Options
from decalogo.connections import connect
from decalogo.ids import new_id
from decalogo.retention import Retention
from decalogo.settings import Settings
from tests.api.conftest import Nothing, problem, stored_files
from tests.api.uploading import PDF, UPLOAD, files


def ledger_with_room_for(services: Services, documents: int) -> Ledger:
    settings = services.settings
    queue = settings.queue.model_copy(update={"max_depth": documents})
    return Ledger(connect(settings.redis, settings.redis.ledger_db), queue)


def fill(services: Services, documents: int, tenant: str = "alcaldia") -> None:
    waiting = [NewDocument(new_id("doc"), "a", "", "0" * 64, 1) for _ in range(documents)]
    services.ledger.admit(new_id("batch"), tenant, Options(), waiting)


def test_a_full_queue_refuses_before_the_body_is_read(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings
) -> None:
    fill(services, 2)
    client = serve(services=replace(services, ledger=ledger_with_room_for(services, 2)))
    answer = client.post(UPLOAD, content=b"no form", headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert problem(answer, 503, "unavailable")["limit"] == "queue-depth"
    assert int(answer.headers["retry-after"]) >= 1
    assert stored_files(settings) == []


def test_a_tenant_with_too_many_unfinished_documents_is_refused_alone(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings
) -> None:
    standard = settings.api.standard.model_copy(update={"unfinished_documents": 2})
    api = settings.api.model_copy(update={"standard": standard})
    limited = replace(services, settings=settings.model_copy(update={"api": api}))
    fill(services, 1)
    client = serve(services=limited)
    assert client.post(UPLOAD, files=files(("a", b"1"))).status_code == 202
    answer = client.post(UPLOAD, files=files(("a", b"1"), ("b", b"2")))
    assert problem(answer, 429, "quota-exceeded")["limit"] == "tenant-documents"
    assert int(answer.headers["retry-after"]) >= 1
    assert len(stored_files(settings)) == 1
    assert serve(services=limited, tenant="vecino").post(UPLOAD, files=files(("a", b"1"))).status_code == 202


@pytest.mark.parametrize(("limit", "most"), [("stored_documents", 1), ("stored_bytes", 5)])
def test_a_tenant_that_stores_too_much_is_refused_until_it_deletes(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings, limit: str, most: int
) -> None:
    standard = settings.api.standard.model_copy(update={limit: most})
    api = settings.api.model_copy(update={"standard": standard})
    client = serve(services=replace(services, settings=settings.model_copy(update={"api": api})))
    first = client.post(UPLOAD, files=files(("a", b"12345"))).json()["job_id"]
    client.post(f"/api/v1/batch/{first}/cancel")

    refusal = problem(client.post(UPLOAD, files=files(("b", b"1"))), 429, "quota-exceeded")

    assert refusal["limit"] == limit.replace("_", "-")
    assert len(stored_files(settings)) == 1
    assert client.delete(f"/api/v1/batch/{first}").status_code == 204
    assert client.post(UPLOAD, files=files(("b", b"1"))).status_code == 202


def test_a_batch_that_could_not_be_recorded_leaves_only_files_for_the_sweep(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings, nothing_left: Nothing
) -> None:
    class NeverRecords(Ledger):
        def admit(self, *_given: Any, **_more: Any) -> None:
            raise redis.ConnectionError("gone before the question")

    deaf = NeverRecords(connect(services.settings.redis, services.settings.redis.ledger_db), services.settings.queue)
    answer = serve(services=replace(services, ledger=deaf)).post(UPLOAD, files=files(("a.pdf", PDF)))
    problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    storage = settings.storage.model_copy(update={"orphan_grace_seconds": -5})
    assert Retention(services.ledger, services.store, storage).sweep_orphans() == 1
    nothing_left()


def test_a_batch_that_finds_the_queue_full_after_its_upload_leaves_nothing(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings
) -> None:
    almost_full = replace(services, ledger=ledger_with_room_for(services, 1))
    answer = serve(services=almost_full).post(UPLOAD, files=files(("a", b"1"), ("b", b"2")))
    problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert stored_files(settings) == []
    assert services.ledger.depth() == 0


def test_a_full_disk_refuses_before_the_body_is_read(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings, nothing_left: Nothing
) -> None:
    storage = settings.storage.model_copy(update={"min_free_bytes": 1 << 60})
    full = replace(services, settings=settings.model_copy(update={"storage": storage}))
    answer = serve(services=full).post(UPLOAD, files=files(("a.pdf", PDF)))
    assert problem(answer, 503, "unavailable")["limit"] == "disk"
    assert int(answer.headers["retry-after"]) >= 1
    nothing_left()
