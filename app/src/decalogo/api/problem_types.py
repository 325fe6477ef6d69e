"""List the problem types from the exception classes, and declare them in the OpenAPI document."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

from decalogo import errors
from decalogo.api.operator_schemas import ProblemType
from decalogo.api.problems import MEDIA_TYPE
from decalogo.api.schemas import Problem

# Errors of commands and of the Docker socket proxy, which the API never returns.
_LOCAL = {"embedded", "client", "engine", "bench", "ledger-format", "settings"}


def problem_types() -> dict[str, ProblemType]:
    """Return every problem type of an answer or a document, by slug."""
    found = {}
    for kind in _tree(errors.DecalogoError):
        if kind.slug not in _LOCAL:
            meaning = (inspect.getdoc(kind) or "").partition("\n")[0].replace("``", "`")
            found[kind.slug] = ProblemType(
                type=f"/problems/{kind.slug}", title=kind.title, status=kind.status, description=meaning
            )
    return found


Kind = type[errors.DecalogoError]


def declare(*kinds: Kind) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI ``responses`` of a route that may raise these errors, in addition to the common ones."""
    answers: dict[int | str, dict[str, Any]] = {}
    # The reverse proxy answers 400 to a malformed request.
    every: tuple[Kind, ...] = (*kinds, errors.RequestError, errors.RateLimitedError, errors.DecalogoError)
    for kind in dict.fromkeys(every):
        entry = answers.setdefault(
            kind.status, {"model": Problem, "description": "", "content": {MEDIA_TYPE: {"examples": {}}}}
        )
        entry["description"] = f"{entry['description']}; {kind.title}" if entry["description"] else kind.title
        entry["content"][MEDIA_TYPE]["examples"][kind.slug] = {"value": {**kind(kind.title + ".").problem()}}
        headers = entry.setdefault("headers", {})
        if kind in (errors.UnavailableError, errors.NotReadyError, errors.RateLimitedError, errors.QuotaError):
            headers["Retry-After"] = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        if kind is errors.UnauthorizedError:
            headers["WWW-Authenticate"] = {"description": "`Bearer`.", "schema": {"type": "string"}}
    return answers


def _tree(kind: type[errors.DecalogoError]) -> Iterator[type[errors.DecalogoError]]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from _tree(child)
