"""Give every answer of one piece an ETag, and answer 304 to a client that has it already."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from decalogo.api.downloads import REVALIDATE, etag_of, names

MAX_BYTES: Final = 4 << 20
_KEPT: Final = (b"etag", b"cache-control", b"vary")


class Validators:
    """ASGI middleware: ETags for answers to GET (and so to HEAD) that have none and that clients may store.

    Answers that a route streams have none: their end is not known when they begin.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []

        async def validating_send(message: Message) -> None:
            if message["type"] == "http.response.start" and _lacks_etag(message):
                held.append(message)
                return
            if held:
                start = held.pop()
                body = message.get("body", b"")
                if message["type"] == "http.response.body" and not message.get("more_body") and len(body) <= MAX_BYTES:
                    message = _validated(scope, start, body, message)
                await send(start)
            await send(message)

        await self._app(scope, receive, validating_send)


def _lacks_etag(start: Message) -> bool:
    headers = Headers(raw=start["headers"])
    return start["status"] == 200 and "etag" not in headers and "no-store" not in headers.get("cache-control", "")


def _validated(scope: Scope, start: Message, body: bytes, message: Message) -> Message:
    """Add the ETag to ``start``, or make it a 304; return the body's message."""
    headers, etag = MutableHeaders(scope=start), etag_of(body)
    headers["ETag"] = etag
    headers.setdefault("Cache-Control", REVALIDATE)
    if not names(Headers(scope=scope).get("if-none-match"), etag):
        return message
    start["status"] = 304
    start["headers"] = [(name, value) for name, value in start["headers"] if name.lower() in _KEPT]
    return {**message, "body": b""}
