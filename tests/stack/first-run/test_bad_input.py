"""Bad input gets a problem or a failed document with a reason, and good documents in the same batch finish."""

from typing import Any

import httpx
import pytest

from appliance import Appliance
from client import Client
from papers import REAL_PLAN, encrypted_pdf, scanned_pdf, small_pdf, small_text

UPLOAD = "/api/v1/batch/upload"
PROBLEM = "application/problem+json"

FILES = {
    "empty.pdf": (b"", "document-empty"),
    "not-a-pdf.pdf": (b"\x00\x01\x02\x03GIF89a" * 50, "document-type-unsupported"),
    "encrypted.pdf": (encrypted_pdf(), "document-encrypted"),
    "truncated.pdf": (REAL_PLAN.read_bytes()[:20_000], "document-damaged"),
    "scan.pdf": (scanned_pdf(), "document-without-text"),
}


@pytest.fixture(scope="module")
def mixed(client: Client) -> dict[str, dict[str, Any]]:
    """One batch of every bad file, with good ones between them, a name that climbs, and a name that comes twice."""
    files = [(name, content) for name, (content, _) in FILES.items()]
    good = [("../../etc/passwd.pdf", small_pdf(1)), ("twin.txt", small_text(2)), ("twin.txt", small_text(3))]
    accepted = client.upload([good[0], *files, *good[1:]])
    client.follow(accepted["job_id"])
    documents = client.documents(accepted["job_id"])
    return {f"{index}:{document['filename']}": document for index, document in enumerate(documents)}


@pytest.mark.parametrize("name", FILES)
def test_a_bad_file_ends_as_a_failed_document_with_its_reason(mixed: dict[str, dict[str, Any]], name: str) -> None:
    (document,) = [found for key, found in mixed.items() if key.endswith(f":{name}")]

    assert document["state"] == "failed"
    assert document["problem"]["type"] == f"/problems/{FILES[name][1]}"
    assert document["problem"]["detail"]


def test_the_good_documents_beside_them_succeed(mixed: dict[str, dict[str, Any]]) -> None:
    good = [document for key, document in mixed.items() if key.split(":")[1] not in FILES]

    assert [document["state"] for document in good] == ["succeeded"] * 3
    assert [document["filename"] for document in good][1:] == ["twin.txt", "twin.txt"]
    assert "/" not in good[0]["filename"]


def refused(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith(PROBLEM)
    problem: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail"} <= problem.keys()
    assert problem["status"] == status
    return problem


def test_a_batch_of_no_documents_is_refused(client: Client) -> None:
    refused(client.ask("POST", UPLOAD, json={"documents": []}), 422)


def test_an_unknown_rubric_is_refused(client: Client) -> None:
    body = {"documents": [{"id": "a", "content": "texto"}], "options": {"rubric": "nowhere"}}
    assert "nowhere" in refused(client.ask("POST", UPLOAD, json=body), 422)["detail"]


def test_wrong_json_is_refused(client: Client) -> None:
    headers = {"Content-Type": "application/json"}
    refused(client.ask("POST", UPLOAD, content=b'{"documents": [', headers=headers), 400)


def test_an_upload_of_101_mb_is_refused(client: Client) -> None:
    files = {"files": ("large.pdf", b"%PDF-1.7\n" + bytes(101 << 20))}
    assert refused(client.ask("POST", UPLOAD, files=files), 413)["type"] == "/problems/payload-too-large"


def test_without_a_token_every_request_is_rejected(appliance: Appliance, client: Client) -> None:
    stranger = appliance.client("")
    refused(stranger.ask("POST", UPLOAD, json={"documents": []}), 401)
    refused(stranger.ask("GET", "/api/v1/batch/status/batch_1"), 401)


def test_a_revoked_token_is_rejected_immediately(appliance: Appliance) -> None:
    token = appliance.run("token", "create", "short-lived").strip()
    holder = appliance.client(token)
    assert holder.ask("GET", "/api/v1/batch").status_code == 200

    appliance.run("token", "revoke", token.split("_")[1])

    refused(holder.ask("GET", "/api/v1/batch"), 401)
