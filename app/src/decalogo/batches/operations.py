"""Operations on whole batches: cancel, retry and delete, in ledger and artifact store together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from decalogo.batches.ledger import Ledger
from decalogo.batches.states import TERMINAL, Document, DocumentState
from decalogo.evaluation.pdf.ocr_cache import OcrCache
from decalogo.storage.artifacts import ArtifactStore

_RETRYABLE = frozenset({DocumentState.FAILED, DocumentState.DEAD, DocumentState.CANCELLED, DocumentState.PARTIAL})


class BatchOperations:
    """Operations that change the ledger and the files it refers to.

    Args:
        ledger: source of truth.
        store: files of documents and results.
    """

    def __init__(self, ledger: Ledger, store: ArtifactStore) -> None:
        self._ledger = ledger
        self._store = store

    def cancel(self, job_id: str) -> int:
        """Cancel the unfinished documents of a batch; return how many there were."""
        return self.cancel_documents(list(self._ledger.iterate(job_id)))

    def cancel_documents(self, documents: Sequence[Document]) -> int:
        """Cancel the unfinished ones of these documents; return how many there were."""
        count = self._ledger.cancel([document.document_id for document in documents])
        for document in documents:
            if document.state not in TERMINAL:
                self._store.delete_parts(document.document_id)
        return count

    def retry(
        self,
        job_id: str,
        *,
        tenant: str = "",
        tenant_limit: int = 0,
        evaluated: Callable[[Document], bool] | None = None,
    ) -> list[str]:
        """Queue all documents of a batch that have no full result, or none of them; return their ids.

        Args:
            job_id: the batch.
            tenant: see :meth:`decalogo.batches.ledger.Ledger.retry`, as for ``tenant_limit`` and the errors.
            tenant_limit: see there.
            evaluated: says which of the documents with a full result are queued too; None: none of them.
        """
        ended = [
            document.document_id
            for document in self._ledger.iterate(job_id)
            if document.state in _RETRYABLE
            or (evaluated is not None and document.state is DocumentState.SUCCEEDED and evaluated(document))
        ]
        return self._ledger.retry(ended, tenant=tenant, tenant_limit=tenant_limit, evaluated=evaluated is not None)

    def delete(self, job_id: str, *, finished_for: float | None = None) -> int:
        """Delete a batch with its documents and results; return how many documents it had.

        The ledger entries go first. A crash in between leaves files without an entry, which the orphan sweep deletes,
        and never an entry without files.

        Args:
            job_id: the batch.
            finished_for: delete it only if it finished at least this many seconds ago; ``None`` deletes it always.
        """
        contents = {document.sha256 for document in self._ledger.iterate(job_id)}
        removed = self._ledger.delete(job_id, finished_for=finished_for)
        for document_id in removed:
            for kind in ("documents", "reviews"):
                self._store.delete(f"{kind}/{document_id}")
            self._store.delete_attempts(document_id)
        if removed:
            OcrCache(self._store.ocr_cache).discard(contents)
        self._store.delete(f"search/{job_id}")
        return len(removed)
