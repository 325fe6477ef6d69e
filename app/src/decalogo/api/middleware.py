"""Give every request an id, a log line and metrics, and turn unexpected errors into a problem document."""

from __future__ import annotations

import re
import secrets
import time
from contextlib import suppress
from typing import Any, Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from decalogo.api.links import ROOT
from decalogo.api.problems import error_response
from decalogo.errors import DecalogoError
from decalogo.logs import get_logger
from decalogo.metrics.record import Sample, observe
from decalogo.storage.remote import ROOT as REMOTE_ROOT

_REQUEST_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")
_CLIENT_CLOSED_REQUEST = 499  # nginx's code, for log and metrics only

_log = get_logger(__name__)


MAX_BODY_BYTES: Final = 1 << 20
"""Greatest body of a request, except for routes that limit their bodies themselves."""
_OWN_BODY_LIMIT: Final = (f"{ROOT}/batch/upload", f"{REMOTE_ROOT}/attempts")


class _HeadSentError(Exception):
    """The headers of an answer to HEAD are sent."""


class RequestContext:
    """ASGI middleware: binds the request id to the log, returns it, and logs one line after the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection; pass on anything but HTTP unchanged."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
        scope.setdefault("state", {})["request_id"] = request_id
        observed = {"status": 0, "received": 0, "sent": 0}
        head = scope["method"] == "HEAD"
        limit = None if scope["path"].startswith(_OWN_BODY_LIMIT) else MAX_BODY_BYTES
        if head:
            # Routes know GET only. The server keeps the original scope, and so sends no body.
            scope = {**scope, "method": "GET"}

        async def counting_receive() -> Message:
            message = await receive()
            observed["received"] += len(message.get("body", b""))
            if limit is not None and observed["received"] > limit:
                raise HTTPException(413, f"The body exceeds its limit of {limit} bytes.")
            return message

        async def marking_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                observed["status"] = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers.update(scope["state"].get("rate_limit", {}))
            elif not head:
                observed["sent"] += len(message.get("body", b""))
            await send(message)
            if head and message["type"] == "http.response.start":
                await send({"type": "http.response.body", "body": b""})
                raise _HeadSentError  # ends the route: a stream would go on

        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, counting_receive, marking_send)
            except _HeadSentError:
                pass
            except ClientDisconnect:
                observed["status"] = _CLIENT_CLOSED_REQUEST
            except Exception:
                _log.exception("request failed", path=scope["path"])
                if observed["status"]:
                    raise  # the answer has begun: only a closed connection tells the client that it is incomplete
                detail = "An unexpected error occurred. Report the request id to the operator."
                answer = error_response(Request(scope), DecalogoError(detail))
                with suppress(_HeadSentError):
                    await answer(scope, receive, marking_send)
            finally:
                seconds = time.perf_counter() - started
                scope["method"] = "HEAD" if head else scope["method"]
                _count(scope, observed, seconds)
                _write_line(scope, observed, seconds)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_UNTIMED = "/events"  # the duration of a stream is that of its batch


def _route(scope: Scope) -> str | None:
    """Return the path template; the framework's own lacks the prefix of an included router."""
    path: str | None = getattr(scope.get("route"), "path", None)
    if path is not None and scope["path"].startswith(ROOT) and not path.startswith(ROOT):
        return ROOT + path
    return path


def _count(scope: Scope, observed: dict[str, int], seconds: float) -> None:
    route = _route(scope) or "unknown"
    method = scope["method"] if scope["method"] in _METHODS else "other"  # clients may send any word
    status, problem, token = str(observed["status"]), scope["state"].get("problem"), scope["state"].get("token")
    samples: list[Sample] = [("requests", 1, method, route, status), ("sent", observed["sent"], route)]
    if not route.endswith(_UNTIMED):
        samples.append(("seconds", seconds, method, route))
    if observed["received"]:
        samples.append(("received", observed["received"], route))
    if problem:
        samples.append(("problems", 1, problem, status))
    if token:
        samples.append(("token_requests", 1, token.tier.value))
    observe(*samples)


def _write_line(scope: Scope, observed: dict[str, int], seconds: float) -> None:
    token = scope["state"].get("token")
    fields: dict[str, Any] = {
        "method": scope["method"],
        "path": scope["path"],
        "route": _route(scope),
        "status": observed["status"],
        "seconds": round(seconds, 6),
        "bytes_received": observed["received"],
        "bytes_sent": observed["sent"],
        "client": (scope.get("client") or ("",))[0],
        "token": token.token_id if token else None,
        "tenant": token.tenant if token else None,
    }
    # Health checks every few seconds would drown the other lines.
    write = _log.debug if scope["path"].endswith(("/health", "/ready")) and observed["status"] == 200 else _log.info
    write("request", **fields)
