"""What the appliance is for: a real plan and twenty small documents in, 300 proven answers each out."""

import json
from typing import Any

import pytest

from appliance import Appliance
from client import Client
from papers import REAL_PLAN, small_documents


@pytest.fixture(scope="module")
def batch(client: Client) -> dict[str, Any]:
    accepted = client.upload([(REAL_PLAN.name, REAL_PLAN.read_bytes()), *small_documents(20)])
    client.follow(accepted["job_id"])
    return accepted


def result_of(client: Client, document: dict[str, Any]) -> dict[str, Any]:
    result: dict[str, Any] = client.get(f"/api/v1/documents/{document['document_id']}/result")
    return result


def test_every_document_succeeds(client: Client, batch: dict[str, Any]) -> None:
    documents = client.documents(batch["job_id"])

    assert [document["state"] for document in documents] == ["succeeded"] * 21
    assert [document["document_id"] for document in documents] == [entry["document_id"] for entry in batch["documents"]]


def test_the_real_plan_gets_300_answers(client: Client, batch: dict[str, Any]) -> None:
    answers = result_of(client, batch["documents"][0])["answers"]

    expected = {f"P{p}-D{(q - 1) // 5 + 1}-Q{q}" for p in range(1, 11) for q in range(1, 31)}
    assert {answer["id"] for answer in answers} == expected
    assert len(answers) == 300
    assert len({answer["score"] for answer in answers}) > 2


def test_an_answer_that_is_not_zero_has_evidence(client: Client, batch: dict[str, Any]) -> None:
    for document in batch["documents"][:3]:
        scored = [answer for answer in result_of(client, document)["answers"] if answer["score"]]
        assert scored
        assert [answer["id"] for answer in scored if not answer["evidence"]] == []


@pytest.mark.parametrize("which", [0, 1, 2])
def test_every_quote_stands_on_its_page(client: Client, batch: dict[str, Any], which: int) -> None:
    document = batch["documents"][which]
    evidence = [piece for answer in result_of(client, document)["answers"] for piece in answer["evidence"]]
    assert evidence
    pages = {
        page: client.get(f"/api/v1/documents/{document['document_id']}/pages/{page}")["text"]
        for page in sorted({piece["page"] for piece in evidence})
    }

    assert [piece for piece in evidence if pages[piece["page"]][piece["start"] : piece["end"]] != piece["quote"]] == []


def test_the_same_plan_again_gives_the_same_bytes(client: Client, batch: dict[str, Any]) -> None:
    again = client.upload([("again.pdf", REAL_PLAN.read_bytes())])
    client.follow(again["job_id"])

    first, second = (
        client.ask("GET", f"/api/v1/documents/{entry['documents'][0]['document_id']}/result").content
        for entry in (batch, again)
    )
    assert first == second


def test_results_of_a_batch_come_as_json_and_as_lines(client: Client, batch: dict[str, Any]) -> None:
    path = f"/api/v1/batch/{batch['job_id']}/results"
    entries = client.get(path)
    lines = client.ask("GET", f"{path}?format=jsonl").text.splitlines()

    assert [json.loads(line) for line in lines] == entries
    assert len(entries) == 21
    assert all(len(entry["result"]["answers"]) == 300 for entry in entries)


def test_another_tenant_sees_nothing_of_it(appliance: Appliance, batch: dict[str, Any]) -> None:
    stranger = appliance.client(appliance.run("token", "create", "stranger").strip())

    for path in (f"batch/status/{batch['job_id']}", f"documents/{batch['documents'][0]['document_id']}/result"):
        assert stranger.ask("GET", f"/api/v1/{path}").status_code == 404


def test_the_client_of_the_package_does_the_same(appliance: Appliance) -> None:
    job_id = appliance.run("decalogo", "submit", str(REAL_PLAN), "--wait").strip()

    admin = appliance.client(appliance.run("token", "admin").strip())
    assert admin.get(f"/api/v1/batch/status/{job_id}")["counts"]["succeeded"] == 1


def test_status_names_every_service(appliance: Appliance) -> None:
    status = appliance.run("status")

    for service in ("redis", "api", "worker-1", "worker-2", "suspect", "scheduler", "nginx"):
        assert service in status
