"""Reviewed scores in what the API exports, and who may see them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest

from decalogo.api.services import Services
from decalogo.settings import EvaluationSettings, LetterheadSettings, Settings
from tests.api.conftest import problem
from tests.api.reviewing import People, reject, scored


def rows(person: httpx.Client, document: str) -> dict[str, dict[str, Any]]:
    text = person.get(f"/api/v1/documents/{document}/result?format=csv").text
    return {row["id"]: row for row in csv.DictReader(io.StringIO(text))}


def test_exports_show_machine_and_reviewed_scores(client: httpx.Client, plan: tuple[str, str], people: People) -> None:
    job, document = plan
    ana, answer = people("ana"), scored(client, document)
    before = client.get(f"/api/v1/documents/{document}/result").content
    reject(ana, document, answer)
    assert ana.post(f"/api/v1/documents/{document}/sign", json={"person": "Ana Ruiz"}).status_code == 200

    row = rows(client, document)[answer]
    assert float(row["score"]) > 0
    assert (row["reviewed_score"], row["reviewer"], row["signed_by"]) == ("0", "ana", "Ana Ruiz")
    assert "Ana Ruiz" in client.get(f"/api/v1/documents/{document}/result?format=html").text
    assert client.get(f"/api/v1/documents/{document}/result").content == before
    (entry,) = client.get(f"/api/v1/batch/{job}/results").json()
    assert entry["reviewed"]["signature"]["person"] == "Ana Ruiz"
    assert entry["reviewed"]["global"] < entry["result"]["global"]["percent"]
    (compared,) = client.get(f"/api/v1/batch/{job}/results?format=comparison").json()["documents"]
    assert compared["reviewed"]["percent"] == entry["reviewed"]["global"]


def test_a_report_changes_its_etag_with_a_review(client: httpx.Client, plan: tuple[str, str], people: People) -> None:
    _, document = plan
    path = f"/api/v1/documents/{document}/result?format=html"
    etag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    reject(people("ana"), document, scored(client, document))
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_a_blind_reader_sees_no_review_before_the_signature(
    client: httpx.Client, plan: tuple[str, str], people: People
) -> None:
    job, document = plan
    ana, luis, answer = people("ana"), people("luis"), scored(client, document)
    assert ana.put(f"/api/v1/documents/{document}/reviewers", json={"track": "second", "reviewer": "luis"}).is_success
    reject(ana, document, answer)

    assert rows(ana, document)[answer]["reviewer"] == "ana"
    assert rows(luis, document)[answer]["reviewer"] == ""
    (entry,) = luis.get(f"/api/v1/batch/{job}/results").json()
    assert entry["reviewed"] is None
    assert luis.get(f"/api/v1/batch/{job}/labels").text == ""
    problem(luis.get(f"/api/v1/documents/{document}/reviewed"), 409, "conflict")
    ana.post(f"/api/v1/documents/{document}/sign", json={})
    assert rows(luis, document)[answer]["reviewer"] == "ana"


def test_a_link_without_a_token_shows_signed_reviews_only(
    client: httpx.Client, plan: tuple[str, str], people: People
) -> None:
    _, document = plan
    ana, answer = people("ana"), scored(client, document)
    reject(ana, document, answer)
    url = client.post(f"/api/v1/documents/{document}/shares", json={}).json()["url"]
    assert "otra cifra" not in httpx.get(client.base_url.join(url), trust_env=False, timeout=60).text
    ana.post(f"/api/v1/documents/{document}/sign", json={})
    assert "otra cifra" in httpx.get(client.base_url.join(url), trust_env=False, timeout=60).text


def test_another_tenant_reaches_no_review(client: httpx.Client, plan: tuple[str, str], people: People) -> None:
    job, document = plan
    stranger = people("eva", "otra")
    for path in (f"documents/{document}/reviews", f"documents/{document}/reviewed", f"batch/{job}/labels"):
        problem(stranger.get(f"/api/v1/{path}"), 404, "not-found")
    problem(stranger.post(f"/api/v1/documents/{document}/sign", json={}), 404, "not-found")


@pytest.mark.parametrize(("form", "magic"), [("docx", b"PK"), ("html", b"<!DOCTYPE html>")])
def test_the_summary_has_the_offices_letterhead(
    plan: tuple[str, str], services: Services, serve: Callable[..., httpx.Client], form: str, magic: bytes
) -> None:
    _, document = plan
    head = LetterheadSettings(organisation="Personería", logo="missing.png")
    office = replace(services, settings=services.settings.model_copy(update={"letterhead": head}))
    client = serve(services=office)
    answer = client.get(f"/api/v1/documents/{document}/summary", params={"format": form})
    assert answer.status_code == 200, answer.text
    assert answer.content.startswith(magic)
    assert f"plan.{form}" in answer.headers["content-disposition"]
    if form == "html":
        assert "Personería" in answer.text
    assert client.get(answer.request.url, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_a_summary_needs_a_result_and_its_own_tenant(
    client: httpx.Client, plan: tuple[str, str], people: People
) -> None:
    queued = client.post("/api/v1/batch/upload", files={"files": ("b.txt", b"Programa de salud.")}).json()
    waiting = queued["documents"][0]["document_id"]
    problem(client.get(f"/api/v1/documents/{waiting}/summary"), 409, "not-ready")
    problem(people("eva", "otra").get(f"/api/v1/documents/{plan[1]}/summary"), 404, "not-found")


def test_the_quality_of_a_batch_follows_each_review(
    client: httpx.Client, plan: tuple[str, str], people: People
) -> None:
    job, document = plan
    before = client.get(f"/api/v1/batch/{job}/quality").json()
    assert before["whole"]["precision"] is None
    reject(people("ana"), document, scored(client, document))
    after = client.get(f"/api/v1/batch/{job}/quality").json()
    assert after["verdicts"] == {"rejected": 1}
    assert after["whole"]["wrong"] > 0
    assert (after["whole"]["found"], after["whole"]["searched"]) == (
        before["whole"]["found"],
        before["whole"]["searched"],
    )


def test_a_score_above_the_maximum_is_refused(client: httpx.Client, plan: tuple[str, str], people: People) -> None:
    _, document = plan
    path = f"/api/v1/documents/{document}/answers/{scored(client, document)}/review"
    body = {"verdict": "corrected", "score": 3.5}
    problem(people("ana").put(path, json=body, headers={"If-Match": '"0"'}), 400, "request-invalid")


def test_a_rubric_of_the_operators_is_accepted_by_default_and_by_nobody_elses_path(
    client: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rubric = tmp_path / "office.yaml"
    rubric.write_bytes((resources.files("decalogo.rubrics") / "decalogo.yaml").read_bytes())
    own = EvaluationSettings(rubric=str(rubric))
    monkeypatch.setattr("decalogo.api.upload.options.get_settings", lambda: Settings(evaluation=own))
    for name, status in ((str(rubric), 202), (str(tmp_path / "other.yaml"), 422), ("/etc/passwd", 422)):
        options = ("", json.dumps({"rubric": name}).encode())
        answer = client.post("/api/v1/batch/upload", files={"files": ("a.txt", b"x"), "options": options})
        assert answer.status_code == status, answer.text
