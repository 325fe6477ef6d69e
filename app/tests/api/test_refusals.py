"""What is refused says what and where, and leaves nothing behind."""

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
from tests.api.conftest import Published, problem, stored_files
from tests.api.uploading import PDF, UPLOAD, files, raw_form, with_options


@pytest.fixture
def nothing_left(settings: Settings, services: Services, published: Published) -> Callable[[], None]:
    """Return a check that a refused upload has left no trace."""

    def check() -> None:
        assert stored_files(settings) == []
        assert services.ledger.depth() == 0
        assert services.ledger.batches("alcaldia") == []
        assert published.pairs == []

    return check


Nothing = Callable[[], None]


@pytest.mark.parametrize(
    ("options", "where", "hint"),
    [
        ({"rubric": "nonesuch"}, "options.rubric", "decalogo"),
        ({"rubric": "../../etc/passwd"}, "options.rubric", "decalogo"),
        ({"rubric": ""}, "options.rubric", "decalogo"),
        ({"not_applicable": ["P11"]}, "options.not_applicable", "P10"),
        ({"not_applicable": {"P1": "r", "Q": "r"}}, "options.not_applicable", "'Q'"),
        ({"custom_ids": ["a", "b"]}, "options.custom_ids", "2 ids for 1 files"),
        ({"custom_ids": []}, "options.custom_ids", "0 ids for 1 files"),
        ({"custom_ids": [""]}, "options.custom_ids[0]", "visible"),
        ({"custom_ids": ["x" * 201]}, "options.custom_ids[0]", "200"),
        ({"custom_ids": [7]}, "options.custom_ids[0]", "string"),
        ({"priority": "urgent"}, "options.priority", "'high', 'normal' or 'low'"),
        ({"rubrik": "decalogo"}, "options.rubrik", "not permitted"),
    ],
)
def test_a_wrong_option_is_refused_with_what_and_where(
    client: httpx.Client, nothing_left: Nothing, options: dict[str, Any], where: str, hint: str
) -> None:
    body = problem(with_options(client, **options), 422, "body-invalid")
    assert body["errors"][0]["where"] == where
    assert hint in body["errors"][0]["detail"]
    nothing_left()


def test_ids_that_are_there_twice_are_refused(client: httpx.Client, nothing_left: Nothing) -> None:
    answer = client.post(
        UPLOAD, files=files(("a", b"1"), ("b", b"2"), ("c", b"3")), data={"options": '{"custom_ids": ["x", "y", "x"]}'}
    )
    body = problem(answer, 422, "body-invalid")
    assert body["errors"] == [{"where": "options.custom_ids[2]", "detail": "'x' is also the id of file 0"}]
    nothing_left()


@pytest.mark.parametrize("options", [b"{", b"{'a': 1}", b"\xff", b"[" * 10_000, b'{"rubric": NaN}', b""])
def test_options_that_are_not_json_are_refused_with_line_and_column(
    client: httpx.Client, nothing_left: Nothing, options: bytes
) -> None:
    answer = client.post(UPLOAD, files=[*files(("a.pdf", PDF)), ("options", (None, options))])
    body = problem(answer, 400, "request-invalid")
    assert body["line"] >= 1
    assert f"line {body['line']}, column {body['column']}" in body["detail"]
    nothing_left()


@pytest.mark.parametrize("options", [b"[]", b"1", b'"a"', b"null"])
def test_options_that_are_no_object_are_refused(client: httpx.Client, nothing_left: Nothing, options: bytes) -> None:
    answer = client.post(UPLOAD, files=[*files(("a.pdf", PDF)), ("options", (None, options))])
    assert problem(answer, 422, "body-invalid")["errors"][0]["where"] == "options"
    nothing_left()


def test_options_given_twice_are_refused(client: httpx.Client, nothing_left: Nothing) -> None:
    twice = [("options", (None, b"{}")), ("options", (None, b"{}"))]
    problem(client.post(UPLOAD, files=[*files(("a.pdf", PDF)), *twice]), 422, "body-invalid")
    nothing_left()


def test_options_without_end_are_refused(client: httpx.Client, nothing_left: Nothing) -> None:
    long = b'{"rubric": "' + b"x" * (2 << 20)
    problem(client.post(UPLOAD, files=[*files(("a.pdf", PDF)), ("options", (None, long))]), 413, "payload-too-large")
    nothing_left()


def test_an_unknown_field_is_refused_by_name(client: httpx.Client, nothing_left: Nothing) -> None:
    answer = client.post(UPLOAD, files=files(("a.pdf", PDF)), data={"opciones": "{}"})
    assert problem(answer, 422, "body-invalid")["errors"][0]["where"] == "opciones"
    nothing_left()


def test_a_batch_without_documents_is_refused(client: httpx.Client, nothing_left: Nothing) -> None:
    body = problem(client.post(UPLOAD, files=[("options", (None, b"{}"))]), 422, "body-invalid")
    assert body["errors"][0]["where"] == "files"
    body = problem(client.post(UPLOAD, json={"documents": []}), 422, "body-invalid")
    assert body["errors"][0]["where"] == "documents"
    nothing_left()


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"options": {}}, "documents"),
        ({"documents": [{"id": "a"}]}, "documents[0].content"),
        ({"documents": [{"content": 7}]}, "documents[0].content"),
        ({"documents": [{"content": "x", "name": "y"}]}, "documents[0].name"),
        ({"documents": "x"}, "documents"),
        ({"documents": [{"content": "x"}], "option": {}}, "option"),
        ({"documents": [{"id": "a", "content": "x"}, {"id": "a", "content": "y"}]}, "documents.id[1]"),
        ({"documents": [{"id": "a\nb", "content": "x"}]}, "documents.id[0]"),
        ({"documents": [{"content": "x"}], "options": {"custom_ids": ["a"]}}, "options.custom_ids"),
        ({"documents": [{"content": "x"}], "options": {"rubric": "nonesuch"}}, "options.rubric"),
        ([], "body"),
    ],
)
def test_a_wrong_json_body_is_refused_with_what_and_where(
    client: httpx.Client, nothing_left: Nothing, body: object, where: str
) -> None:
    assert problem(client.post(UPLOAD, json=body), 422, "body-invalid")["errors"][0]["where"] == where
    nothing_left()


@pytest.mark.parametrize(
    "body", [b'{"documents":\n [,]}', b"", b"[" * 10_000, b'{"documents": [{"content": "\\ud800"}]}']
)
def test_a_body_that_is_not_json_is_refused_with_line_and_column(
    client: httpx.Client, nothing_left: Nothing, body: bytes
) -> None:
    answer = client.post(UPLOAD, content=body, headers={"Content-Type": "application/json"})
    assert problem(answer, 400, "request-invalid")["line"] >= 1
    nothing_left()


def test_more_documents_than_the_tier_allows_are_refused_by_name_of_the_limit(
    client: httpx.Client, serve: Callable[..., httpx.Client], nothing_left: Nothing
) -> None:
    many = files(*((f"{n}.txt", b"x") for n in range(51)))
    body = problem(client.post(UPLOAD, files=many), 403, "forbidden")
    assert (body["limit"], body["allowed"]) == ("documents_per_batch", 50)
    inline = {"documents": [{"content": "x"}] * 51}
    assert problem(client.post(UPLOAD, json=inline), 403, "forbidden")["limit"] == "documents_per_batch"
    nothing_left()
    assert serve(tier="premium").post(UPLOAD, files=many).status_code == 202


def test_a_priority_the_tier_may_not_ask_for_is_refused(client: httpx.Client, nothing_left: Nothing) -> None:
    body = problem(with_options(client, priority="high"), 403, "forbidden")
    assert (body["limit"], body["allowed"]) == ("priorities", ["normal", "low"])
    nothing_left()


def smaller(services: Services, **limits: int) -> Services:
    api = services.settings.api.model_copy(update=limits)
    return replace(services, settings=services.settings.model_copy(update={"api": api}))


def test_a_body_over_the_limit_is_refused(
    serve: Callable[..., httpx.Client], services: Services, nothing_left: Nothing
) -> None:
    client = serve(services=smaller(services, max_upload_bytes=1 << 20, max_json_bytes=1000))
    big = files(("big.pdf", b"x" * (1 << 20)))
    assert problem(client.post(UPLOAD, files=big), 413, "payload-too-large")["limit"] == 1 << 20
    request = client.build_request("POST", UPLOAD, files=big)
    body = request.read()
    unannounced = client.post(
        UPLOAD,
        content=(body[i : i + 65536] for i in range(0, len(body), 65536)),
        headers={"Content-Type": request.headers["content-type"]},
    )
    problem(unannounced, 413, "payload-too-large")
    problem(client.post(UPLOAD, json={"documents": [{"content": "x" * 1000}]}), 413, "payload-too-large")
    nothing_left()


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "application/pdf"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        {},
    ],
)
def test_another_type_of_body_is_refused(client: httpx.Client, nothing_left: Nothing, headers: dict[str, str]) -> None:
    problem(client.post(UPLOAD, content=b"x", headers=headers), 415, "media-type-unsupported")
    nothing_left()


def test_a_form_cut_short_is_refused(client: httpx.Client, nothing_left: Nothing) -> None:
    form = raw_form(b"a.pdf")
    form["content"] = form["content"][:-10]
    assert "closing boundary" in problem(client.post(UPLOAD, **form), 400, "request-invalid")["detail"]
    nothing_left()


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
