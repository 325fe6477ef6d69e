"""Further uploads of one batch: `options.job_id` adds their documents to it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from decalogo.api.services import Services
from decalogo.settings import Settings
from tests.api.conftest import problem, stored_files
from tests.api.uploading import UPLOAD, files
from tests.api.working import succeed

TEXTS: dict[str, Any] = {"documents": [{"id": "a", "content": "plan a"}, {"content": "plan b"}]}


def first_upload(client: httpx.Client, **options: Any) -> dict[str, Any]:
    body = TEXTS | ({"options": options} if options else {})
    answer: dict[str, Any] = client.post(UPLOAD, json=body).raise_for_status().json()
    return answer


def further(client: httpx.Client, job_id: str, *ids: str, key: str = "", **options: Any) -> httpx.Response:
    documents = [{"content": f"plan {name}"} | ({"id": name} if name else {}) for name in ids]
    body = {"documents": documents, "options": {"job_id": job_id} | options}
    return client.post(UPLOAD, json=body, headers={"Idempotency-Key": key} if key else {})


def test_documents_join_a_batch_with_its_options_and_are_queued(
    client: httpx.Client, services: Services, published: Any
) -> None:
    job_id = first_upload(client, priority="low", not_applicable={"P9": "no hay cárcel"})["job_id"]
    answer = further(client, job_id, "c", "d")

    assert answer.status_code == 202
    assert answer.json()["job_id"] == job_id
    assert [document["custom_id"] for document in answer.json()["documents"]] == ["c", "d"]
    assert client.get(f"/api/v1/batch/status/{job_id}").json()["counts"]["total"] == 4
    listed = client.get(f"/api/v1/batch/{job_id}/documents").json()["documents"]
    assert [document["custom_id"] for document in listed] == ["a", None, "c", "d"]
    assert {queue for _, queue in published.pairs} == {"low_priority"}
    assert len(services.ledger.batches("alcaldia")) == 1


def test_files_of_a_form_join_a_batch_with_their_metadata(client: httpx.Client) -> None:
    job_id = first_upload(client)["job_id"]
    options = {"job_id": job_id, "documents": [{"metadata": {"name": "Florencia"}}]}
    answer = client.post(UPLOAD, files=files(("a.pdf", b"x")), data={"options": json.dumps(options)})
    assert answer.json()["documents"][0]["metadata"] == {"name": "Florencia"}


def test_a_finished_batch_goes_on_and_finishes_again(client: httpx.Client, services: Services) -> None:
    first = first_upload(client)
    for document in first["documents"]:
        succeed(services, document["document_id"])
    status = f"/api/v1/batch/status/{first['job_id']}"
    assert client.get(status).json()["state"] == "finished"

    added = further(client, first["job_id"], "c").json()
    assert client.get(status).json()["state"] == "running"
    assert client.get(status).json()["finished_at"] is None
    succeed(services, added["documents"][0]["document_id"])
    assert client.get(status).json()["state"] == "finished"
    assert client.get(status).json()["counts"]["succeeded"] == 3


def test_a_repeated_upload_adds_its_documents_once_and_gets_the_same_answer(client: httpx.Client) -> None:
    job_id = first_upload(client)["job_id"]
    further(client, job_id, "b")
    first, second = (further(client, job_id, "c", "d", key="one") for _ in range(2))
    assert second.json() == first.json()
    assert client.get(f"/api/v1/batch/status/{job_id}").json()["counts"]["total"] == 5


def test_a_key_belongs_to_one_batch_and_goes_with_it(client: httpx.Client) -> None:
    one, two = (first_upload(client)["job_id"] for _ in range(2))
    assert further(client, one, "c", key="one").status_code == 202
    problem(further(client, two, "c", key="one"), 422, "idempotency-key-reused")
    client.delete(f"/api/v1/batch/{one}").raise_for_status()
    assert further(client, two, "c", key="one").status_code == 202


def test_own_ids_stay_unique_in_the_batch(client: httpx.Client, settings: Settings) -> None:
    job_id = first_upload(client)["job_id"]
    stored = stored_files(settings)
    refused = problem(further(client, job_id, "c", "a"), 422, "body-invalid")
    assert refused["errors"] == [{"where": "documents.id", "detail": "'a' is the id of another document of the batch"}]
    assert stored_files(settings) == stored


@pytest.mark.parametrize(
    "option",
    [{"priority": "low"}, {"rubric": "decalogo"}, {"metadata": {"name": "x"}}, {"not_applicable": ["P9"]}],
    ids=lambda option: next(iter(option)),
)
def test_what_belongs_to_the_batch_cannot_be_given_again(client: httpx.Client, option: dict[str, Any]) -> None:
    job_id = first_upload(client)["job_id"]
    refused = problem(further(client, job_id, "c", **option), 422, "body-invalid")
    assert refused["errors"][0]["where"] == f"options.{next(iter(option))}"


def test_batches_of_other_tenants_and_unknown_ones_are_refused(
    client: httpx.Client, serve: Callable[..., httpx.Client]
) -> None:
    job_id = first_upload(client)["job_id"]
    problem(further(serve(tenant="other"), job_id, "c"), 422, "body-invalid")
    problem(further(client, "batch_" + "0" * 26, "c"), 422, "body-invalid")
    problem(further(client, "../x", "c"), 422, "body-invalid")
    assert client.get(f"/api/v1/batch/status/{job_id}").json()["counts"]["total"] == 2


def test_a_batch_cannot_grow_without_end(serve: Callable[..., httpx.Client], services: Services) -> None:
    services.settings.api.max_batch_documents = 3
    client = serve()
    job_id = first_upload(client)["job_id"]
    assert further(client, job_id, "c").status_code == 202
    refused = problem(further(client, job_id, "d"), 403, "forbidden")
    assert (refused["limit"], refused["allowed"]) == ("max_batch_documents", 3)
