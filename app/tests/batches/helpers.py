"""Batches with files, as several tests of the ledger need them."""

from __future__ import annotations

from decalogo.batches.ledger import Ledger
from decalogo.batches.states import DocumentState, NewDocument, Options
from decalogo.storage.artifacts import ArtifactStore
from tests.claims import claim_document


def finished_batch(ledger: Ledger, store: ArtifactStore, job_id: str, count: int = 2) -> list[str]:
    """Admit a batch and finish its documents with results; return their ids."""
    ids = [f"doc_{job_id}_{n}" for n in range(count)]
    for name in ids:
        store.put(f"documents/{name}", b"text")
    ledger.admit(job_id, "t", Options(), [NewDocument(name, "x", "", "00", 4) for name in ids])
    for name in ids:
        claim = claim_document(ledger, name, f"task-{name}")
        keys = (f"results/{name}.1.json", f"pages/{name}.1.json.gz")
        for key in keys:
            store.put(key, b"{}")
        assert ledger.finish(claim, DocumentState.SUCCEEDED, result_key=keys[0], pages_key=keys[1])
    return ids


def files(store: ArtifactStore) -> list[str]:
    """Return the paths of all files in the store."""
    return sorted(str(p.relative_to(store.root)) for p in store.root.rglob("*") if p.is_file())
