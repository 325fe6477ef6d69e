"""Reviewed scores in what the API exports, and who may see them."""

from __future__ import annotations

import csv
import hashlib
import importlib
import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
import pytest

from decalogo.access.tokens import Scope, Tier
from decalogo.api.services import Services
from decalogo.batches.backup import restore_backup, write_backup
from decalogo.connections import connect
from decalogo.evaluation.rubric import load_rubric
from decalogo.reviews.bundle import verify
from decalogo.settings import EvaluationSettings, LetterheadSettings, Settings
from tests.api.conftest import problem
from tests.console.test_pages import evaluated

ROOT = Path(__file__).parents[3]
SCOPES = frozenset({Scope.READ, Scope.REVIEW, Scope.SUBMIT})


@pytest.fixture
def people(client: httpx.Client, services: Services) -> Iterator[Callable[..., httpx.Client]]:
    """Return a client with a token of that name, in the tenant of ``client``."""
    opened = ExitStack()

    def person(name: str, tenant: str = "alcaldia") -> httpx.Client:
        token = services.tokens.create(name, Tier.PREMIUM, tenant=tenant, scopes=SCOPES)
        headers = {"Authorization": f"Bearer {token}"}
        return opened.enter_context(
            httpx.Client(base_url=client.base_url, headers=headers, timeout=30, trust_env=False)
        )

    with opened:
        yield person


@pytest.fixture
def plan(client: httpx.Client, services: Services) -> tuple[str, str]:
    """Ids of a batch and its evaluated document."""
    return evaluated(client, services)


def reject(person: httpx.Client, document: str, answer: str) -> None:
    body = {"verdict": "rejected", "comment": "otra cifra"}
    path = f"/api/v1/documents/{document}/answers/{answer}/review"
    assert person.put(path, json=body, headers={"If-Match": "*"}).status_code == 200


def scored(client: httpx.Client, document: str) -> str:
    """Return the id of an answer with a score."""
    answers = client.get(f"/api/v1/documents/{document}/result").json()["answers"]
    return str(next(answer["id"] for answer in answers if answer["score"]))


def rows(person: httpx.Client, document: str) -> dict[str, dict[str, Any]]:
    text = person.get(f"/api/v1/documents/{document}/result?format=csv").text
    return {row["id"]: row for row in csv.DictReader(io.StringIO(text))}


def test_exports_show_machine_and_reviewed_scores(
    client: httpx.Client, plan: tuple[str, str], people: Callable[..., httpx.Client]
) -> None:
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


def test_a_report_changes_its_etag_with_a_review(
    client: httpx.Client, plan: tuple[str, str], people: Callable[..., httpx.Client]
) -> None:
    _, document = plan
    path = f"/api/v1/documents/{document}/result?format=html"
    etag = client.get(path).headers["etag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    reject(people("ana"), document, scored(client, document))
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_a_blind_reader_sees_no_review_before_the_signature(
    client: httpx.Client, plan: tuple[str, str], people: Callable[..., httpx.Client]
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
    client: httpx.Client, plan: tuple[str, str], people: Callable[..., httpx.Client]
) -> None:
    _, document = plan
    ana, answer = people("ana"), scored(client, document)
    reject(ana, document, answer)
    url = client.post(f"/api/v1/documents/{document}/shares", json={}).json()["url"]
    assert "otra cifra" not in httpx.get(client.base_url.join(url), trust_env=False).text
    ana.post(f"/api/v1/documents/{document}/sign", json={})
    assert "otra cifra" in httpx.get(client.base_url.join(url), trust_env=False).text


def test_another_tenant_reaches_no_review(
    client: httpx.Client, plan: tuple[str, str], people: Callable[..., httpx.Client]
) -> None:
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
    client: httpx.Client, plan: tuple[str, str], people: Callable[..., httpx.Client]
) -> None:
    queued = client.post("/api/v1/batch/upload", files={"files": ("b.txt", b"Programa de salud.")}).json()
    waiting = queued["documents"][0]["document_id"]
    problem(client.get(f"/api/v1/documents/{waiting}/summary"), 409, "not-ready")
    problem(people("eva", "otra").get(f"/api/v1/documents/{plan[1]}/summary"), 404, "not-found")


def test_the_quality_of_a_batch_follows_each_review(
    client: httpx.Client, plan: tuple[str, str], people: Callable[..., httpx.Client]
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


def test_a_score_above_the_maximum_is_refused(
    client: httpx.Client, plan: tuple[str, str], people: Callable[..., httpx.Client]
) -> None:
    _, document = plan
    path = f"/api/v1/documents/{document}/answers/{scored(client, document)}/review"
    body = {"verdict": "corrected", "score": 3.5}
    problem(people("ana").put(path, json=body, headers={"If-Match": "*"}), 400, "request-invalid")


def test_a_restored_backup_holds_reviews_and_a_signature_that_verifies(
    client: httpx.Client, plan: tuple[str, str], people: Callable[..., httpx.Client], services: Services, tmp_path: Path
) -> None:
    _, document = plan
    ana = people("ana")
    reject(ana, document, scored(client, document))
    ana.post(f"/api/v1/documents/{document}/sign", json={"person": "Ana Ruiz"})
    before = client.get(f"/api/v1/documents/{document}/reviewed").json()
    assert verify(before) == []
    changed = before["reviewed"] | {"global": 99.0}
    assert verify(before | {"reviewed": changed}) == [
        "The reviewed scores were changed: they do not follow from result and reviews."
    ]
    assert "maximum score" in verify(before | {"max_score": 30.0})[0]
    other = before["result"] | {"global": before["result"]["global"] | {"percent": 99.0}}
    assert "machine's result was changed" in verify(before | {"result": other})[0]
    for part in ("result", "reviews", "reviewed", "max_score", "signature"):
        assert verify({name: value for name, value in before.items() if name != part}) != []
    assert "damaged" in verify(before | {"reviews": [1]})[0] or "changed" in verify(before | {"reviews": [1]})[0]
    archive, redis = io.BytesIO(), connect(services.settings.redis, services.settings.redis.ledger_db)
    write_backup(redis, services.store, archive)
    client.delete(f"/api/v1/batch/{plan[0]}")
    assert services.reviews.of(document).version == 0
    archive.seek(0)
    restore_backup(redis, services.store, archive, force=True)
    assert client.get(f"/api/v1/documents/{document}/reviewed").json() == before


def test_nothing_of_a_deleted_documents_content_is_left(
    client: httpx.Client, plan: tuple[str, str], people: Callable[..., httpx.Client], services: Services
) -> None:
    """The audit log keeps ids and hashes; not the plan, its name, a comment, a reason or a search."""
    job, document = plan
    ana, answer = people("ana"), scored(client, document)
    reject(ana, document, answer)
    client.patch(f"/api/v1/documents/{document}", json={"metadata": {"name": "Plan de Florencia"}})
    client.get(f"/api/v1/batch/{job}/search?q=violencia")
    ana.post(f"/api/v1/documents/{document}/sign", json={})
    ana.post(f"/api/v1/documents/{document}/reopen", json={"reason": "comisaría de familia"})
    client.post(f"/api/v1/documents/{document}/shares", json={})
    for path in (f"documents/{document}/result?format=html", f"documents/{document}/summary", f"batch/{job}/quality"):
        assert client.get(f"/api/v1/{path}").status_code == 200
    assert client.delete(f"/api/v1/batch/{job}").status_code == 204

    contents = [path.read_bytes() for path in services.settings.storage.path.rglob("*") if path.is_file()]
    assert contents == []
    log = b"".join(path.read_bytes() for path in services.settings.audit.path.glob("audit-*"))
    kept = list(connect(services.settings.redis, services.settings.redis.ledger_db).scan_iter())
    for words in ("violencia", "Florencia", "otra cifra", "comisaría", "plan.txt"):
        assert words.encode() not in log
        assert not any(words in key for key in kept)
    assert document.encode() in log
    assert services.audit_log.verify().problem == ""


def test_an_evaluated_document_is_evaluated_again_when_asked_unless_it_is_signed(
    client: httpx.Client, plan: tuple[str, str], people: Callable[..., httpx.Client], services: Services
) -> None:
    job, document = plan
    ana, again = people("ana"), f"/api/v1/documents/{document}/retry?evaluated=true"
    assert client.post(f"/api/v1/documents/{document}/retry").json()["state"] == "succeeded"
    ana.post(f"/api/v1/documents/{document}/sign", json={})
    problem(client.post(again), 409, "conflict")
    client.post(f"/api/v1/batch/{job}/retry?evaluated=true")
    assert client.get(f"/api/v1/documents/{document}").json()["state"] == "succeeded"
    ana.post(f"/api/v1/documents/{document}/reopen", json={"reason": "otra norma"})
    answer = client.post(f"/api/v1/batch/{job}/retry?evaluated=true")
    assert (answer.status_code, answer.json()["counts"]["queued"]) == (202, 1)
    found = services.ledger.document(document)
    assert found is not None
    assert found.result_key  # kept until the new one replaces it
    problem(people("eva", "otra").post(again), 404, "not-found")


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


def test_exported_labels_are_examples_for_training(
    client: httpx.Client,
    plan: tuple[str, str],
    people: Callable[..., httpx.Client],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "training"))
    examples = importlib.import_module("examples")
    job, document = plan
    ana = people("ana")
    ana.post(f"/api/v1/documents/{document}/reviews/accept", json={})
    original = client.get(f"/api/v1/documents/{document}/file").content
    (tmp_path / hashlib.sha256(original).hexdigest()).write_bytes(original)
    (tmp_path / "reviews.jsonl").write_bytes(client.get(f"/api/v1/batch/{job}/labels").content)
    names = json.loads((ROOT / "training" / "labels" / "element-map.json").read_text(encoding="utf-8"))
    corpus = examples.Corpus(tmp_path)
    made = examples.read_reviews([tmp_path / "reviews.jsonl"], corpus, names, load_rubric("decalogo"))
    assert [example.point for example in made] == [f"P{number}" for number in range(1, 11)]
    assert set(made[0].labels.values()) == {0, 1}
    assert {key for key, units in made[0].proofs.items() if units} == set(made[0].proofs)
    assert made[0].proofs
