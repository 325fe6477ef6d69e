"""Check an upload before its body is read, and limit the body's size and pace while it arrives."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from starlette.requests import Request

from decalogo.access.tokens import Token
from decalogo.api.services import Services
from decalogo.batches.rejection import StoredLimits
from decalogo.errors import MediaTypeError, PayloadTooLargeError, RequestError, SlowBodyError, UnavailableError
from decalogo.settings import ApiSettings

FORM, JSON = "multipart/form-data", "application/json"


def media_type(request: Request) -> str:
    """Return the media type of the body; raise :class:`MediaTypeError` if it is neither a form nor JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (FORM, JSON):
        raise MediaTypeError(f"The body must be {FORM} or {JSON}; its Content-Type is {kind or 'missing'}.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise MediaTypeError("Compressed bodies (Content-Encoding) are not supported.")
    return kind


def announced_bytes(request: Request, limit: int) -> int:
    """Return the announced length of the body; 0 if it is not announced.

    Raises:
        PayloadTooLargeError: the length exceeds ``limit``.
        RequestError: the length is not a number.
    """
    raw = request.headers.get("content-length", "0")
    if not (raw.isascii() and raw.isdigit()):
        raise RequestError("Content-Length is not a number.")
    if int(raw) > limit:
        raise _too_large(limit)
    return int(raw)


def check_room(services: Services, token: Token, announced: int) -> None:
    """Raise :class:`UnavailableError` or :class:`QuotaError` if queue, disk or tenant have no capacity; blocking."""
    tier = services.limits(token)
    services.ledger.check_admission(
        token.tenant,
        tenant_limit=tier.unfinished_documents,
        stored=StoredLimits(tier.stored_documents, tier.stored_bytes),
    )
    needed = services.settings.storage.min_free_bytes + announced
    if services.store.free_bytes() < needed:
        raise UnavailableError(
            "The artifact store has too little free disk space for this upload.", limit="disk", retry_after=300
        )


async def limited_body(body: AsyncIterator[bytes], limit: int, settings: ApiSettings) -> AsyncIterator[bytes]:
    """Yield the chunks of the body; only the time that the client needs counts, not that of the disk.

    Raises:
        PayloadTooLargeError: the body exceeds ``limit`` bytes.
        SlowBodyError: nothing arrived for ``api.body_idle_seconds``, or less than ``api.body_bytes_per_second``.
    """
    received, waited = 0, 0.0
    while True:
        started = time.monotonic()
        try:
            chunk = await asyncio.wait_for(anext(body, None), settings.body_idle_seconds)
        except TimeoutError as error:
            raise SlowBodyError(f"No data arrived for {settings.body_idle_seconds:g} s.") from error
        if chunk is None:
            return
        waited += time.monotonic() - started
        received += len(chunk)
        if received > limit:
            raise _too_large(limit)
        if waited > settings.body_idle_seconds and received < waited * settings.body_bytes_per_second:
            raise SlowBodyError(f"The body arrives at less than {settings.body_bytes_per_second} bytes per second.")
        yield chunk


def _too_large(limit: int) -> PayloadTooLargeError:
    return PayloadTooLargeError(f"The body exceeds its limit of {limit} bytes.", limit=limit)
