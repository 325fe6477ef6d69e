"""Operations on batches: what they remove from Redis and disk, and what they leave."""

from __future__ import annotations

import pytest

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.operations import BatchOperations
from decalogo.batches.states import BatchState, DocumentState, Handling, NewDocument, Options
from decalogo.connections import connect
from decalogo.evaluation.documents.raw_pages import Recognised
from decalogo.evaluation.documents.sheets import Box
from decalogo.evaluation.pdf.ocr_cache import OcrCache
from decalogo.settings import Settings
from decalogo.storage.artifacts import ArtifactStore
from tests.batches.helpers import files, finished_batch
from tests.claims import claim_document


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return open_ledger(settings)


@pytest.fixture
def store(settings: Settings) -> ArtifactStore:
    return ArtifactStore(settings.storage.path)


@pytest.fixture
def operations(ledger: Ledger, store: ArtifactStore) -> BatchOperations:
    return BatchOperations(ledger, store)


def test_a_deleted_batch_is_gone_from_redis_and_from_disk(
    operations: BatchOperations, ledger: Ledger, store: ArtifactStore, settings: Settings
) -> None:
    finished_batch(ledger, store, "batch_gone")
    assert operations.delete("batch_gone") == 2
    assert files(store) == []
    client = connect(settings.redis, settings.redis.ledger_db)
    assert [key for key in client.scan_iter() if "gone" in key] == []
    assert client.zcard("finished") == 0
    assert ledger.batches("t") == []


def test_the_recognised_text_of_a_scan_goes_with_its_batch(
    operations: BatchOperations, ledger: Ledger, store: ArtifactStore
) -> None:
    pages = OcrCache(store.ocr_cache)
    for job_id, sha256 in (("batch_a", "aa"), ("batch_b", "bb")):
        ledger.admit(job_id, "t", Options(), [NewDocument(f"doc_{job_id}", "x.pdf", "", sha256, 4)])
        pages.put(f"{sha256}.00000001", Recognised((("Texto reconocido", Box(0, 0, 1, 1)),), 1.0, 0))

    operations.delete("batch_a")

    assert pages.get("aa.00000001") is None
    assert pages.get("bb.00000001") is not None


def test_deleting_one_batch_leaves_the_others(
    operations: BatchOperations, ledger: Ledger, store: ArtifactStore
) -> None:
    finished_batch(ledger, store, "batch_a")
    finished_batch(ledger, store, "batch_b")
    operations.delete("batch_a")
    assert [b.job_id for b in ledger.batches("t")] == ["batch_b"]
    assert len(files(store)) == 6


def test_an_attempt_at_a_deleted_document_is_fenced(operations: BatchOperations, ledger: Ledger) -> None:
    ledger.admit("batch_x", "t", Options(), [NewDocument("doc_x", "x", "", "00", 4)])
    claim = claim_document(ledger, "doc_x")
    operations.delete("batch_x")
    assert not ledger.finish(claim, DocumentState.SUCCEEDED, result_key="results/doc_x.1.json")
    assert ledger.batch("batch_x") is None
    assert ledger.document("doc_x") is None


def test_a_cancelled_batch_is_finished_and_can_be_retried(operations: BatchOperations, ledger: Ledger) -> None:
    names = ["doc_1", "doc_2", "doc_3"]
    ledger.admit("batch_c", "t", Options(), [NewDocument(n, "x", "", "00", 4) for n in names])
    claim = claim_document(ledger, "doc_1")
    assert operations.cancel("batch_c") == 3
    assert operations.cancel("batch_c") == 0
    assert not ledger.finish(claim, DocumentState.SUCCEEDED, result_key="results/late")
    batch = ledger.batch("batch_c")
    assert batch is not None
    assert (batch.state, batch.counts["cancelled"]) == (BatchState.FINISHED, 3)
    assert operations.retry("batch_c") == names
    batch = ledger.batch("batch_c")
    assert batch is not None
    assert (batch.state, batch.counts["queued"], batch.finished_at) == (BatchState.QUEUED, 3, 0)


def test_a_batch_is_deleted_only_after_the_given_time_since_it_finished(ledger: Ledger, store: ArtifactStore) -> None:
    ids = finished_batch(ledger, store, "batch_f")
    assert ledger.delete("batch_f", finished_for=60) == []
    assert ledger.delete("batch_f", finished_for=0) == ids


def test_deleting_an_old_batch_leaves_its_idempotency_key_to_a_newer_one(
    operations: BatchOperations, ledger: Ledger, settings: Settings
) -> None:
    client = connect(settings.redis, settings.redis.ledger_db)
    for number, job_id in enumerate(("batch_old", "batch_new")):
        client.delete("idempotency:abc")  # a day has passed
        document = NewDocument(f"doc_{number}", "x", "", "00", 4)
        ledger.admit(job_id, "t", Options(), [document], handling=Handling("", "idempotency:abc", "mark"))
    operations.delete("batch_old")
    assert client.get("idempotency:abc") == "batch_new mark 0"
    operations.delete("batch_new")
    assert not client.exists("idempotency:abc")
