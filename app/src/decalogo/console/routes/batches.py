"""The batches of the visitor's tenant, and the place to upload new ones."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Body, Query, Request, Response

from decalogo.access.tokens import Scope
from decalogo.api.dependencies import ServicesDep
from decalogo.api.sessions import check_origin
from decalogo.api.upload.options import rubric_points
from decalogo.api.upload.submit import submit
from decalogo.batches.listing import CURSOR, Filter
from decalogo.batches.states import BatchState
from decalogo.console.pages import page, redirect
from decalogo.console.security import ChangingDep, VisitorDep, needs

router = APIRouter(include_in_schema=False)

_PAGE = 50
_RECENT = 100
"""Latest batches in which a file is looked for before it is sent again."""

_MOST = 20_000
"""Documents after which no further batch is searched."""


@router.get("/batches")
def batches(
    request: Request,
    services: ServicesDep,
    session: VisitorDep,
    state: BatchState | None = None,
    cursor: Annotated[str | None, Query(pattern=CURSOR)] = None,
) -> Response:
    """List batches, newest first."""
    needs(session, Scope.READ)
    found, next_cursor = services.listing.page(session.token.tenant, Filter(state=state), _PAGE, cursor)
    return page(
        request,
        "batches.html",
        batches=found,
        next_cursor=next_cursor,
        state=state,
        states=list(BatchState),
        retention_days=services.settings.storage.retention_days,
        may_submit=Scope.SUBMIT in session.token.scopes,
        limits=services.limits(session.token),
        max_upload_bytes=min(services.limits(session.token).upload_bytes, services.settings.api.max_upload_bytes),
        points=rubric_points(services.settings.evaluation.rubric) or (),
    )


@router.post("/upload")
async def upload(request: Request, services: ServicesDep, session: VisitorDep) -> Response:
    """Take the plain form, for browsers without scripts; the streamed body cannot be searched for a CSRF value first.

    The check of the origin and the cookie's ``SameSite=Strict`` protect it.
    """
    check_origin(request)
    needs(session, Scope.SUBMIT)
    accepted = await submit(request, services, session.token)
    return redirect(f"/batches/{accepted.job_id}")


@router.post("/upload/known")
def known(
    services: ServicesDep, session: ChangingDep, hashes: Annotated[list[str], Body(max_length=5000)]
) -> dict[str, str]:
    """Return the batch of each SHA-256 digest that the tenant's latest batches have: it need not be sent again."""
    wanted = set(hashes)
    batches, _ = services.listing.page(session.token.tenant, Filter(), _RECENT)
    found: dict[str, str] = {}
    seen = 0
    for batch in batches:
        for document in services.ledger.iterate(batch.job_id):
            if document.sha256 in wanted:
                found.setdefault(document.sha256, batch.job_id)
        seen += batch.counts["total"]
        if len(found) == len(wanted) or seen >= _MOST:
            break
    return found
