"""Who looks at a page: the session, its scopes, and the way to the sign-in page."""

from __future__ import annotations

from typing import Annotated, cast
from urllib.parse import quote

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from decalogo.access.sessions import Session
from decalogo.access.tokens import Scope
from decalogo.api.services import Services
from decalogo.api.sessions import CSRF_HEADER, SAFE_METHODS, check_csrf, session_of
from decalogo.errors import ForbiddenError, UnauthorizedError


class SignInNeeded(Exception):
    """The page needs a session; the handler redirects to the sign-in page."""


async def _session(request: Request) -> Session:
    services = cast(Services, request.app.state.services)
    try:
        session = await run_in_threadpool(session_of, request, services)
    except UnauthorizedError as error:
        raise SignInNeeded from error
    request.state.token = session.token  # for the log line of this request
    request.state.session = session
    return session


async def _changing(request: Request, session: VisitorDep) -> Session:
    given = request.headers.get(CSRF_HEADER)
    if given is None and request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        field = (await request.form()).get("csrf")
        given = field if isinstance(field, str) else None
    check_csrf(request, session, given)
    return session


async def _operator(session: VisitorDep) -> Session:
    if Scope.OPERATE not in session.token.scopes:
        raise ForbiddenError("This page is for operators: the token lacks the scope `operate`.", scope=Scope.OPERATE)
    return session


async def _changing_operator(session: ChangingDep) -> Session:
    return await _operator(session)


VisitorDep = Annotated[Session, Depends(_session)]
"""The visitor's session."""
ChangingDep = Annotated[Session, Depends(_changing)]
"""The same for a form that changes something: origin and CSRF value are checked."""
OperatorDep = Annotated[Session, Depends(_operator)]
ChangingOperatorDep = Annotated[Session, Depends(_changing_operator)]


def needs(session: Session, scope: Scope) -> None:
    """Raise :class:`ForbiddenError` unless the session's token has a scope."""
    if scope not in session.token.scopes:
        raise ForbiddenError(f"The token lacks the scope `{scope}`.", scope=scope)


def sign_in_address(request: Request) -> str:
    """Return the sign-in page's address; it leads back to the page that was asked for."""
    target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    if request.method not in SAFE_METHODS or target == "/":
        return "/sign-in"
    return f"/sign-in?next={quote(target, safe='')}"


def safe_target(target: str) -> str:
    """Return where to go after signing in: a path of this console, never another site."""
    if not target.startswith("/") or target.startswith(("//", "/\\", "/api/", "/sign-")):
        return "/batches"
    return target
