"""Changes of the ledger by clients and operators: cancel, retry, describe, delete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, cast

import redis

from decalogo.batches.queries import LedgerQueries
from decalogo.batches.rejection import raise_rejection
from decalogo.batches.scripts import Scripts
from decalogo.batches.states import dump_pairs
from decalogo.settings import QueueSettings

_PAGE: Final = 1000


class LedgerChanges(LedgerQueries):
    """Changes of :class:`decalogo.batches.ledger.Ledger`.

    Every method raises ``redis.exceptions.RedisError`` while Redis is unreachable.
    """

    def __init__(self, client: redis.Redis, settings: QueueSettings) -> None:
        super().__init__(client, settings)
        self._run = Scripts(client).run

    def _limits(self, tenant_limit: int) -> tuple[float, ...]:
        return self._settings.max_depth, self._settings.max_memory_share, tenant_limit

    def cancel(self, document_ids: Sequence[str]) -> int:
        """Cancel unfinished documents; return how many there were. Running attempts are fenced when they finish."""
        return sum(self._run("cancel", *page) for page in _pages(document_ids))

    def retry(
        self, document_ids: Sequence[str], *, tenant: str = "", tenant_limit: int = 0, evaluated: bool = False
    ) -> list[str]:
        """Queue documents again that are failed, dead, cancelled or partial.

        Args:
            document_ids: others among them are skipped.
            tenant: tenant whose limits apply, as for an upload; empty for an operator, who has no limits.
            tenant_limit: maximum number of unfinished documents of the tenant, these included; 0 disables.
            evaluated: also those that succeeded. Their results are kept until new ones replace them.

        Returns:
            The ids of the queued documents.

        Raises:
            UnavailableError: ``queue.max_depth`` or ``queue.max_memory_share`` is exceeded; nothing was queued.
            QuotaError: ``tenant_limit`` is exceeded; nothing was queued.
        """
        queued: list[str] = []
        for page in [document_ids] if tenant else _pages(document_ids):
            outcome, *rest = self._run("retry", tenant, *self._limits(tenant_limit), int(evaluated), *page)
            if outcome == "rejected":
                raise_rejection(rest)
            queued += rest
        return queued

    def set_batch_metadata(self, job_id: str, metadata: Mapping[str, str]) -> None:
        """Replace the metadata of a batch, if it exists."""
        self._run("describe", f"batch:{job_id}", dump_pairs(metadata))

    def set_metadata(self, document_id: str, metadata: Mapping[str, str]) -> None:
        """Replace the metadata of a document, if it exists."""
        self._run("describe", f"document:{document_id}", dump_pairs(metadata))

    def set_not_applicable(
        self, document_id: str, points: Mapping[str, str] | None, *, tenant: str, tenant_limit: int = 0
    ) -> bool:
        """Replace the points that do not apply to a document; None: those of the batch apply.

        A document that has a result, or whose evaluation runs, is queued again.

        Args:
            document_id: the document.
            points: id of each point, with the reason.
            tenant: tenant whose limits apply, as for a retry.
            tenant_limit: maximum number of unfinished documents of the tenant; 0 disables.

        Returns:
            Whether the document was queued again.

        Raises:
            UnavailableError: ``queue.max_depth`` or ``queue.max_memory_share`` is exceeded; nothing was changed.
            QuotaError: ``tenant_limit`` is exceeded; nothing was changed.
        """
        reply = self._run("set_not_applicable", tenant, *self._limits(tenant_limit), document_id, dump_pairs(points))
        outcome, *rest = reply
        if outcome == "rejected":
            raise_rejection(rest)
        return bool(outcome == "queued")

    def delete(self, job_id: str, *, finished_for: float | None = None) -> list[str]:
        """Delete the entries of a batch.

        Args:
            job_id: the batch.
            finished_for: delete it only if it finished at least this many seconds ago; None deletes it always.

        Returns:
            The ids of its documents, whose artifacts remain to be deleted.
        """
        return cast("list[str]", self._run("delete", job_id, "" if finished_for is None else finished_for))

    def drop_dead_letters(self, document_ids: Sequence[str]) -> int:
        """Remove documents from the list of dead letters; return how many were on it. Their state stays ``dead``."""
        return self._redis.zrem("dead", *document_ids) if document_ids else 0


def _pages(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[i : i + _PAGE] for i in range(0, len(ids), _PAGE))
