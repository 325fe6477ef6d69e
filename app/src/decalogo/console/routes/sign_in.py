"""Sign in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.concurrency import run_in_threadpool

from decalogo.api.audit import audit
from decalogo.api.dependencies import ServicesDep
from decalogo.api.sessions import check_origin, clear_cookie, session_of, set_cookie
from decalogo.console.pages import page, redirect
from decalogo.console.security import ChangingDep, safe_target
from decalogo.errors import UnauthorizedError
from decalogo.metrics.record import observe

router = APIRouter(include_in_schema=False)


@router.get("/")
async def start() -> Response:
    """Lead to the batches; the sign-in page comes first where there is no session."""
    return redirect("/batches")


@router.get("/sign-in")
def form(request: Request, services: ServicesDep, next: str = "") -> Response:
    """Show the form, or lead on when the browser is signed in already."""
    try:
        session_of(request, services)
    except UnauthorizedError:
        return page(request, "sign-in.html", target=safe_target(next), failed=False)
    return redirect(safe_target(next))


@router.post("/sign-in")
async def sign_in(
    request: Request, services: ServicesDep, token: Annotated[str, Form()] = "", next: Annotated[str, Form()] = ""
) -> Response:
    """Begin a session with a token; failures count against the address, as for the API."""
    check_origin(request)
    try:
        session_id = await run_in_threadpool(services.sessions.begin, token.strip())
    except UnauthorizedError as error:
        return await _refused(request, services, error, next)
    request.state.token = (await run_in_threadpool(services.sessions.check, session_id)).token
    await run_in_threadpool(audit, request, "session.begin")
    response = redirect(safe_target(next))
    set_cookie(request, response, session_id)
    return response


@router.get("/sign-in/{code}")
async def sign_in_link(request: Request, services: ServicesDep, code: str) -> Response:
    """Ask for confirmation of a one-time link; link previews must not use it up."""
    return page(request, "sign-in-link.html", code=code)


@router.post("/sign-in/{code}")
async def redeem(request: Request, services: ServicesDep, code: str) -> Response:
    """Begin a session with a one-time link."""
    check_origin(request)
    try:
        session_id = await run_in_threadpool(services.sessions.redeem, code)
    except UnauthorizedError as error:
        return await _refused(request, services, error, "")
    request.state.token = (await run_in_threadpool(services.sessions.check, session_id)).token
    await run_in_threadpool(audit, request, "session.begin", by="link")
    response = redirect("/batches")
    set_cookie(request, response, session_id)
    return response


@router.post("/sign-out")
async def sign_out(
    request: Request, services: ServicesDep, session: ChangingDep, everywhere: Annotated[str, Form()] = ""
) -> Response:
    """End this session, or every session of its token."""
    if everywhere:
        await run_in_threadpool(services.sessions.end_all, session.token.token_id)
    await run_in_threadpool(services.sessions.end, session)
    await run_in_threadpool(audit, request, "session.end", everywhere=bool(everywhere))
    response = redirect("/sign-in")
    clear_cookie(request, response)
    return response


async def _refused(request: Request, services: ServicesDep, error: UnauthorizedError, target: str) -> Response:
    observe(("auth_failures", 1, error.reason))
    await run_in_threadpool(services.rate_limits.count_failure, request)
    await run_in_threadpool(audit, request, "session.refused", reason=error.reason)
    return page(request, "sign-in.html", status=401, target=safe_target(target), failed=True)
