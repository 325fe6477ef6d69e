"""The session cookie of a browser, and the proof that a changing request comes from this origin.

A session is as good as its token wherever a token is taken. Browsers send cookies on their own, so a request that
changes something must also carry the session's CSRF value and come from a page of this origin.
"""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request, Response

from decalogo.access.sessions import IDLE_SECONDS, Session
from decalogo.api.services import Services
from decalogo.errors import CrossSiteError, UnauthorizedError

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER: Final = "x-csrf-token"


def cookie_name(request: Request) -> str:
    """Return the name of the session cookie: over HTTPS one that browsers bind to this host."""
    return "__Host-decalogo" if request.url.scheme == "https" else "decalogo-session"


def set_cookie(request: Request, response: Response, session_id: str) -> None:
    """Give the browser its session."""
    response.set_cookie(
        cookie_name(request),
        session_id,
        max_age=IDLE_SECONDS,
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )


def clear_cookie(request: Request, response: Response) -> None:
    """Take the browser's session away."""
    response.delete_cookie(
        cookie_name(request), path="/", secure=request.url.scheme == "https", httponly=True, samesite="strict"
    )


def has_cookie(request: Request) -> bool:
    """Return whether the browser sent a session."""
    return cookie_name(request) in request.cookies


def session_of(request: Request, services: Services) -> Session:
    """Return the session of a request's cookie; blocking.

    Raises:
        UnauthorizedError: there is no cookie, or its session has ended.
    """
    session_id = request.cookies.get(cookie_name(request))
    if not session_id:
        raise UnauthorizedError("Sign in first.", "missing")
    return services.sessions.check(session_id)


def check_origin(request: Request) -> None:
    """Raise :class:`CrossSiteError` unless the browser says that the request comes from this origin."""
    site = request.headers.get("sec-fetch-site")
    if site is None:
        same = urlsplit(request.headers.get("origin", "")).netloc == request.headers.get("host")
    else:
        same = site == "same-origin"
    if not same:
        raise CrossSiteError("Open the page again and repeat what you did.")


def check_csrf(request: Request, session: Session, given: str | None) -> None:
    """Raise :class:`CrossSiteError` unless the request comes from this origin and carries its session's CSRF value."""
    check_origin(request)
    if not given or not hmac.compare_digest(given.encode(), session.csrf.encode()):
        raise CrossSiteError("The form is out of date: open the page again and repeat what you did.")
