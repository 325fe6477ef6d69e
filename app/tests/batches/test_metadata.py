"""Metadata of batches and documents, and points that do not apply to one document, on a real server."""

from __future__ import annotations

import pytest

from decalogo.batches.idempotency import fingerprint
from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.queues import WORK_QUEUES
from decalogo.batches.states import Document, DocumentState, NewDocument, Options
from decalogo.errors import QuotaError
from decalogo.settings import Settings


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return open_ledger(settings)


def admit(ledger: Ledger) -> None:
    documents = [
        NewDocument("doc_a", "a.pdf", "", "00", 1, metadata={"name": "Florencia"}, not_applicable={"P9": "no hay"}),
        NewDocument("doc_b", "b.pdf", "", "00", 1, not_applicable={}),
        NewDocument("doc_c", "c.pdf", "", "00", 1),
    ]
    ledger.admit("batch_1", "t", Options(not_applicable={"P1": ""}), documents, metadata={"name": "Planes 2024"})


def document(ledger: Ledger, document_id: str) -> Document:
    found = ledger.document(document_id)
    assert found is not None
    return found


def test_metadata_and_points_are_kept_with_batch_and_documents(ledger: Ledger) -> None:
    admit(ledger)
    batch = ledger.batch("batch_1")
    assert batch is not None
    assert batch.metadata == {"name": "Planes 2024"}
    documents = ledger.documents("batch_1")
    assert [(d.name, dict(d.metadata), d.not_applicable) for d in documents] == [
        ("Florencia", {"name": "Florencia"}, {"P9": "no hay"}),
        ("b.pdf", {}, {}),
        ("c.pdf", {}, None),
    ]


def test_an_attempt_gets_the_points_of_its_document_or_those_of_the_batch(ledger: Ledger) -> None:
    admit(ledger)
    claims = [ledger.claim(f"task-{n}", WORK_QUEUES) for n in range(3)]
    found = {claim.document_id: dict(claim.options.not_applicable) for claim in claims if claim}
    assert found == {"doc_a": {"P9": "no hay"}, "doc_b": {}, "doc_c": {"P1": ""}}


def test_metadata_is_replaced_and_never_revives_a_deleted_entry(ledger: Ledger) -> None:
    admit(ledger)
    ledger.set_metadata("doc_a", {"code": "18001"})
    ledger.set_batch_metadata("batch_1", {})
    ledger.set_metadata("doc_x", {"code": "1"})
    assert document(ledger, "doc_a").metadata == {"code": "18001"}
    batch = ledger.batch("batch_1")
    assert batch is not None
    assert batch.metadata == {}
    assert ledger.document("doc_x") is None


def test_new_points_queue_an_evaluated_document_again_and_keep_its_result_until_then(ledger: Ledger) -> None:
    admit(ledger)
    claim = ledger.claim("task", WORK_QUEUES)
    assert claim is not None
    ledger.finish(claim, DocumentState.SUCCEEDED, result_key="r1")
    assert ledger.set_not_applicable("doc_a", {"P2": ""}, tenant="t")
    assert document(ledger, "doc_a").state is DocumentState.QUEUED
    assert document(ledger, "doc_a").result_key == "r1"
    again = next(c for n in range(3) if (c := ledger.claim(f"t{n}", WORK_QUEUES)) and c.document_id == "doc_a")
    assert (again.attempt, dict(again.options.not_applicable)) == (2, {"P2": ""})
    # The same points again change nothing.
    ledger.finish(again, DocumentState.SUCCEEDED, result_key="r2")
    assert not ledger.set_not_applicable("doc_a", {"P2": ""}, tenant="t")
    assert document(ledger, "doc_a").state is DocumentState.SUCCEEDED


def test_new_points_fence_the_attempt_that_runs_with_the_old_ones(ledger: Ledger) -> None:
    admit(ledger)
    claim = ledger.claim("task", WORK_QUEUES)
    assert claim is not None
    assert ledger.set_not_applicable(claim.document_id, None, tenant="t")
    assert not ledger.finish(claim, DocumentState.SUCCEEDED, result_key="old")
    assert document(ledger, claim.document_id).state is DocumentState.QUEUED
    assert document(ledger, claim.document_id).not_applicable is None


def test_a_document_that_waits_or_has_no_result_stays_where_it_is(ledger: Ledger) -> None:
    admit(ledger)
    ledger.cancel(["doc_b"])
    assert not ledger.set_not_applicable("doc_b", {"P3": ""}, tenant="t")
    assert not ledger.set_not_applicable("doc_c", {"P3": ""}, tenant="t")
    assert document(ledger, "doc_b").state is DocumentState.CANCELLED
    assert document(ledger, "doc_c").not_applicable == {"P3": ""}


def test_queueing_again_needs_capacity_and_changes_nothing_without(ledger: Ledger) -> None:
    admit(ledger)
    claim = ledger.claim("task", WORK_QUEUES)
    assert claim is not None
    ledger.finish(claim, DocumentState.SUCCEEDED, result_key="r1")
    with pytest.raises(QuotaError):
        ledger.set_not_applicable("doc_a", {}, tenant="t", tenant_limit=2)
    assert document(ledger, "doc_a").not_applicable == {"P9": "no hay"}


def test_a_payload_with_other_metadata_is_another_payload() -> None:
    one = NewDocument("doc_a", "a.pdf", "", "00", 1)
    named = NewDocument("doc_a", "a.pdf", "", "00", 1, metadata={"name": "x"})
    marks = {
        fingerprint(Options(), [one]),
        fingerprint(Options(), [named]),
        fingerprint(Options(), [one], metadata={"a": "b"}),
    }
    assert len(marks) == 3
