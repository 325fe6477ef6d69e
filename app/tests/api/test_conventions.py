"""Conventions of HTTP that clients rely on."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from decalogo.access.tokens import Scope, Tier
from decalogo.api.rate_limits import RateLimits
from decalogo.api.services import Services
from decalogo.settings import Settings
from tests.api.conftest import problem
from tests.api.uploading import UPLOAD, files, with_options
from tests.api.working import fail, succeed
from tests.claims import claim_document

API = "/api/v1"


def submit(client: httpx.Client, count: int = 1) -> tuple[str, list[str]]:
    batch = client.post(UPLOAD, files=files(*((f"{n}.txt", b"text") for n in range(count)))).json()
    return batch["job_id"], [document["document_id"] for document in batch["documents"]]


def scoped(serve: Callable[..., httpx.Client], services: Services, *scopes: Scope) -> httpx.Client:
    token = services.tokens.create("scoped", Tier.STANDARD, tenant="alcaldia", scopes=frozenset(scopes))
    client = serve()
    client.headers["Authorization"] = f"Bearer {token}"
    return client


@pytest.mark.parametrize(
    ("endings", "outcome"),
    [
        (["succeed", "succeed"], "succeeded"),
        (["succeed", "fail"], "partial"),
        (["succeed", "cancel"], "partial"),
        (["fail", "fail"], "failed"),
        (["fail", "cancel"], "failed"),
        (["cancel", "cancel"], "cancelled"),
    ],
)
def test_a_finished_batch_tells_how_it_ended(
    client: httpx.Client, services: Services, endings: list[str], outcome: str
) -> None:
    job_id, documents = submit(client, 2)
    assert client.get(f"{API}/batch/status/{job_id}").json()["outcome"] is None
    for document_id, ending in zip(documents, endings, strict=True):
        if ending == "cancel":
            client.post(f"{API}/documents/{document_id}/cancel")
        else:
            {"succeed": succeed, "fail": fail}[ending](services, document_id)
    status = client.get(f"{API}/batch/status/{job_id}").json()
    assert (status["state"], status["outcome"]) == ("finished", outcome)


def test_an_unfinished_document_answers_the_same_alone_and_in_its_batch(client: httpx.Client) -> None:
    job_id, (document_id,) = submit(client)
    alone = problem(client.get(f"{API}/documents/{document_id}/result"), 409, "not-ready")
    (row,) = client.get(f"{API}/batch/{job_id}/results").json()
    assert row["result"] is None
    assert row["problem"] == {name: alone[name] for name in row["problem"]}
    assert {"type", "detail", "state", "retry_after"} <= set(row["problem"])


def test_quoted_and_bare_idempotency_keys_are_one(client: httpx.Client) -> None:
    answers = [
        client.post(UPLOAD, files=files(("a", b"1")), headers={"Idempotency-Key": key}).json()["job_id"]
        for key in ("one-key", '"one-key"', '"other"')
    ]
    assert answers[0] == answers[1] != answers[2]


def test_a_missing_scope_is_named_in_the_header(serve: Callable[..., httpx.Client], services: Services) -> None:
    reader = scoped(serve, services, Scope.READ)
    answer = reader.post(UPLOAD, files=files(("a", b"1")))
    problem(answer, 403, "forbidden")
    assert answer.headers["www-authenticate"] == 'Bearer realm="decalogo", error="insufficient_scope", scope="submit"'


def test_a_token_that_may_only_submit_learns_nothing_by_cancelling(
    serve: Callable[..., httpx.Client], services: Services
) -> None:
    submitter = scoped(serve, services, Scope.SUBMIT)
    job_id, (document_id,) = submit(submitter)
    for path in (f"documents/{document_id}/cancel", f"documents/{document_id}/retry",
                 f"batch/{job_id}/cancel", f"batch/{job_id}/retry"):  # fmt: skip
        answer = submitter.post(f"{API}/{path}")
        assert (answer.status_code, answer.content) == (204, b"")
    assert services.ledger.document(document_id).state == "queued"  # type: ignore[union-attr]


def test_a_client_learns_what_became_of_its_webhook(client: httpx.Client, services: Services) -> None:
    plain, _ = submit(client)
    assert client.get(f"{API}/batch/status/{plain}").json()["webhook"] is None
    answer = with_options(client, webhook={"url": "https://example.org/x", "secret": "whsec_" + "A" * 32})
    assert answer.status_code == 202, answer.text
    batch = answer.json()
    status = f"{API}/batch/status/{batch['job_id']}"
    assert client.get(status).json()["webhook"] == {"state": "waiting", "attempts": 0}
    succeed(services, batch["documents"][0]["document_id"])
    assert client.get(status).json()["webhook"] == {"state": "pending", "attempts": 0}
    services.ledger._redis.hset(
        f"batch:{batch['job_id']}", mapping={"webhook_state": "delivered", "webhook_attempts": 2}
    )
    assert client.get(status).json()["webhook"] == {"state": "delivered", "attempts": 2}


def test_a_client_that_waits_as_told_stays_below_its_limit(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings, still: None
) -> None:
    standard = settings.api.standard.model_copy(update={"status_per_minute": 20})
    api = settings.api.model_copy(update={"standard": standard})
    client = serve(services=replace(services, rate_limits=RateLimits(services.ledger._redis, api)))
    job_id, _ = submit(client)
    waits = [int(client.get(f"{API}/batch/status/{job_id}").headers["retry-after"]) for _ in range(20)]
    assert set(waits[:17]) == {3}  # one request per 3 s is 20 per minute
    assert min(waits[18:]) > 50  # nothing is left until the first request is a minute old


def test_exports_have_a_limit_of_their_own(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings
) -> None:
    standard = settings.api.standard.model_copy(update={"exports_per_minute": 2})
    api = settings.api.model_copy(update={"standard": standard})
    client = serve(services=replace(services, rate_limits=RateLimits(services.ledger._redis, api)))
    job_id, (document_id,) = submit(client)
    fail(services, document_id)
    for kind in ("zip", "csv"):
        assert client.get(f"{API}/batch/{job_id}/results", params={"format": kind}).status_code == 200
    answer = client.get(f"{API}/batch/{job_id}/results", params={"format": "zip"})
    assert answer.status_code == 429
    assert problem(answer, 429, "rate-limited")["limit"] == "exports"
    assert int(answer.headers["retry-after"]) >= 1
    for kind in ("json", "jsonl"):
        assert client.get(f"{API}/batch/{job_id}/results", params={"format": kind}).status_code == 200


def test_ranges_of_a_file(client: httpx.Client) -> None:
    batch = client.post(UPLOAD, files=files(("a.txt", b"0123456789"))).json()
    path = f"{API}/documents/{batch['documents'][0]['document_id']}/file"
    part = client.get(path, headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert client.get(path, headers={"Range": "lines=1-2"}).content == b"0123456789"
    beyond = client.get(path, headers={"Range": "bytes=20-"})
    assert problem(beyond, 416, "range-not-satisfiable")["size"] == 10
    assert beyond.headers["content-range"] == "bytes */10"
    changed = client.get(path, headers={"Range": "bytes=2-4", "If-Range": '"other"'})
    assert (changed.status_code, changed.content) == (200, b"0123456789")


def test_a_revoked_token_ends_its_event_stream(client: httpx.Client, services: Services) -> None:
    job_id, (document_id,) = submit(client)
    claim_document(services.ledger, document_id)
    (token,) = services.tokens.list()
    with client.stream("GET", f"{API}/batch/{job_id}/events") as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("data:"))
        services.tokens.revoke(token.token_id)
        assert not [line for line in lines if line.startswith("data:")]


def test_every_path_that_answers_get_answers_head(client: httpx.Client, services: Services) -> None:
    job_id, (document_id,) = submit(client)
    succeed(services, document_id)
    document = client.get(f"{API}/openapi.json").json()
    seen = 0
    for template, operations in document["paths"].items():
        path = template.format(
            job_id=job_id, document_id=document_id, page=1, answer="P1-D1-Q1", share_id="x", slug="not-found"
        )
        if "get" not in operations or path.endswith("/events"):
            continue
        got, head = client.get(path), client.head(path)
        seen += 1
        assert (head.status_code, head.content) == (got.status_code, b""), path
        assert head.headers["content-type"] == got.headers["content-type"], path
    assert seen > 20
    for path in (f"{API}/docs", f"{API}/openapi.json", "/problems/not-found", f"{API}/docs/start.js"):
        assert client.head(path).status_code == client.get(path).status_code == 200, path


def test_an_unknown_method_is_answered_with_a_problem(client: httpx.Client) -> None:
    for method, status in (("FOO", 400), ("PROPFIND", 405), ("TRACE", 405), ("PUT", 405)):
        for path in (f"{API}/batch", f"{API}/docs/assets/swagger-ui.css", f"{API}/docs"):
            answer = client.request(method, path)
            assert answer.headers["content-type"] == "application/problem+json", (method, path)
            assert (json.loads(answer.content)["status"], answer.status_code) == (status, status), (method, path)


def test_what_does_not_change_has_an_etag_and_answers_304(client: httpx.Client, services: Services) -> None:
    job_id, (document_id,) = submit(client)
    succeed(services, document_id)
    document, batch = f"documents/{document_id}", f"batch/{job_id}"
    paths = ["openapi.json", "problems", f"{batch}/documents", f"batch/status/{job_id}", f"{batch}/results?format=csv",
             document, f"{document}/result", f"{document}/file", f"{document}/pages/1"]  # fmt: skip
    for path in paths:
        first = client.get(f"{API}/{path}")
        assert first.status_code == 200, path
        for known in (first.headers["etag"], f'"other", {first.headers["etag"]}', "*"):
            again = client.get(f"{API}/{path}", headers={"If-None-Match": known})
            assert (again.status_code, again.content) == (304, b""), path
            assert again.headers["etag"] == first.headers["etag"].removeprefix("W/")
        assert client.get(f"{API}/{path}", headers={"If-None-Match": '"other"'}).status_code == 200


def test_long_texts_are_compressed_and_files_and_streams_are_not(client: httpx.Client, services: Services) -> None:
    batch = client.post(UPLOAD, files=files(("a.txt", b"text " * 1000))).json()
    document_id = batch["documents"][0]["document_id"]
    succeed(services, document_id, b'{"note":"' + b"x" * 5000 + b'"}')

    with client.stream("GET", f"{API}/documents/{document_id}/result") as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert "accept-encoding" in answer.headers["vary"].lower()
        assert len(b"".join(answer.iter_raw())) < 500
    again = client.get(f"{API}/documents/{document_id}/result", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    plain = client.get(f"{API}/documents/{document_id}/result", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    part = client.get(f"{API}/documents/{document_id}/file", headers={"Range": "bytes=0-3000"})
    assert (part.status_code, len(part.content)) == (206, 3001)
    assert "content-encoding" not in part.headers
    with client.stream("GET", f"{API}/batch/{batch['job_id']}/events") as events:
        assert "content-encoding" not in events.headers
        assert "event: finished" in events.read().decode()
