"""Whether there is room for an upload, asked before a byte of it is read."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from starlette.requests import Request

from decalogo.access.tokens import Token
from decalogo.api.services import Services
from decalogo.errors import MediaTypeError, PayloadTooLargeError, RequestError, SlowBodyError, UnavailableError
from decalogo.settings import ApiSettings

FORM, JSON = "multipart/form-data", "application/json"


def media_type(request: Request) -> str:
    """Return which of the two kinds of body this is; raises :class:`MediaTypeError`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (FORM, JSON):
        raise MediaTypeError(f"The body must be {FORM} or {JSON}, not {kind or 'without a Content-Type'}.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise MediaTypeError("A compressed body (Content-Encoding) is not read here.")
    return kind


def announced_bytes(request: Request, limit: int) -> int:
    """Return the body's length as announced, 0 when it is not.

    Raises:
        PayloadTooLargeError: it is over ``limit``.
        RequestError: it is not a number.
    """
    raw = request.headers.get("content-length", "0")
    if not (raw.isascii() and raw.isdigit()):
        raise RequestError("Content-Length is not a number.")
    if int(raw) > limit:
        raise _too_large(limit)
    return int(raw)


def check_room(services: Services, token: Token, announced: int) -> None:
    """Raise :class:`UnavailableError` or :class:`QuotaError` when queue, disk or tenant have no room; blocking."""
    services.ledger.room(token.tenant, tenant_limit=services.limits(token).unfinished_documents)
    needed = services.settings.storage.min_free_bytes + announced
    if services.store.free_bytes() < needed:
        raise UnavailableError(
            "The artifact store has too little free disk space for this upload.", limit="disk", retry_after=300
        )


async def limited(body: AsyncIterator[bytes], limit: int, settings: ApiSettings) -> AsyncIterator[bytes]:
    """Yield the body's chunks; time counts while the client is waited for, not while the disk is.

    Raises:
        PayloadTooLargeError: as soon as there are more than ``limit`` bytes.
        SlowBodyError: nothing came for ``api.body_idle_seconds``, or too little (``api.body_bytes_per_second``).
    """
    received, waited = 0, 0.0
    while True:
        started = time.monotonic()
        try:
            chunk = await asyncio.wait_for(anext(body, None), settings.body_idle_seconds)
        except TimeoutError as error:
            raise SlowBodyError(f"Nothing came for {settings.body_idle_seconds:g} s.") from error
        if chunk is None:
            return
        waited += time.monotonic() - started
        received += len(chunk)
        if received > limit:
            raise _too_large(limit)
        if waited > settings.body_idle_seconds and received < waited * settings.body_bytes_per_second:
            raise SlowBodyError(f"The body comes at less than {settings.body_bytes_per_second} bytes a second.")
        yield chunk


def _too_large(limit: int) -> PayloadTooLargeError:
    return PayloadTooLargeError(f"The body is over its limit of {limit} bytes.", limit=limit)
