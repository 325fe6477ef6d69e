"""Following a batch and fetching its results."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

import httpx
import pytest

from decalogo.api.services import Services
from decalogo.batches.states import DocumentState
from tests.api.conftest import problem
from tests.api.working import PAGES, RESULT, fail, succeed
from tests.claims import claim_document, try_claim

API = "/api/v1"


@pytest.fixture
def batch(client: httpx.Client) -> dict[str, list[str]]:
    """Hand in three documents; return the batch's id and theirs."""
    texts = [{"id": f"own-{n}", "content": f"plan {n}"} for n in range(3)]
    accepted = client.post(f"{API}/batch/upload", json={"documents": texts}).json()
    return {"job": [accepted["job_id"]], "documents": [d["document_id"] for d in accepted["documents"]]}


def test_the_status_follows_the_documents(
    client: httpx.Client, services: Services, batch: dict[str, list[str]]
) -> None:
    def status() -> tuple[str, dict[str, int], object]:
        body = client.get(f"{API}/batch/status/{batch['job'][0]}").json()
        counts = {name: count for name, count in body["counts"].items() if count}
        return body["state"], counts, body["finished_at"]

    assert status() == ("queued", {"total": 3, "queued": 3}, None)
    claim_document(services.ledger, batch["documents"][0], "another task")
    assert status() == ("running", {"total": 3, "queued": 2, "running": 1}, None)
    fail(services, batch["documents"][1])
    succeed(services, batch["documents"][2])
    assert status() == ("running", {"total": 3, "running": 1, "failed": 1, "succeeded": 1}, None)


def test_a_finished_batch_says_when_and_asks_nobody_to_come_back(
    client: httpx.Client, services: Services, batch: dict[str, list[str]]
) -> None:
    assert "retry-after" in client.get(f"{API}/batch/status/{batch['job'][0]}").headers
    for document_id in batch["documents"]:
        succeed(services, document_id)
    answer = client.get(f"{API}/batch/status/{batch['job'][0]}")
    body = answer.json()
    assert body["state"] == "finished"
    assert body["counts"]["succeeded"] == body["counts"]["total"] == 3
    assert body["created_at"] <= body["finished_at"]
    assert body["created_at"].endswith("Z")
    assert "retry-after" not in answer.headers
    assert client.get(body["links"]["results"]).status_code == 200


def test_documents_are_paged_in_order(client: httpx.Client, batch: dict[str, list[str]]) -> None:
    seen, cursor, pages = [], None, 0
    while True:
        parameters = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = client.get(f"{API}/batch/{batch['job'][0]}/documents", params=parameters).json()
        seen += [(d["document_id"], d["custom_id"]) for d in page["documents"]]
        pages += 1
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert pages == 2
    assert seen == [(document_id, f"own-{n}") for n, document_id in enumerate(batch["documents"])]


@pytest.mark.parametrize(("name", "value"), [("limit", "0"), ("limit", "x"), ("limit", "1001"), ("cursor", "-1")])
def test_a_senseless_page_is_refused(client: httpx.Client, batch: dict[str, list[str]], name: str, value: str) -> None:
    answer = client.get(f"{API}/batch/{batch['job'][0]}/documents", params={name: value})
    assert problem(answer, 422, "body-invalid")["errors"][0]["where"] == f"query.{name}"


def test_own_batches_are_listed_newest_first(client: httpx.Client, batch: dict[str, list[str]]) -> None:
    newer = client.post(f"{API}/batch/upload", json={"documents": [{"content": "x"}]}).json()["job_id"]
    first = client.get(f"{API}/batch", params={"limit": 1}).json()
    assert [b["job_id"] for b in first["batches"]] == [newer]
    second = client.get(f"{API}/batch", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [b["job_id"] for b in second["batches"]] == batch["job"]
    assert second["next_cursor"] is None


def test_a_result_is_answered_byte_by_byte_with_its_hash(
    client: httpx.Client, services: Services, batch: dict[str, list[str]]
) -> None:
    succeed(services, batch["documents"][0])
    address = f"{API}/documents/{batch['documents'][0]}/result"
    answer = client.get(address)
    assert answer.content == RESULT
    assert answer.headers["content-type"] == "application/json"
    etag = answer.headers["etag"]
    assert etag == f'"{hashlib.sha256(RESULT).hexdigest()}"'
    for known in (etag, f'"x", W/{etag}'):
        again = client.get(address, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
    assert client.get(address, headers={"If-None-Match": '"x"'}).status_code == 200


def test_a_result_that_is_not_there_yet_says_when_to_ask_again(
    client: httpx.Client, services: Services, batch: dict[str, list[str]]
) -> None:
    for state in ("queued", "running"):
        for part in ("result", "pages/1"):
            answer = client.get(f"{API}/documents/{batch['documents'][0]}/{part}")
            assert problem(answer, 409, "not-ready")["state"] == state
            assert int(answer.headers["retry-after"]) >= 1
        try_claim(services.ledger, batch["documents"][0])


def test_a_failed_document_answers_with_its_own_problem(
    client: httpx.Client, services: Services, batch: dict[str, list[str]]
) -> None:
    fail(services, batch["documents"][0])
    answer = client.get(f"{API}/documents/{batch['documents'][0]}/result")
    body = problem(answer, 422, "document-damaged")
    assert body["detail"] == "The file ends in the middle of page 3."
    assert body["state"] == "failed"
    status = client.get(f"{API}/documents/{batch['documents'][0]}").json()
    assert (status["state"], status["attempts"]) == ("failed", 1)
    assert status["problem"]["detail"] == "The file ends in the middle of page 3."


def test_a_partial_result_is_not_given_out_while_a_longer_attempt_is_to_come(
    client: httpx.Client, services: Services, batch: dict[str, list[str]]
) -> None:
    document_id = batch["documents"][0]
    claim = claim_document(services.ledger, document_id)
    results, pages = f"results/{document_id}", f"pages/{document_id}"
    services.store.put(f"{results}.2.json", RESULT)
    services.ledger.finish(claim, DocumentState.PARTIAL, result_key=f"{results}.1.json", pages_key=f"{pages}.1.json.gz")
    assert client.get(f"{API}/documents/{document_id}").json()["state"] == "queued"
    problem(client.get(f"{API}/documents/{document_id}/result"), 409, "not-ready")
    assert client.get(f"{API}/batch/{batch['job'][0]}/results").json()[0]["result"] is None
    again = claim_document(services.ledger, document_id)
    services.ledger.finish(again, DocumentState.PARTIAL, result_key=f"{results}.2.json", pages_key=f"{pages}.2.json.gz")
    assert client.get(f"{API}/documents/{document_id}/result").content == RESULT


def test_a_dead_letter_answers_with_what_is_known(
    client: httpx.Client, services: Services, batch: dict[str, list[str]]
) -> None:
    document_id = batch["documents"][0]
    for attempt in range(services.settings.queue.max_attempts):
        claim_document(services.ledger, document_id, f"worker-{attempt}")
        services.ledger.release(document_id, f"worker-{attempt}", "lost", "killed by signal 11")
    body = problem(client.get(f"{API}/documents/{document_id}/result"), 422, "document-dead")
    assert "killed by signal 11" in body["detail"]
    assert client.get(f"{API}/documents/{document_id}").json()["state"] == "dead"


def test_a_result_that_was_deleted_is_not_found(
    client: httpx.Client, services: Services, batch: dict[str, list[str]]
) -> None:
    succeed(services, batch["documents"][0])
    services.store.delete(f"results/{batch['documents'][0]}.1.json")
    problem(client.get(f"{API}/documents/{batch['documents'][0]}/result"), 404, "not-found")


def test_page_texts_are_those_the_offsets_count_in(
    client: httpx.Client, services: Services, batch: dict[str, list[str]]
) -> None:
    succeed(services, batch["documents"][0])
    pages = f"{API}/documents/{batch['documents'][0]}/pages"
    assert client.get(f"{pages}/2").json().items() >= {"page": 2, "text": PAGES[1]}.items()
    plain = client.get(f"{pages}/1", params={"format": "text"})
    assert plain.text == PAGES[0]
    assert plain.headers["content-type"] == "text/plain; charset=utf-8"
    assert problem(client.get(f"{pages}/3"), 404, "not-found")["pages"] == 2
    for senseless in ("0", "-1", "x"):
        problem(client.get(f"{pages}/{senseless}"), 422, "body-invalid")


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_the_results_of_a_batch_hold_every_document(
    client: httpx.Client, services: Services, batch: dict[str, list[str]], form: str
) -> None:
    succeed(services, batch["documents"][0])
    fail(services, batch["documents"][1])
    answer = client.get(f"{API}/batch/{batch['job'][0]}/results", params={"format": form})
    assert answer.status_code == 200
    entries = answer.json() if form == "json" else [json.loads(line) for line in answer.text.splitlines()]
    assert [(e["document_id"], e["custom_id"], e["state"]) for e in entries] == [
        (batch["documents"][0], "own-0", "succeeded"),
        (batch["documents"][1], "own-1", "failed"),
        (batch["documents"][2], "own-2", "queued"),
    ]
    assert [e["result"] for e in entries] == [json.loads(RESULT), None, None]
    assert entries[0]["problem"] is None
    assert entries[1]["problem"]["type"] == "/problems/document-damaged"


def test_results_of_more_documents_than_one_page_are_complete(
    serve: Callable[..., httpx.Client], services: Services
) -> None:
    client = serve(tier="premium")
    texts = [{"id": f"{n}", "content": "x"} for n in range(230)]
    accepted = client.post(f"{API}/batch/upload", json={"documents": texts}).json()
    for document in accepted["documents"]:
        succeed(services, document["document_id"])
    answer = client.get(f"{API}/batch/{accepted['job_id']}/results?format=jsonl")
    assert [json.loads(line)["custom_id"] for line in answer.text.splitlines()] == [f"{n}" for n in range(230)]
    assert len(client.get(f"{API}/batch/{accepted['job_id']}/results").json()) == 230


def test_another_tenant_sees_nothing_and_cannot_tell_it_from_what_never_was(
    serve: Callable[..., httpx.Client], services: Services, client: httpx.Client, batch: dict[str, list[str]]
) -> None:
    succeed(services, batch["documents"][0])
    other = serve(tenant="vecino")
    job, document = batch["job"][0], batch["documents"][0]
    never_job, never_document = job[:-3] + "zzz", document[:-3] + "zzz"
    for address, never in (
        (f"batch/status/{job}", f"batch/status/{never_job}"),
        (f"batch/{job}/documents", f"batch/{never_job}/documents"),
        (f"batch/{job}/results", f"batch/{never_job}/results"),
        (f"documents/{document}", f"documents/{never_document}"),
        (f"documents/{document}/result", f"documents/{never_document}/result"),
        (f"documents/{document}/pages/1", f"documents/{never_document}/pages/1"),
    ):
        mine = problem(other.get(f"{API}/{address}"), 404, "not-found")
        nobodys = problem(other.get(f"{API}/{never}"), 404, "not-found")
        varying = ("instance", "request_id")
        assert {k: v for k, v in mine.items() if k not in varying} == {
            k: v for k, v in nobodys.items() if k not in varying
        }
        assert client.get(f"{API}/{address}").status_code == 200
    assert other.get(f"{API}/batch").json()["batches"] == []


def test_tokens_of_one_tenant_share_its_batches(
    serve: Callable[..., httpx.Client], batch: dict[str, list[str]]
) -> None:
    assert serve(tenant="alcaldia").get(f"{API}/batch/status/{batch['job'][0]}").status_code == 200


@pytest.mark.parametrize("odd", ["x", "batch_x:documents", "..%2f..", "%00", "batch_" + "0" * 26 + "%0a", "é"])
def test_an_odd_id_is_simply_not_found(client: httpx.Client, odd: str) -> None:
    problem(client.get(f"{API}/batch/status/{odd}"), 404, "not-found")
