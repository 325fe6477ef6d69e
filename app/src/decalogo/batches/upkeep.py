"""What changes ledger and artifact store together: deletion, retention, and sweeping of what nobody refers to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import structlog
from redis.exceptions import ConnectionError, TimeoutError

from decalogo.batches.ledger import Ledger
from decalogo.batches.states import TERMINAL, Document, DocumentState
from decalogo.evaluation.pdf.ocr_cache import OcrCache
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

    def retry(self, job_id: str, *, tenant: str = "", tenant_limit: int = 0) -> list[str]:
        """Queue again what has no full result in a batch, all of it or nothing; returns the document ids.

        ``tenant`` and ``tenant_limit``, and what is raised when there is no room: see
        :meth:`decalogo.batches.ledger.Ledger.revive`.
        """
        ended = [d.document_id for d in self._ledger.iterate(job_id) if d.state in _REVIVABLE]
        return self._ledger.revive(ended, tenant=tenant, tenant_limit=tenant_limit)

    def delete(self, job_id: str, *, finished_for: float | None = None) -> int:
        """Remove a batch with its documents and results for good; returns how many documents it had.

        With ``finished_for`` only if it has been finished for so many seconds. The ledger forgets first: a crash in
        between leaves files that :meth:`sweep` finds, never entries without files.
        """
        removed = self._ledger.forget(job_id, finished_for=finished_for)
        for document_id, result_key, pages_key in removed:
            for key in (f"documents/{document_id}", result_key, pages_key):
                if key:
                    self._store.delete(key)
            self._store.delete_attempts(document_id)
        return len(removed)

    def apply_retention(self) -> int:
        """Delete batches that finished longer ago than ``storage.retention_days``; returns how many batches.

        One that cannot be deleted is logged and left to the next round; it does not stop the others.
        """
        age = self._settings.retention_days * 86_400
        count = left = 0
        while expired := self._ledger.finished_before(age, offset=left):
            deleted = sum(self._expire(job_id, age) for job_id in expired)
            count += deleted
            left += len(expired) - deleted
        return count

    def _expire(self, job_id: str, age: float) -> bool:
        """Delete a batch unless it was retried a moment ago; tells whether it is gone."""
        gone = False
        with _one_of_many("batch not deleted after its retention", batch_id=job_id):
            documents = self.delete(job_id, finished_for=age)
            if gone := self._ledger.batch(job_id) is None:
                log.info("batch deleted after its retention", batch_id=job_id, documents=documents)
        return gone

    def sweep(self) -> int:
        """Delete files nobody refers to and that are older than the grace time; returns how many.

        They come from uploads and attempts that were cut off in the middle. A file whose document cannot be read in the
        ledger is logged and stays.
        """
        before = time.time() - self._settings.orphan_grace_seconds
        count = 0
        for key in self._store.keys_older_than(before):
            with _one_of_many("file not swept", key=key):
                if not self._used(key):
                    self._store.delete(key)
                    count += 1
        count += self._store.discard_incoming(before)
        # Who deletes a batch expects its words to be gone: no recognised page stays longer than other left-overs.
        count += OcrCache(self._store.root / OCR_CACHE).discard_older_than(before)
        return count

    def _used(self, key: str) -> bool:
        """Tell whether anything refers to a file."""
        document = self._ledger.document(key.partition("/")[2].partition(".")[0])
        if document is None:
            return False
        if key.startswith("parts/"):
            return document.state not in TERMINAL
        return key in (f"documents/{document.document_id}", document.result_key, document.pages_key)

    def run(self) -> None:
        """Do one round of housekeeping."""
        log.info("housekeeping done", batches_expired=self.apply_retention(), files_swept=self.sweep())


@contextmanager
def _one_of_many(failure: str, **ids: str) -> Iterator[None]:
    """Log what goes wrong with one thing, so that it does not stop the others.

    Raises:
        ConnectionError, TimeoutError: Redis is away; the others would wait for it in vain.
    """
    try:
        yield
    except (ConnectionError, TimeoutError):
        raise
    except Exception:
        log.exception(failure, **ids)
