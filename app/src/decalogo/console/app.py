"""Puts the console under ``/``: its routes, and its errors as pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from fastapi import FastAPI, Request, Response

from decalogo.api.sessions import clear_cookie, has_cookie
from decalogo.console import assets
from decalogo.console.pages import page, redirect
from decalogo.console.routes import (
    administration,
    answers,
    batch,
    batches,
    changes,
    comparison,
    documents,
    pictures,
    quality,
    reading,
    reviews,
    search,
    sign_in,
    summary,
)
from decalogo.console.security import SignInNeeded, sign_in_address

_ROUTERS = (
    assets.router,
    sign_in.router,
    batches.router,
    batch.router,
    changes.router,
    comparison.router,
    administration.router,
    documents.router,
    answers.router,
    pictures.router,
    quality.router,
    reading.router,
    reviews.router,
    search.router,
    summary.router,
)


def mount(app: FastAPI) -> None:
    """Add the console to the application."""
    for router in _ROUTERS:
        app.include_router(router)
    app.add_exception_handler(SignInNeeded, _to_sign_in)
    app.state.problem_page = problem_page


async def _to_sign_in(request: Request, _error: Exception) -> Response:
    response = redirect(sign_in_address(request))
    if has_cookie(request):
        clear_cookie(request, response)
    return response


def wants_page(request: Request) -> bool:
    """Return whether a problem should be shown as a page: a browser navigates, outside the API."""
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def problem_page(request: Request, problem: Mapping[str, object]) -> Response | None:
    """Return a problem as a page where a person looks, otherwise None."""
    if not wants_page(request):
        return None
    return page(request, "error.html", status=cast(int, problem["status"]), problem=problem)
