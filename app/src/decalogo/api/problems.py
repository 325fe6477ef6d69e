"""Answer every error with an ``application/problem+json`` document (RFC 9457)."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, cast

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from redis.exceptions import RedisError
from starlette.exceptions import HTTPException

from decalogo.api.translations import preferred, translated
from decalogo.errors import (
    BodyError,
    DecalogoError,
    ForbiddenError,
    MethodNotAllowedError,
    NotFoundError,
    PayloadTooLargeError,
    RangeError,
    RequestError,
    SlowBodyError,
    UnauthorizedError,
    UnavailableError,
)
from decalogo.logs import get_logger

MEDIA_TYPE = "application/problem+json"
MAX_ERRORS = 20

_log = get_logger(__name__)


def problem_response(
    request: Request, problem: Mapping[str, object], headers: Mapping[str, str] | None = None
) -> Response:
    """Return the answer for ``problem``, with its status, and with path and id of the request added."""
    request.state.problem = str(problem["type"]).rpartition("/")[2]  # for the metric of problems
    language = preferred(request.headers.get("accept-language", ""))
    problem = translated(problem, language)
    shown = getattr(request.app.state, "problem_page", None)
    page: Response | None = shown(request, problem) if shown else None
    if page is not None:
        page.headers.update(headers or {})
        return page
    body = {**problem, "instance": request.url.path, "request_id": getattr(request.state, "request_id", None)}
    return Response(
        orjson.dumps(body, default=str),
        status_code=cast(int, problem["status"]),
        media_type=MEDIA_TYPE,
        headers={"Cache-Control": "no-store", **_of_language(language), **(headers or {})},
    )


def _of_language(language: str) -> dict[str, str]:
    return {"Content-Language": language, "Vary": "Accept-Language"}


def error_response(request: Request, error: DecalogoError) -> Response:
    """Return the answer for an error, with the headers that its kind needs."""
    headers: dict[str, str] = {}
    retry_after = error.extra.get("retry_after")
    if isinstance(retry_after, int | float):
        headers["Retry-After"] = str(max(1, math.ceil(retry_after)))
    if isinstance(error, RangeError):
        headers["Content-Range"] = f"bytes */{error.extra['size']}"
    if isinstance(error, SlowBodyError):
        headers["Connection"] = "close"  # the rest of the body may still arrive
    if isinstance(error, UnauthorizedError):
        given = "authorization" in request.headers
        headers["WWW-Authenticate"] = 'Bearer realm="decalogo"' + (', error="invalid_token"' if given else "")
    if isinstance(error, ForbiddenError) and "scope" in error.extra:
        headers["WWW-Authenticate"] = (
            f'Bearer realm="decalogo", error="insufficient_scope", scope="{error.extra["scope"]}"'
        )
    return problem_response(request, error.problem(), headers)


def body_error(errors: Sequence[Mapping[str, str]], count: int = 0) -> BodyError:
    """Return the error for one or more mistakes in a body.

    Args:
        errors: ``where`` and ``detail`` of each; the first ``MAX_ERRORS`` are reported.
        count: number of mistakes if ``errors`` has only the first of them.
    """
    first = f"{errors[0]['where']}: {errors[0]['detail']}"
    more = max(count, len(errors)) - 1
    return BodyError(first + (f" (and {more} more)" if more else ""), errors=list(errors[:MAX_ERRORS]))


def validation_error(error: ValidationError, root: str = "") -> BodyError:
    """Return the error for pydantic's errors under ``root``, with ``where`` (``options.custom_ids[2]``) and reason.

    pydantic creates an object per error, so the model must bound their number.
    """
    return _body_error(error.errors(include_url=False, include_context=False, include_input=False), root)


def _body_error(errors: Sequence[Any], root: str = "") -> BodyError:
    first = [{"where": _where(root, error["loc"]), "detail": error["msg"]} for error in errors[:MAX_ERRORS]]
    return body_error(first, len(errors))


def _where(root: str, location: Sequence[str | int]) -> str:
    path = root
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f"{'.' if path else ''}{step}"
    return path or "body"


def _on_decalogo_error(request: Request, error: Exception) -> Response:
    if isinstance(error, DecalogoError) and error.status >= 500:
        _log.warning("request rejected", problem=error.slug, detail=error.detail)
    return error_response(request, cast(DecalogoError, error))


def _on_http_exception(request: Request, error: Exception) -> Response:
    raised = cast(HTTPException, error)
    known: dict[int, DecalogoError] = {
        404: NotFoundError("No resource has this path."),
        405: MethodNotAllowedError(f"This path does not support {request.method}."),
        413: PayloadTooLargeError(str(raised.detail)),
    }
    answer = known.get(raised.status_code)
    if answer is not None:
        headers = dict(raised.headers or {})
        if raised.status_code == 405:
            headers["Allow"] = ", ".join(_methods(request)) or headers.get("Allow", "")
        return problem_response(request, answer.problem(), headers)
    problem = {**RequestError(str(raised.detail)).problem(), "status": raised.status_code}
    return problem_response(request, problem, raised.headers)


def _methods(request: Request) -> list[str]:
    """Return the methods of the request's path; the router only knows those of the first matching route."""
    paths, path = request.app.openapi()["paths"], request.url.path
    found: set[str] = set(paths.get(path, ()))
    for template, operations in paths.items():
        if not found and re.fullmatch(re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template)), path):
            found.update(operations)
    return sorted({name.upper() for name in found} | ({"HEAD"} if "get" in found else set()))


def _on_validation_error(request: Request, error: Exception) -> Response:
    return error_response(request, _body_error(cast(RequestValidationError, error).errors()))


def _on_redis_error(request: Request, error: Exception) -> Response:
    _log.error("redis failed", error=f"{type(error).__name__}: {error}")
    return error_response(request, UnavailableError("The ledger does not answer.", retry_after=5))


def install(app: FastAPI) -> None:
    """Make ``app`` answer errors as problems; ``middleware`` catches unexpected ones."""
    app.add_exception_handler(DecalogoError, _on_decalogo_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(RedisError, _on_redis_error)
