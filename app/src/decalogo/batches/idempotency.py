"""Idempotency keys: a repeated upload is accepted once.

Two entries exist per key. While an upload with the key runs, one API process holds a lock, which it renews. The lock
expires soon after that process dies, so it never blocks a retry for long. The script that records the batch also writes
a record of batch and payload, which is kept for a day. Both are written in one step: there is never a batch without its
record.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, cast

import redis

from decalogo.batches.scripts import Scripts
from decalogo.batches.states import NewDocument, Options, dump_pairs

LOCK_SECONDS: Final = 15.0
RECORD_SECONDS: Final = 86_400
_NO_PAIRS: Final[Mapping[str, str]] = {}


def record_name(tenant: str, key: str) -> str:
    """Return the Redis key of the record; it contains a hash, because an idempotency key may be confidential."""
    digest = hashlib.sha256(f"{len(tenant)}:{tenant}:{key}".encode()).hexdigest()
    return f"idempotency:{digest}"


def fingerprint(
    options: Options,
    documents: Sequence[NewDocument],
    webhook: str = "",
    metadata: Mapping[str, str] = _NO_PAIRS,
    *,
    added_to: str = "",
) -> str:
    """Return a hash of the payload: options, webhook, metadata, batch, and all that describes each document."""
    described = [
        [d.filename, d.custom_id, d.sha256, dump_pairs(d.metadata), dump_pairs(d.not_applicable)] for d in documents
    ]
    return hashlib.sha256(
        json.dumps([options.to_json(), webhook, dump_pairs(metadata), added_to, described]).encode()
    ).hexdigest()


@dataclass(frozen=True, slots=True)
class Known:
    """Upload that was accepted with a key; ``first`` is the place of its first document in the batch, from 0."""

    job_id: str
    fingerprint: str
    first: int


class IdempotencyKeys:
    """Locks and records of idempotency keys.

    Args:
        client: connection to the ledger's database that decodes replies.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._scripts = Scripts(client)

    def lock(self, record: str, owner: str) -> bool:
        """Acquire or renew the lock for ``LOCK_SECONDS``; return False while another owner holds it."""
        return bool(self._scripts.run("lock", record, owner, int(LOCK_SECONDS * 1000)))

    def unlock(self, record: str, owner: str) -> None:
        """Release the lock, if ``owner`` still holds it."""
        self._scripts.run("unlock", record, owner)

    def known(self, record: str) -> Known | None:
        """Return what was accepted with this key, or None."""
        text = cast("str | None", self._redis.get(record))
        if not text:
            return None
        job_id, known_fingerprint, *first = text.split(" ")
        return Known(job_id, known_fingerprint, int(first[0]) if first else 0)
