"""Handing in a batch: what is accepted is durable, what is refused leaves nothing behind."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import redis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from decalogo.api.services import Services
from decalogo.batches.ledger import Ledger
from decalogo.batches.states import NewDocument, Options, Priority
from decalogo.connections import connect
from decalogo.ids import new_id
from decalogo.settings import Settings
from tests.api.conftest import Published, problem, stored_files

UPLOAD = "/api/v1/batch/upload"
PDF = b"%PDF-1.7 not much of one"


def files(*named: tuple[str, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [("files", pair) for pair in named]


def with_options(client: httpx.Client, **options: Any) -> httpx.Response:
    return client.post(UPLOAD, files=files(("a.pdf", PDF)), data={"options": json.dumps(options)})


def raw_form(filename: bytes, content: bytes = PDF) -> dict[str, Any]:
    """A form as a client without manners writes it."""
    body = b'--b\r\nContent-Disposition: form-data; name="files"; filename="' + filename + b'"\r\n\r\n' + content
    return {"content": body + b"\r\n--b--\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=b"}}


# -- accepted ---------------------------------------------------------------------------------------------------------


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
    assert published.pairs == [(document.document_id, "normal") for document in recorded]


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
    assert [lane for _, lane in published.pairs] == ["high"]


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


@given(
    sizes=st.lists(st.integers(0, 5000) | st.integers(250_000, 600_000), min_size=1, max_size=4),
    piece=st.integers(1000, 70_000),
)
@hypothesis_settings(deadline=None, max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_body_in_any_pieces_gives_the_same_files(
    client: httpx.Client, services: Services, sizes: list[int], piece: int
) -> None:
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


# -- refused ----------------------------------------------------------------------------------------------------------


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


def test_a_batch_that_could_not_be_recorded_leaves_nothing(
    serve: Callable[..., httpx.Client], services: Services, nothing_left: Nothing
) -> None:
    class NeverRecords(Ledger):
        def admit(self, *_given: Any, **_more: Any) -> None:
            raise redis.ConnectionError("gone before the question")

    deaf = NeverRecords(connect(services.settings.redis, services.settings.redis.ledger_db), services.settings.queue)
    answer = serve(services=replace(services, ledger=deaf)).post(UPLOAD, files=files(("a.pdf", PDF)))
    problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
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
