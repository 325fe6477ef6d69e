"""Backup of a running appliance and restore: batches, documents, results and tokens are complete."""

from __future__ import annotations

import io

import pytest

from decalogo.access.tokens import Tier, TokenStore
from decalogo.batches.backup import restore_backup, write_backup
from decalogo.batches.ledger import open_ledger
from decalogo.batches.queues import WORK_QUEUES
from decalogo.batches.states import BatchState, DocumentState, Handling, NewDocument, Options
from decalogo.connections import connect
from decalogo.errors import RequestError
from decalogo.settings import Settings
from decalogo.storage.artifacts import ArtifactStore
from tests.batches.helpers import files, finished_batch
from tests.claims import claim_document


def test_a_restore_is_complete_and_queues_running_documents_again(settings: Settings) -> None:
    ledger, store = open_ledger(settings), ArtifactStore(settings.storage.path)
    client = connect(settings.redis, settings.redis.ledger_db)
    token = TokenStore(client).create("somebody", Tier.PREMIUM, days=1, tenant="t")
    finished_batch(ledger, store, "batch_done")
    names = ["doc_runs", "doc_waits", "doc_dead"]
    for name in names:
        store.put(f"documents/{name}", b"text")
    ledger.admit("batch_open", "t", Options(), [NewDocument(n, f"{n}.pdf", "mine", "00", 4) for n in names])
    claim_document(ledger, "doc_runs")
    for attempt in range(3):
        claim_document(ledger, "doc_dead", f"a{attempt}")
        ledger.release("doc_dead", f"a{attempt}", "lost", "signal 9")
    before, held = ledger.batch("batch_done"), files(store)
    archive = io.BytesIO()
    assert write_backup(client, store, archive) == {"batches": 2, "documents": 5, "files": 9}

    client.flushall()
    emptied = ArtifactStore(settings.storage.path.with_name("elsewhere"))
    archive.seek(0)
    assert restore_backup(client, emptied, archive) == {"batches": 2, "documents": 5, "files": 9}

    assert ledger.batch("batch_done") == before
    assert files(emptied) == held
    opened = ledger.batch("batch_open")
    assert opened is not None
    assert opened.state is BatchState.RUNNING
    assert {s: n for s, n in opened.counts.items() if n} == {"total": 3, "queued": 2, "dead": 1}
    assert [d.document_id for d in ledger.documents("batch_open")] == names
    assert [d.document_id for d in ledger.dead()] == ["doc_dead"]
    assert {document_id for document_id, _ in ledger.take_unpublished(5, 10)} == {"doc_runs", "doc_waits"}
    assert TokenStore(client).check(token).tenant == "t"
    claim = ledger.claim("again", WORK_QUEUES)
    assert claim is not None
    assert claim.document_id == "doc_runs"
    assert claim.attempt == 2  # fencing tokens continue
    assert ledger.finish(claim, DocumentState.SUCCEEDED, result_key="results/doc_runs.2.json")


def test_a_batch_that_finished_during_the_backup_is_restored_as_finished(settings: Settings) -> None:
    ledger, store = open_ledger(settings), ArtifactStore(settings.storage.path)
    client = connect(settings.redis, settings.redis.ledger_db)
    finished_batch(ledger, store, "batch_done")
    before = ledger.batch("batch_done")
    assert before is not None
    # As if the backup read the batch before its last document finished.
    client.hset("batch:batch_done", mapping={"finished_at": "0", "running": 1, "succeeded": 1})
    archive = io.BytesIO()
    write_backup(client, store, archive)

    client.flushall()
    archive.seek(0)
    restore_backup(client, store, archive)

    assert ledger.batch("batch_done") == before
    assert ledger.finished_before(60) == []
    assert ledger.finished_before(0) == ["batch_done"]


def test_an_unfinished_batch_without_its_uploads_is_restored_as_finished_now(settings: Settings) -> None:
    ledger, store = open_ledger(settings), ArtifactStore(settings.storage.path)
    client = connect(settings.redis, settings.redis.ledger_db)
    ledger.admit("batch_lost", "t", Options(), [NewDocument("doc_lost", "a.pdf", "", "00", 4)])
    archive = io.BytesIO()
    write_backup(client, store, archive)

    client.flushall()
    archive.seek(0)
    restore_backup(client, store, archive)

    batch = ledger.batch("batch_lost")
    assert batch is not None
    assert batch.state is BatchState.FINISHED
    assert ledger.finished_before(60) == []


def test_idempotency_keys_and_due_webhooks_are_not_restored(settings: Settings) -> None:
    ledger, store = open_ledger(settings), ArtifactStore(settings.storage.path)
    client = connect(settings.redis, settings.redis.ledger_db)
    store.put("documents/doc_1", b"text")
    handling = Handling('{"url": "https://example.org", "secret": "s"}', "idempotency:abc", "mark")
    ledger.admit("batch_1", "t", Options(), [NewDocument("doc_1", "a.pdf", "", "00", 4)], handling=handling)
    claim = claim_document(ledger, "doc_1")
    assert ledger.finish(claim, DocumentState.FAILED)
    assert client.zcard("webhooks") == 1
    assert client.exists("idempotency:abc")
    archive = io.BytesIO()
    write_backup(client, store, archive)

    client.flushall()
    archive.seek(0)
    restore_backup(client, store, archive)

    assert ledger.batch("batch_1") is not None
    assert client.zcard("webhooks") == 0
    assert not client.exists("idempotency:abc")


def test_a_restore_into_an_appliance_with_batches_needs_force(settings: Settings) -> None:
    ledger, store = open_ledger(settings), ArtifactStore(settings.storage.path)
    client = connect(settings.redis, settings.redis.ledger_db)
    finished_batch(ledger, store, "batch_a")
    archive = io.BytesIO()
    write_backup(client, store, archive)
    archive.seek(0)
    with pytest.raises(RequestError, match="already holds batches"):
        restore_backup(client, store, archive)
    archive.seek(0)
    assert restore_backup(client, store, archive, force=True)["batches"] == 1
    assert [b.job_id for b in ledger.batches("t")] == ["batch_a"]


@pytest.mark.parametrize("content", [b"", b"not a tar file" * 100])
def test_a_file_that_is_not_a_backup_is_rejected(settings: Settings, content: bytes) -> None:
    client = connect(settings.redis, settings.redis.ledger_db)
    with pytest.raises(RequestError, match="no backup"):
        restore_backup(client, ArtifactStore(settings.storage.path), io.BytesIO(content))


def test_a_truncated_backup_is_rejected_and_changes_nothing_in_the_ledger(settings: Settings) -> None:
    ledger, store = open_ledger(settings), ArtifactStore(settings.storage.path)
    client = connect(settings.redis, settings.redis.ledger_db)
    finished_batch(ledger, store, "batch_a")
    archive = io.BytesIO()
    write_backup(client, store, archive)
    client.flushall()
    with pytest.raises(RequestError, match="no backup, or a damaged one"):
        restore_backup(client, store, io.BytesIO(archive.getvalue()[:2500]))
    assert ledger.batch("batch_a") is None
