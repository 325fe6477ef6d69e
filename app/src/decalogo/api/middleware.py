"""Around every request: an id, a log line, and a clean problem when something breaks that nobody expected."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from decalogo.api.links import ROOT
from decalogo.api.problems import error_response
from decalogo.errors import DecalogoError
from decalogo.logs import get_logger
from decalogo.metrics.record import Sample, observe

_REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
_CLIENT_WENT_AWAY = 499  # nginx's number for it; nobody is there to see it but the log

_log = get_logger(__name__)


class RequestContext:
    """ASGI middleware: binds the request's id to the log, returns it, and writes one line when the answer is out."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; anything but HTTP is passed on untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
        scope.setdefault("state", {})["request_id"] = request_id
        seen = {"status": 0, "received": 0, "sent": 0}

        async def counting_receive() -> Message:
            message = await receive()
            seen["received"] += len(message.get("body", b""))
            return message

        async def marking_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                seen["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers.update(scope["state"].get("rate_limit", {}))
            else:
                seen["sent"] += len(message.get("body", b""))
            await send(message)

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, counting_receive, marking_send)
            except ClientDisconnect:
                seen["status"] = _CLIENT_WENT_AWAY
            except Exception:
                _log.exception("request failed", path=scope["path"])
                if seen["status"]:
                    raise  # half an answer is out: only a cut connection can still say that it is not whole
                answer = error_response(Request(scope), DecalogoError("Something broke here; the request's id helps."))
                await answer(scope, receive, marking_send)
            finally:
                seconds = time.perf_counter() - started
                _count(scope, seen, seconds)
                _write_line(scope, seen, seconds)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNTIMED = "/events"  # a stream lasts as long as its batch


def _route(scope: Scope) -> str | None:
    """Return the template of the address; the framework's own lacks the prefix that its router was included with."""
    path: str | None = getattr(scope.get("route"), "path", None)
    if path is not None and scope["path"].startswith(ROOT) and not path.startswith(ROOT):
        return ROOT + path
    return path


def _count(scope: Scope, seen: dict[str, int], seconds: float) -> None:
    route = _route(scope) or "unknown"
    method = scope["method"] if scope["method"] in _METHODS else "other"  # a stranger may send any word
    status, problem, token = str(seen["status"]), scope["state"].get("problem"), scope["state"].get("token")
    samples: list[Sample] = [("requests", 1, method, route, status), ("sent", seen["sent"], route)]
    if not route.endswith(_UNTIMED):
        samples.append(("seconds", seconds, method, route))
    if seen["received"]:
        samples.append(("received", seen["received"], route))
    if problem:
        samples.append(("problems", 1, problem, status))
    if token:
        samples.append(("token_requests", 1, token.tier.value))
    observe(*samples)


def _write_line(scope: Scope, seen: dict[str, int], seconds: float) -> None:
    token = scope["state"].get("token")
    fields: dict[str, Any] = {
        "method": scope["method"],
        "path": scope["path"],
        "route": _route(scope),
        "status": seen["status"],
        "seconds": round(seconds, 6),
        "bytes_received": seen["received"],
        "bytes_sent": seen["sent"],
        "client": (scope.get("client") or ("",))[0],
        "token": token.token_id if token else None,
        "tenant": token.tenant if token else None,
    }
    # A probe every few seconds would bury everything else.
    write = _log.debug if scope["path"].endswith(("/health", "/ready")) and seen["status"] == 200 else _log.info
    write("request", **fields)
