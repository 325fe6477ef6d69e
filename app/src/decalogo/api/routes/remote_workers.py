"""Artifact access for remote workers: they read and write the files of attempts that they have claimed.

Not part of the public API. The reverse proxy rejects these paths; only the remote-worker gateway
(``compose.hosts.yaml``) forwards them. The client is ``storage/remote.py``.
"""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.security.utils import get_authorization_scheme_param

from decalogo import __version__
from decalogo.access.hosts import Host
from decalogo.api.dependencies import ServicesDep
from decalogo.api.services import Services
from decalogo.api.stored_file import StoredFile
from decalogo.api.upload.admission import limited_body
from decalogo.errors import ClaimLostError, NotFoundError, UnauthorizedError
from decalogo.metrics.record import observe
from decalogo.storage.remote import OWNER_HEADER, ROOT

router = APIRouter(prefix=ROOT, include_in_schema=False)

MAX_BYTES: Final = 256 << 20
"""Greatest size of a file of an attempt."""

_ATTEMPT_ID = re.compile(r"(doc_[0-9a-z]{26})(\.[0-9]+\.[0-9]+)?")


def _host(request: Request, services: ServicesDep) -> Host:
    scheme, bearer = get_authorization_scheme_param(request.headers.get("Authorization"))
    try:
        return services.hosts.check(bearer if scheme.lower() == "bearer" else "")
    except UnauthorizedError as error:
        observe(("auth_failures", 1, error.reason))
        services.rate_limits.count_failure(request)
        raise


HostDep = Annotated[Host, Depends(_host)]
Owner = Annotated[str, Header(alias=OWNER_HEADER)]


@router.get("/host")
def host(host: HostDep) -> dict[str, str]:
    """Return the name of the calling host and the version of this one."""
    return {"name": host.name, "version": __version__}


@router.get("/attempts/{document_id}/{attempt}/{kind}/{name}")
def read(
    host: HostDep, services: ServicesDep, document_id: str, attempt: int, kind: str, name: str, owner: Owner = ""
) -> Response:
    """Return the document or the results of its parts."""
    key, own = f"{kind}/{name}", _document(document_id)
    if key != f"documents/{own}" and not (kind == "parts" and name.startswith(f"{own}.")):
        raise NotFoundError("An attempt can read only its own document.")
    check_claim(services, host, document_id, attempt, owner, "read")
    try:
        return StoredFile(services.store.open(key), media_type="application/octet-stream")
    except FileNotFoundError as error:
        raise NotFoundError(f"{key} does not exist.") from error


@router.put("/attempts/{document_id}/{attempt}/{kind}/{name}", status_code=204)
async def write(
    request: Request,
    host: HostDep,
    services: ServicesDep,
    document_id: str,
    attempt: int,
    kind: str,
    name: str,
    owner: Owner = "",
) -> Response:
    """Store a result, page texts or the result of a part; reject them if the attempt loses its claim meanwhile."""
    key = f"{kind}/{name}"
    if key not in written(document_id, attempt):
        raise NotFoundError("An attempt can write only its own results.")
    await asyncio.to_thread(check_claim, services, host, document_id, attempt, owner, "write")
    with services.store.writer(key) as writer:
        async for chunk in limited_body(request.stream(), MAX_BYTES, services.settings.api):
            await asyncio.to_thread(writer.write, chunk)
        await asyncio.to_thread(check_claim, services, host, document_id, attempt, owner, "write")
        await asyncio.to_thread(writer.commit)
    return Response(status_code=204)


def _document(document_id: str) -> str:
    """Return the document of a document or part id; raise :class:`NotFoundError` for other ids."""
    found = _ATTEMPT_ID.fullmatch(document_id)
    if not found:
        raise NotFoundError("There is no such document.")
    return found[1]


def written(document_id: str, attempt: int) -> set[str]:
    """Return the keys that an attempt may write; they contain the attempt or part, so they replace no other's files."""
    if _document(document_id) != document_id:
        return {f"parts/{document_id}"}
    stem = f"{document_id}.{attempt}"
    return {f"results/{stem}.json", f"pages/{stem}.json.gz", f"parts/{stem}.0"}


def owner_of(host: Host, task: str) -> str:
    """Return the owner, in the ledger, of an attempt that a Celery task of a joined host runs.

    Only the API writes such owners. A task of another host, or of the first one, never has the same.
    """
    return f"{host.redis_user}:{task}"


def check_claim(services: Services, host: Host, document_id: str, attempt: int, owner: str, what: str) -> None:
    """Raise :class:`ClaimLostError` unless this host runs the current attempt at a document (or part)."""
    if owner and services.claims.holds(document_id, attempt, owner_of(host, owner)):
        return
    if what == "write":
        services.claims.count_fenced()
    raise ClaimLostError(
        f"Attempt {attempt} of {document_id} has lost its claim: its lease expired or it was cancelled."
    )
