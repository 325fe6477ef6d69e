"""Cancel, retry, delete: what a submitter may do to a batch that is in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest
import redis

from decalogo.access.tokens import Scope, Tier
from decalogo.api.services import Services
from decalogo.batches.ledger import open_ledger
from decalogo.batches.states import DocumentState
from decalogo.settings import Settings
from tests.api.conftest import problem, stored_files
from tests.api.working import die, fail, succeed
from tests.claims import claim_document

API = "/api/v1"


@pytest.fixture
def batch(client: httpx.Client) -> tuple[str, list[str]]:
    texts = [{"id": f"own-{n}", "content": f"plan {n}"} for n in range(3)]
    accepted = client.post(f"{API}/batch/upload", json={"documents": texts}).json()
    return accepted["job_id"], [d["document_id"] for d in accepted["documents"]]


def counts(answer: httpx.Response) -> dict[str, int]:
    return {name: count for name, count in answer.json()["counts"].items() if count}


def test_cancelling_ends_what_has_not_ended_and_keeps_what_has(
    client: httpx.Client, services: Services, batch: tuple[str, list[str]]
) -> None:
    job_id, documents = batch
    succeed(services, documents[0])
    claim_document(services.ledger, documents[1])
    answer = client.post(f"{API}/batch/{job_id}/cancel")
    assert answer.status_code == 200
    assert answer.json()["state"] == "finished"
    assert counts(answer) == {"total": 3, "succeeded": 1, "cancelled": 2}
    assert client.get(f"{API}/documents/{documents[0]}/result").status_code == 200
    problem(client.get(f"{API}/documents/{documents[1]}/result"), 422, "document-cancelled")


def test_cancelling_twice_is_cancelling_once(client: httpx.Client, batch: tuple[str, list[str]]) -> None:
    first, second = (client.post(f"{API}/batch/{batch[0]}/cancel") for _ in range(2))
    assert first.json() == second.json()


def test_a_retry_queues_what_has_no_full_result_and_nothing_else(
    client: httpx.Client, services: Services, batch: tuple[str, list[str]]
) -> None:
    job_id, documents = batch
    succeed(services, documents[0])
    fail(services, documents[1])
    client.post(f"{API}/batch/{job_id}/cancel")
    answer = client.post(f"{API}/batch/{job_id}/retry")
    assert answer.status_code == 202
    assert answer.headers["retry-after"] == "1"
    assert counts(answer) == {"total": 3, "succeeded": 1, "queued": 2}
    succeed(services, documents[1], attempt=2)
    assert client.get(f"{API}/documents/{documents[1]}/result").status_code == 200
    assert counts(client.post(f"{API}/batch/{job_id}/retry")) == {"total": 3, "succeeded": 2, "queued": 1}


def test_one_document_can_be_cancelled_and_retried(client: httpx.Client, batch: tuple[str, list[str]]) -> None:
    one = f"{API}/documents/{batch[1][0]}"
    assert client.post(f"{one}/cancel").json()["state"] == "cancelled"
    assert client.post(f"{one}/cancel").json()["state"] == "cancelled"
    again = client.post(f"{one}/retry")
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    assert counts(client.get(f"{API}/batch/status/{batch[0]}")) == {"total": 3, "queued": 3}


def with_depth(services: Services, most: int) -> Services:
    """Return the same services with room for fewer queued documents."""
    queue = services.settings.queue.model_copy(update={"max_depth": most})
    return replace(services, ledger=open_ledger(services.settings.model_copy(update={"queue": queue})))


def test_a_retry_is_refused_while_there_is_no_room(
    serve: Callable[..., httpx.Client], services: Services, batch: tuple[str, list[str]]
) -> None:
    job_id, _ = batch
    client = serve(services=with_depth(services, 1))
    client.post(f"{API}/batch/{job_id}/cancel")
    assert client.post(f"{API}/batch/upload", json={"documents": [{"content": "another plan"}]}).status_code == 202
    body = problem(client.post(f"{API}/batch/{job_id}/retry"), 503, "unavailable")
    assert body["limit"] == "queue-depth"


def test_a_retry_needs_room_for_the_whole_batch(
    serve: Callable[..., httpx.Client], services: Services, batch: tuple[str, list[str]]
) -> None:
    job_id, documents = batch
    client = serve(services=with_depth(services, 2))
    client.post(f"{API}/batch/{job_id}/cancel")
    answer = client.post(f"{API}/batch/{job_id}/retry")
    assert problem(answer, 503, "unavailable")["limit"] == "queue-depth"
    assert int(answer.headers["retry-after"]) >= 1
    assert counts(client.get(f"{API}/batch/status/{job_id}")) == {"total": 3, "cancelled": 3}
    assert [client.post(f"{API}/documents/{name}/retry").status_code for name in documents] == [202, 202, 503]
    assert counts(client.get(f"{API}/batch/status/{job_id}")) == {"total": 3, "queued": 2, "cancelled": 1}


def test_a_retry_counts_towards_the_tenants_limit(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings, batch: tuple[str, list[str]]
) -> None:
    job_id, documents = batch
    standard = settings.api.standard.model_copy(update={"unfinished_documents": 2})
    api = settings.api.model_copy(update={"standard": standard})
    client = serve(services=replace(services, settings=settings.model_copy(update={"api": api})))
    client.post(f"{API}/batch/{job_id}/cancel")
    answer = client.post(f"{API}/batch/{job_id}/retry")
    assert problem(answer, 429, "quota-exceeded")["limit"] == "tenant-documents"
    assert int(answer.headers["retry-after"]) >= 1
    assert [client.post(f"{API}/documents/{name}/retry").status_code for name in documents] == [202, 202, 429]


def test_nothing_to_retry_is_no_error_though_the_queue_is_full(
    serve: Callable[..., httpx.Client], services: Services, batch: tuple[str, list[str]]
) -> None:
    queue = services.settings.queue.model_copy(update={"max_depth": 1})
    ledger = open_ledger(services.settings.model_copy(update={"queue": queue}))
    client = serve(services=replace(services, ledger=ledger))
    assert counts(client.post(f"{API}/batch/{batch[0]}/retry")) == {"total": 3, "queued": 3}


def test_a_deleted_batch_leaves_nothing_in_redis_or_on_disk(
    client: httpx.Client, services: Services, settings: Settings, batch: tuple[str, list[str]], valkey_port: int
) -> None:
    job_id, documents = batch
    succeed(services, documents[0])
    fail(services, documents[1])
    # A result that a later attempt replaced goes too, though the ledger no longer names it.
    services.store.put(f"results/{documents[1]}.7.json", b"{}")
    assert len(stored_files(settings)) == 6
    answer = client.delete(f"{API}/batch/{job_id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert stored_files(settings) == []
    for database in range(3):
        with redis.Redis(port=valkey_port, db=database, decode_responses=True) as server:
            for key in set(server.scan_iter()) - {
                "audit",
                "audit:moving",
            }:  # on its way to the audit log, which outlasts the batch
                kept = f"{key} {_content(server, key)}"
                assert job_id not in kept
                assert not any(document in kept for document in documents)
                assert "own-" not in kept
    problem(client.get(f"{API}/batch/status/{job_id}"), 404, "not-found")
    problem(client.get(f"{API}/documents/{documents[0]}/result"), 404, "not-found")
    problem(client.delete(f"{API}/batch/{job_id}"), 404, "not-found")


def _content(server: redis.Redis, key: str) -> object:
    match str(server.type(key)):
        case "hash":
            return server.hgetall(key)
        case "zset":
            return server.zrange(key, 0, -1)
        case "list":
            return server.lrange(key, 0, -1)
        case _:
            return server.get(key)


def test_an_answer_for_a_deleted_document_does_not_bring_it_back(
    client: httpx.Client, services: Services, batch: tuple[str, list[str]]
) -> None:
    claim = claim_document(services.ledger, batch[1][0])
    client.delete(f"{API}/batch/{batch[0]}")
    assert services.ledger.finish(claim, DocumentState.SUCCEEDED, result_key="results/x.1.json") is False
    assert services.ledger.document(batch[1][0]) is None


@pytest.mark.parametrize("change", ["POST batch/{0}/cancel", "POST batch/{0}/retry", "DELETE batch/{0}"])
def test_another_tenants_batch_is_not_there_to_be_changed(
    serve: Callable[..., httpx.Client], services: Services, batch: tuple[str, list[str]], change: str
) -> None:
    method, _, path = change.format(batch[0]).partition(" ")
    problem(serve(tenant="other").request(method, f"{API}/{path}"), 404, "not-found")
    assert services.ledger.batch(batch[0]) is not None


def test_who_may_only_read_changes_nothing(
    client: httpx.Client, services: Services, batch: tuple[str, list[str]]
) -> None:
    reader = services.tokens.create("reader", Tier.STANDARD, tenant="alcaldia", scopes={Scope.READ})
    client.headers["Authorization"] = f"Bearer {reader}"
    assert client.get(f"{API}/batch/status/{batch[0]}").status_code == 200
    body = problem(client.delete(f"{API}/batch/{batch[0]}"), 403, "forbidden")
    assert body["scope"] == "submit"


def test_dead_letters_are_the_operators(serve: Callable[..., httpx.Client], services: Services) -> None:
    client = serve()
    texts = [{"content": f"poison {n}"} for n in range(3)]
    accepted = client.post(f"{API}/batch/upload", json={"documents": texts}).json()
    documents = [d["document_id"] for d in accepted["documents"]]
    for document_id in documents:
        die(services, document_id)
    body = problem(client.get(f"{API}/dead"), 403, "forbidden")
    assert body["scope"] == "operate"

    operator = services.tokens.create("op", Tier.PREMIUM, tenant="operators", scopes={Scope.OPERATE})
    client.headers["Authorization"] = f"Bearer {operator}"
    first = client.get(f"{API}/dead", params={"limit": 2}).json()
    rest = client.get(f"{API}/dead", params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [d["document_id"] for d in first["documents"] + rest["documents"]] == documents[::-1]
    assert rest["next_cursor"] is None
    one = client.get(f"{API}/dead/{documents[0]}").json()
    assert (one["tenant"], one["attempts"], one["problem"]["reason"]) == ("alcaldia", 3, "its process died")
    assert [(loss["attempt"], loss["reason"]) for loss in one["losses"]] == [(n, "its process died") for n in (1, 2, 3)]

    again = client.post(f"{API}/dead/{documents[0]}/retry")
    assert (again.status_code, again.json()["state"]) == (202, "queued")
    problem(client.get(f"{API}/dead/{documents[0]}"), 404, "not-found")
    assert client.delete(f"{API}/dead/{documents[1]}").status_code == 204
    assert [d["document_id"] for d in client.get(f"{API}/dead").json()["documents"]] == documents[2:]
    kept = services.ledger.document(documents[1])
    assert kept is not None
    assert kept.state == "dead"
