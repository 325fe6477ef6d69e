"""What a worker on another host reads and writes of the artifact store: the files of an attempt that holds its claim.

Not part of the public interface: the edge refuses these addresses, and the hosts' door (``compose.hosts.yaml``) alone
passes them on. The other side is ``storage/remote.py``.
"""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import FileResponse
from fastapi.security.utils import get_authorization_scheme_param

from decalogo import __version__
from decalogo.access.hosts import Host
from decalogo.api.dependencies import ServicesDep
from decalogo.api.services import Services
from decalogo.api.upload.admission import limited
from decalogo.errors import ClaimLostError, NotFoundError, UnauthorizedError
from decalogo.metrics.record import observe
from decalogo.storage.remote import OWNER_HEADER, ROOT

router = APIRouter(prefix=ROOT, include_in_schema=False)

MOST_BYTES: Final = 256 << 20
"""Largest file of an attempt."""

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
    """Who the caller is here, and which version this is."""
    return {"name": host.name, "version": __version__}


@router.get("/attempts/{document_id}/{attempt}/{kind}/{name}")
def read(
    host: HostDep, services: ServicesDep, document_id: str, attempt: int, kind: str, name: str, owner: Owner = ""
) -> Response:
    """The document itself, or what its parts brought."""
    key, own = f"{kind}/{name}", _document(document_id)
    if key != f"documents/{own}" and not (kind == "parts" and name.startswith(f"{own}.")):
        raise NotFoundError("An attempt reads its own document only.")
    _check(services, document_id, attempt, owner, "read")
    path = services.store.path(key)
    if not path.is_file():
        raise NotFoundError(f"{key} is not there.")
    return FileResponse(path, media_type="application/octet-stream")


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
    """A result, page texts, or what a part brought; refused if the attempt was taken back, even just now."""
    key = f"{kind}/{name}"
    if key not in _written(document_id, attempt):
        raise NotFoundError("An attempt writes its own answer only.")
    await asyncio.to_thread(_check, services, document_id, attempt, owner, "write")
    with services.store.writer(key) as writer:
        async for chunk in limited(request.stream(), MOST_BYTES, services.settings.api):
            await asyncio.to_thread(writer.write, chunk)
        await asyncio.to_thread(_check, services, document_id, attempt, owner, "write")
        await asyncio.to_thread(writer.commit)
    return Response(status_code=204)


def _document(document_id: str) -> str:
    """Return the document of a document or part; raises :class:`NotFoundError` for what is neither."""
    found = _ATTEMPT_ID.fullmatch(document_id)
    if not found:
        raise NotFoundError("There is no such document.")
    return found[1]


def _written(document_id: str, attempt: int) -> set[str]:
    """Return the keys that an attempt may write: names that hold the attempt, or the part, and so replace nobody's."""
    if _document(document_id) != document_id:
        return {f"parts/{document_id}"}
    stem = f"{document_id}.{attempt}"
    return {f"results/{stem}.json", f"pages/{stem}.json.gz", f"parts/{stem}.0"}


def _check(services: Services, document_id: str, attempt: int, owner: str, what: str) -> None:
    if services.claims.holds(document_id, attempt, owner):
        return
    if what == "write":
        services.claims.note_late()
    raise ClaimLostError(
        f"Attempt {attempt} no longer holds {document_id}: its lease ended or it was cancelled; no answer of it counts."
    )
