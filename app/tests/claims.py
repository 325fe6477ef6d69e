"""Claims of chosen documents, for tests that do not depend on the order of the queue."""

from __future__ import annotations

from decalogo.batches.claims import Claim
from decalogo.batches.ledger import Ledger
from decalogo.batches.queues import QUEUES


def try_claim(ledger: Ledger, document_id: str, owner: str = "task") -> Claim | None:
    """Claim a document (or part) by moving it to the head of its queue; return None when it is not queued."""
    client = ledger._redis
    for queue in QUEUES:
        if client.zscore(f"queue:{queue}", document_id) is not None:
            tenant = str(client.hget(f"document:{document_id}", "tenant"))
            client.zadd(f"queue:{queue}:{tenant}", {document_id: 0})
            client.zadd(f"round-robin:{queue}", {tenant: -1})
            return ledger.claim(owner, [queue])
    return None


def claim_document(ledger: Ledger, document_id: str, owner: str = "task") -> Claim:
    """Claim a queued document (or part)."""
    claim = try_claim(ledger, document_id, owner)
    assert claim is not None
    assert claim.document_id == document_id
    return claim


def queue_of(ledger: Ledger, document_id: str) -> str | None:
    """Return the queue in which a document (or part) waits; None when it is not queued."""
    return next((q for q in QUEUES if ledger._redis.zscore(f"queue:{q}", document_id) is not None), None)
