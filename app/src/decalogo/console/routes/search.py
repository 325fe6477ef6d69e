"""Search in the texts of a batch."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query, Request, Response

from decalogo.api.audit import audit_read
from decalogo.api.dependencies import ServicesDep
from decalogo.api.routes.search import SearchIn
from decalogo.console.found import BatchDep
from decalogo.console.pages import page
from decalogo.search.service import search

router = APIRouter(include_in_schema=False)

_PAGE: Final = 20


@router.get("/batches/{job_id}/search")
def search_page(
    request: Request,
    batch: BatchDep,
    services: ServicesDep,
    q: Annotated[str, Query(max_length=500)] = "",
    within: Annotated[SearchIn, Query(alias="in")] = SearchIn.ALL,
    number: Annotated[int, Query(ge=1, le=100_000, alias="page")] = 1,
) -> Response:
    """Show the hits of a query, with the words around each."""
    answer = None
    if q.strip():
        audit_read(request, "batch.search", batch=batch.job_id)
        answer = search(
            services.ledger,
            services.store,
            batch,
            q,
            quotes_only=within is SearchIn.QUOTES,
            offset=(number - 1) * _PAGE,
            limit=_PAGE,
        )
    last = max(1, -(-answer.total // _PAGE)) if answer else 1
    return page(request, "search.html", batch=batch, q=q, within=within, answer=answer, number=number, last=last)
