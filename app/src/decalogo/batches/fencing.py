"""Whether an attempt still holds its claim, for who stores its files."""

from __future__ import annotations

import redis

from decalogo.batches.states import DocumentState


class ClaimCheck:
    """A look at claims.

    Args:
        client: connection to the ledger's database that decodes answers to text.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client

    def holds(self, document_id: str, attempt: int, owner: str) -> bool:
        """Tell whether this attempt at a document (or part) is the current one and ``owner`` runs it."""
        row = self._redis.hmget(f"document:{document_id}", "state", "attempts", "owner")
        return bool(owner) and row == [DocumentState.RUNNING, str(attempt), owner]

    def note_late(self) -> None:
        """Count an answer that came too late, beside those that the ledger itself fences."""
        self._redis.hincrby("totals", "fenced", 1)
