"""Retention: delete old batches, and files that no ledger entry refers to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from redis.exceptions import ConnectionError, TimeoutError

from decalogo.batches.ledger import Ledger
from decalogo.batches.operations import BatchOperations
from decalogo.batches.states import TERMINAL
from decalogo.evaluation.pdf.ocr_cache import OcrCache
from decalogo.settings import StorageSettings
from decalogo.storage.artifacts import OCR_CACHE, ArtifactStore

log = structlog.get_logger(__name__)


class Retention:
    """Periodic clean-up.

    Args:
        ledger: source of truth.
        store: files of documents and results.
        settings: retention and grace times.
    """

    def __init__(self, ledger: Ledger, store: ArtifactStore, settings: StorageSettings) -> None:
        self._ledger = ledger
        self._store = store
        self._operations = BatchOperations(ledger, store)
        self._settings = settings

    def run(self) -> None:
        """Delete expired batches, then orphaned files."""
        log.info("retention applied", batches_expired=self.delete_expired(), files_swept=self.sweep_orphans())

    def delete_expired(self) -> int:
        """Delete batches that finished more than ``storage.retention_days`` ago (0: none); return how many.

        A batch that cannot be deleted is logged and retried in the next run. It does not stop the others.
        """
        age = self._settings.retention_days * 86_400
        if not age:
            return 0
        count = left = 0
        while expired := self._ledger.finished_before(age, offset=left):
            deleted = sum(self._delete(job_id, age) for job_id in expired)
            count += deleted
            left += len(expired) - deleted
        return count

    def _delete(self, job_id: str, age: float) -> bool:
        """Delete a batch unless it was retried in the meantime; return whether it is deleted."""
        deleted = False
        with _isolated("batch not deleted after its retention", batch_id=job_id):
            documents = self._operations.delete(job_id, finished_for=age)
            if deleted := self._ledger.batch(job_id) is None:
                log.info("batch deleted after its retention", batch_id=job_id, documents=documents)
        return deleted

    def sweep_orphans(self) -> int:
        """Delete files older than the grace time that no ledger entry refers to; return how many.

        Interrupted uploads and attempts leave such files. A file whose document cannot be read from the ledger is
        logged and kept.
        """
        before = time.time() - self._settings.orphan_grace_seconds
        count = 0
        for key in self._store.keys_older_than(before):
            with _isolated("file not swept", key=key):
                if not self._referenced(key):
                    self._store.delete(key)
                    count += 1
        count += self._store.discard_incoming(before)
        # Deleting a batch must also remove its text. Cached OCR pages therefore expire like other orphans.
        count += OcrCache(self._store.root / OCR_CACHE).discard_older_than(before)
        return count

    def _referenced(self, key: str) -> bool:
        """Return whether a ledger entry refers to a file."""
        document = self._ledger.document(key.partition("/")[2].partition(".")[0])
        if document is None:
            return False
        if key.startswith("parts/"):
            return document.state not in TERMINAL
        name = document.document_id
        return key in (f"documents/{name}", f"reviews/{name}", document.result_key, document.pages_key)


@contextmanager
def _isolated(failure: str, **ids: str) -> Iterator[None]:
    """Log an error of one item, so that the other items are still processed.

    Raises:
        ConnectionError, TimeoutError: Redis is unreachable, so the other items would fail too.
    """
    try:
        yield
    except (ConnectionError, TimeoutError):
        raise
    except Exception:
        log.exception(failure, **ids)
