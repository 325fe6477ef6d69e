"""Fencing of files: whether an attempt still holds its claim, checked before its files are stored."""

from __future__ import annotations

import redis

from decalogo.batches.states import DocumentState


class ClaimCheck:
    """Check of claims for the remote-worker gateway.

    Args:
        client: connection to the ledger's database that decodes replies.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def holds(self, document_id: str, attempt: int, owner: str) -> bool:
        """Return whether this attempt at a document (or part) is the current one and ``owner`` runs it."""
        row = self._redis.hmget(f"document:{document_id}", "state", "attempts", "owner")
        return bool(owner) and row == [DocumentState.RUNNING, str(attempt), owner]

    def count_fenced(self) -> None:
        """Count a result that came too late, together with those that the ledger itself fences."""
        self._redis.hincrby("totals", "fenced", 1)
