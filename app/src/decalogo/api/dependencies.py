"""Dependencies of routes, as ``Annotated`` aliases: services, the caller, and batches and documents of the caller."""

from __future__ import annotations

import re
from typing import Annotated, Any, cast

from fastapi import Depends, Path, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AwareDatetime, BeforeValidator
from starlette.concurrency import run_in_threadpool

from decalogo.access.tokens import Scope, Token
from decalogo.api.rate_limits import Limit
from decalogo.api.services import Services
from decalogo.api.sessions import CSRF_HEADER, SAFE_METHODS, check_csrf, has_cookie, session_of
from decalogo.api.translations import preferred
from decalogo.batches.states import Batch, Document, DocumentState
from decalogo.errors import ForbiddenError, NotFoundError, UnauthorizedError
from decalogo.metrics.record import observe

_BATCH_ID = re.compile(r"batch_[0-9a-z]{26}")
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_DOCUMENT_ID = re.compile(r"doc_[0-9a-z]{26}")
_bearer = HTTPBearer(auto_error=False, scheme_name="token", description="`Authorization: Bearer dcl_<id>_<secret>`")


# Dependencies that do not block are `async`: FastAPI would run plain functions in a thread, which costs more.
async def _services(request: Request) -> Services:
    return cast(Services, request.app.state.services)


ServicesDep = Annotated[Services, Depends(_services)]


def _authenticate(request: Request, services: Services, credentials: HTTPAuthorizationCredentials | None) -> Token:
    try:
        if credentials is None and has_cookie(request):
            return _authenticate_browser(request, services)
        if credentials is None:
            raise UnauthorizedError("Send an access token in the header `Authorization: Bearer dcl_…`.", "missing")  # noqa: TRY301
        token = services.tokens.check(credentials.credentials)
    except UnauthorizedError as error:
        observe(("auth_failures", 1, error.reason))
        services.rate_limits.count_failure(request)
        raise
    request.state.token = token  # for other dependencies and the log line of this request
    return token


def _authenticate_browser(request: Request, services: Services) -> Token:
    session = session_of(request, services)
    if request.method not in SAFE_METHODS:
        check_csrf(request, session, request.headers.get(CSRF_HEADER))
    request.state.token = session.token
    return session.token


Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


async def _caller(request: Request, services: ServicesDep, credentials: Credentials) -> Token:
    known: Token | None = getattr(request.state, "token", None)
    if known is None:
        known = await run_in_threadpool(_authenticate, request, services, credentials)
    return known


Caller = Annotated[Token, Depends(_caller)]


def limited(limit: Limit) -> Any:
    """Return the dependency that counts every request of a route, including those that end in an error.

    It also authenticates the token, because one thread for both costs half of two threads.
    """

    def count(request: Request, services: ServicesDep, credentials: Credentials) -> None:
        _authenticate(request, services, credentials)
        services.rate_limits.count(request, limit)

    return Depends(count)


def _needs(token: Token, scope: Scope) -> Token:
    if scope not in token.scopes:
        raise ForbiddenError(f"The token lacks the scope `{scope}`.", scope=scope)
    return token


async def _submitter(token: Caller) -> Token:
    return _needs(token, Scope.SUBMIT)


async def _reader(token: Caller) -> Token:
    return _needs(token, Scope.READ)


async def _operator(token: Caller) -> Token:
    return _needs(token, Scope.OPERATE)


async def _reviewer(token: Caller) -> Token:
    return _needs(token, Scope.REVIEW)


Submitter = Annotated[Token, Depends(_submitter)]
Reader = Annotated[Token, Depends(_reader)]
Operator = Annotated[Token, Depends(_operator)]
Reviewer = Annotated[Token, Depends(_reviewer)]

JobId = Annotated[str, Path(description="Id of the batch.", examples=["batch_0r5dkt9aq3w7x1y2z4c6v8b9n0"])]
DocumentId = Annotated[str, Path(description="Id of the document.", examples=["doc_0r5dkt9aq3w7x1y2z4c6v8b9n0"])]


def _own_batch(services: ServicesDep, token: Reader, job_id: JobId) -> Batch:
    return find_batch(services, token, job_id)


def _batch_to_change(services: ServicesDep, token: Submitter, job_id: JobId) -> Batch:
    return find_batch(services, token, job_id)


def find_batch(services: Services, token: Token, job_id: str) -> Batch:
    """Return a batch of the token's tenant; raise :class:`NotFoundError`."""
    batch = services.ledger.own_batch(token.tenant, job_id) if _BATCH_ID.fullmatch(job_id) else None
    if batch is None:
        raise NotFoundError("No batch has this id.")
    return batch


def _own_document(services: ServicesDep, token: Reader, document_id: DocumentId) -> Document:
    return find_document(services, token, document_id)


def _document_to_change(services: ServicesDep, token: Submitter, document_id: DocumentId) -> Document:
    return find_document(services, token, document_id)


def _document_to_review(services: ServicesDep, token: Reviewer, document_id: DocumentId) -> Document:
    return find_document(services, token, document_id)


def find_document(services: Services, token: Token, document_id: str) -> Document:
    """Return a document of the token's tenant; raise :class:`NotFoundError`."""
    document = services.ledger.own_document(token.tenant, document_id) if _DOCUMENT_ID.fullmatch(document_id) else None
    if document is None:
        raise NotFoundError("No document has this id.")
    return document


OwnBatch = Annotated[Batch, Depends(_own_batch)]
OwnDocument = Annotated[Document, Depends(_own_document)]


def _dead_letter(services: ServicesDep, token: Operator, document_id: DocumentId) -> Document:
    document = services.ledger.document(document_id) if _DOCUMENT_ID.fullmatch(document_id) else None
    if document is None or document.state != DocumentState.DEAD:
        raise NotFoundError("No dead letter has this id.")
    return document


BatchToChange = Annotated[Batch, Depends(_batch_to_change)]
DocumentToChange = Annotated[Document, Depends(_document_to_change)]
DocumentToReview = Annotated[Document, Depends(_document_to_review)]
DeadLetter = Annotated[Document, Depends(_dead_letter)]


async def _language(request: Request) -> str:
    return preferred(request.headers.get("accept-language", ""))


Language = Annotated[str, Depends(_language)]
"""Language of problem texts in the answer."""


async def _offset(
    cursor: Annotated[
        str | None, Query(pattern=r"^[0-9]{1,9}$", description="`next_cursor` of the previous page; opaque.")
    ] = None,
) -> int:
    return int(cursor or 0)


Offset = Annotated[int, Depends(_offset)]


def _rfc3339(value: object) -> object:
    # pydantic would also accept a number, as seconds since 1970.
    if isinstance(value, str) and not _RFC3339.fullmatch(value):
        raise ValueError("must be a date and time with offset in the format of RFC 3339")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_rfc3339)]
