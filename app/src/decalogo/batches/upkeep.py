"""What changes ledger and artifact store together: deletion, retention, and sweeping of what nobody refers to."""

from __future__ import annotations

import time
from collections.abc import Sequence

import structlog

from decalogo.batches.ledger import Ledger
from decalogo.batches.states import TERMINAL, Document, DocumentState
from decalogo.evaluation.extract.ocrcache import OcrCache
from decalogo.settings import StorageSettings
from decalogo.storage.artifacts import OCR_CACHE, ArtifactStore

log = structlog.get_logger(__name__)

_REVIVABLE = frozenset({DocumentState.FAILED, DocumentState.DEAD, DocumentState.CANCELLED, DocumentState.PARTIAL})


class Upkeep:
    """Operations on whole batches, and housekeeping.

    Args:
        ledger: the truth.
        store: the files it refers to.
        settings: retention and grace times.
    """

    def __init__(self, ledger: Ledger, store: ArtifactStore, settings: StorageSettings) -> None:
        self._ledger = ledger
        self._store = store
        self._settings = settings

    def cancel(self, job_id: str) -> int:
        """Cancel what is not finished in a batch; returns how many documents were."""
        return self.cancel_documents(list(self._ledger.iterate(job_id)))

    def cancel_documents(self, documents: Sequence[Document]) -> int:
        """Cancel those that are not finished; returns how many were."""
        count = self._ledger.cancel([document.document_id for document in documents])
        for document in documents:
            if document.state not in TERMINAL:
                self._store.delete_parts(document.document_id)
        return count

    def retry(self, job_id: str) -> list[str]:
        """Queue again what has no full result in a batch; returns the document ids."""
        return self._ledger.revive([d.document_id for d in self._ledger.iterate(job_id) if d.state in _REVIVABLE])

    def delete(self, job_id: str) -> int:
        """Remove a batch with its documents and results for good; returns how many documents it had.

        The ledger forgets first: a crash in between leaves files that :meth:`sweep` finds, never entries without files.
        """
        removed = self._ledger.forget(job_id)
        for document_id, result_key, pages_key in removed:
            for key in (f"documents/{document_id}", result_key, pages_key):
                if key:
                    self._store.delete(key)
            self._store.delete_attempts(document_id)
        return len(removed)

    def apply_retention(self) -> int:
        """Delete batches that finished longer ago than ``storage.retention_days``; returns how many batches."""
        count = 0
        while expired := self._ledger.finished_before(self._settings.retention_days * 86_400):
            for job_id in expired:
                documents = self.delete(job_id)
                log.info("batch deleted after its retention", batch_id=job_id, documents=documents)
            count += len(expired)
        return count

    def sweep(self) -> int:
        """Delete files nobody refers to and that are older than the grace time; returns how many.

        They come from uploads and attempts that were cut off in the middle.
        """
        before = time.time() - self._settings.orphan_grace_seconds
        count = 0
        for key in self._store.keys_older_than(before):
            document = self._ledger.document(key.partition("/")[2].partition(".")[0])
            used = document and key in (f"documents/{document.document_id}", document.result_key, document.pages_key)
            if document and key.startswith("parts/"):
                used = document.state not in TERMINAL
            if not used:
                self._store.delete(key)
                count += 1
        count += self._store.discard_incoming(before)
        # Who deletes a batch expects its words to be gone: no recognised page stays longer than other left-overs.
        count += OcrCache(self._store.root / OCR_CACHE).discard_older_than(before)
        return count

    def run(self) -> None:
        """Do one round of housekeeping."""
        log.info("housekeeping done", batches_expired=self.apply_retention(), files_swept=self.sweep())
