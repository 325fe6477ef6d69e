"""Compress texts with gzip, for clients that accept it."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from decalogo.reports import XLSX

MIN_BYTES: Final = 1024
_LEVEL: Final = 4
"""Of 9. Higher levels take twice the time and save a twentieth."""
_NO_TEXT: Final = (
    *DEFAULT_EXCLUDED_CONTENT_TYPES,
    XLSX,
    "application/octet-stream",
    "application/pdf",
    "application/epub+zip",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/x-ole-storage",
    "image/*",
)


class Compression:
    """ASGI middleware: gzip for answers of 1 KiB and more, except files, pictures and event streams.

    The reverse proxy compresses itself and asks the API for plain answers. The ETag of a compressed answer is weak, as
    nginx makes it: its bytes are not those of the plain answer.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = GZipMiddleware(app, MIN_BYTES, _LEVEL, exclude_content_types=_NO_TEXT)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""

        async def weakening_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-encoding") == "gzip" and headers.get("etag", "").startswith('"'):
                    headers["ETag"] = f"W/{headers['etag']}"
            await send(message)

        await self._app(scope, receive, weakening_send)
