"""The ``Idempotency-Key`` of an upload: locked while the upload runs, looked up when the payload is known."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from redis.exceptions import RedisError
from starlette.requests import Request

from decalogo.access.tokens import Token
from decalogo.api.services import Services
from decalogo.api.upload.intake import in_thread
from decalogo.batches.idempotency import LOCK_SECONDS, Known, record_name
from decalogo.errors import KeyReusedError, KeyUsedError, RequestError

MAX_KEY = 255


def record_of(request: Request, token: Token) -> str:
    """Return the name of the record of the request's key, empty without a key; raise :class:`RequestError`."""
    given = request.headers.getlist("idempotency-key")
    if not given:
        return ""
    key = given[0]
    # The draft of the IETF has a quoted string (RFC 8941), and most clients send the bare key: both are the same key.
    if len(key) > 2 and key[0] == key[-1] == '"' and '"' not in key[1:-1]:
        key = key[1:-1]
    if len(given) > 1 or not 1 <= len(key) <= MAX_KEY or not (key.isascii() and key.isprintable()):
        raise RequestError(f"Idempotency-Key must be a single header of 1 to {MAX_KEY} visible ASCII characters.")
    return record_name(token.tenant, key)


@asynccontextmanager
async def held(services: Services, record: str) -> AsyncIterator[None]:
    """Lock a key during the block; raise :class:`KeyUsedError` if another upload has locked it."""
    if not record:
        yield
        return
    owner = secrets.token_hex(16)
    if not await in_thread(services.idempotency.lock, record, owner):
        raise KeyUsedError("Another upload with this Idempotency-Key is in progress.", retry_after=2)
    renewing = asyncio.create_task(_renew(services, record, owner))
    try:
        yield
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        with suppress(RedisError):  # the lock expires
            await in_thread(services.idempotency.unlock, record, owner)


async def _renew(services: Services, record: str, owner: str) -> None:
    while True:
        await asyncio.sleep(LOCK_SECONDS / 3)
        # Losing the lock in an outage is safe: the ledger accepts only one upload per key.
        with suppress(RedisError):
            await asyncio.to_thread(services.idempotency.lock, record, owner)


def accepted_before(services: Services, record: str, mark: str = "") -> Known | None:
    """Return the upload that was accepted with this key, or None; blocking.

    Args:
        services: services of the process.
        record: name of the key's record; empty without a key.
        mark: fingerprint of the payload; empty while it is unknown.

    Raises:
        KeyReusedError: the key was accepted with another payload.
    """
    known = services.idempotency.known(record) if record else None
    if known and mark and known.fingerprint != mark:
        raise KeyReusedError("This Idempotency-Key belongs to an upload with other documents or options.")
    return known
