"""Idempotency keys: an upload that is sent again is accepted once.

Two things are kept for a key. While an upload with it is under way, one process *holds* the key, for a short time that
it renews, so that a process that dies blocks nobody for long. The script that records the batch also notes, for a day,
which batch and which payload belong to the key: there is no moment in which one is there without the other.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Final, cast

import redis

from decalogo.batches.scripts import Scripts
from decalogo.batches.states import NewDocument, Options

HOLD_SECONDS: Final = 15.0
KEEP_SECONDS: Final = 86_400


def record_name(tenant: str, key: str) -> str:
    """Return the Redis key for a tenant's idempotency key; of the key itself, which may say something, only a hash."""
    digest = hashlib.sha256(f"{len(tenant)}:{tenant}:{key}".encode()).hexdigest()
    return f"idempotency:{digest}"


def fingerprint(options: Options, documents: Sequence[NewDocument], webhook: str = "") -> str:
    """Return what makes two payloads the same: options, webhook, and of each document name, own id and content."""
    parts = [options.to_json(), webhook, [[d.filename, d.custom_id, d.sha256] for d in documents]]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class IdempotencyKeys:
    """Holds and looks up idempotency keys.

    Args:
        client: a connection to the ledger's database that decodes answers.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        self._scripts = Scripts(client)

    def hold(self, record: str, owner: str) -> bool:
        """Take or renew the hold on a key for ``HOLD_SECONDS``; False while somebody else has it."""
        return bool(self._scripts.run("hold", record, owner, int(HOLD_SECONDS * 1000)))

    def let_go(self, record: str, owner: str) -> None:
        """End the hold, if it is still ``owner``'s."""
        self._scripts.run("let_go", record, owner)

    def known(self, record: str) -> tuple[str, str] | None:
        """Return batch id and fingerprint of the upload that was accepted with this key, or None."""
        text = cast("str | None", self._redis.get(record))
        if not text:
            return None
        job_id, _, print_ = text.partition(" ")
        return job_id, print_
