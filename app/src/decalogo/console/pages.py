"""Turns templates into answers, with what every page needs: words, visitor, security headers."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

import jinja2
from fastapi import Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from decalogo import __version__
from decalogo.access.sessions import Session
from decalogo.access.tokens import Scope
from decalogo.console.assets import asset
from decalogo.console.languages import COOKIE, LANGUAGES, console_words, language_of

POLICY: Final = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
_YEAR: Final = 31_536_000


@lru_cache(maxsize=1)
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("decalogo.console"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = asset
    environment.globals["version"] = __version__
    return environment


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """Return a page.

    Args:
        request: the request it answers.
        template: name of the template in ``templates/``.
        status: of the answer.
        **values: names that the template uses besides ``w`` (words), ``visitor``, ``language`` and ``when``.
    """
    language = language_of(request)
    visitor: Session | None = getattr(request.state, "session", None)
    words = console_words(language)

    def when(seconds: float) -> str:
        return datetime.fromtimestamp(seconds, UTC).strftime(words["date_format"]) if seconds else "–"

    html = (
        _environment()
        .get_template(template)
        .render(
            w=words,
            language=language,
            languages=LANGUAGES,
            visitor=visitor,
            is_operator=visitor is not None and Scope.OPERATE in visitor.token.scopes,
            when=when,
            path=request.url.path,
            **values,
        )
    )
    response = HTMLResponse(html, status_code=status, headers=security_headers())
    if request.query_params.get("lang") in LANGUAGES:
        response.set_cookie(COOKIE, language, max_age=_YEAR, path="/", samesite="lax", httponly=True)
    return response


def security_headers() -> dict[str, str]:
    """Return the headers of every page: nothing foreign runs, nobody frames it, nothing is kept after signing out."""
    return {
        "Content-Security-Policy": POLICY,
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Vary": "Accept-Language, Cookie",
    }


def redirect(target: str) -> Response:
    """Answer a form: the browser goes on to ``target`` with GET."""
    return RedirectResponse(target, status_code=303, headers={"Cache-Control": "no-store"})
