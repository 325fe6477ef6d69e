"""What becomes of a reviewed document: in a backup, when it is deleted, evaluated again, and as labels."""

from __future__ import annotations

import hashlib
import importlib
import io
import json
from pathlib import Path

import httpx
import pytest

from decalogo.api.services import Services
from decalogo.batches.backup import restore_backup, write_backup
from decalogo.connections import connect
from decalogo.evaluation.rubric import load_rubric
from decalogo.reviews.bundle import verify
from tests.api.conftest import problem
from tests.api.reviewing import People, reject, scored

ROOT = Path(__file__).parents[3]


def test_a_restored_backup_holds_reviews_and_a_signature_that_verifies(
    client: httpx.Client, plan: tuple[str, str], people: People, services: Services, tmp_path: Path
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
    client: httpx.Client, plan: tuple[str, str], people: People, services: Services
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
    client: httpx.Client, plan: tuple[str, str], people: People, services: Services
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


def test_exported_labels_are_examples_for_training(
    client: httpx.Client,
    plan: tuple[str, str],
    people: People,
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
