"""Full-text search in a batch."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request

from decalogo.api.audit import audit_read
from decalogo.api.dependencies import Offset, OwnBatch, ServicesDep, limited
from decalogo.api.problem_types import declare
from decalogo.api.schemas import SearchHit, SearchResult
from decalogo.errors import BodyError, ForbiddenError, NotFoundError, UnauthorizedError, UnavailableError
from decalogo.search.service import search

router = APIRouter(prefix="/batch", tags=["batches"], dependencies=[limited("reads")])


class SearchIn(StrEnum):
    """Where to search: in all texts, or in quotes only."""

    ALL = "all"
    QUOTES = "quotes"


@router.get(
    "/{job_id}/search",
    summary="Search the texts of a batch",
    responses=declare(UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError),
)
def search_batch(
    request: Request,
    batch: OwnBatch,
    services: ServicesDep,
    offset: Offset,
    q: Annotated[str, Query(min_length=1, max_length=500, description="Words; a phrase in double quotes.")],
    within: Annotated[SearchIn, Query(alias="in", description="`quotes`: only quotes that prove an answer.")] = (
        SearchIn.ALL
    ),
    limit: Annotated[int, Query(ge=1, le=100, description="Most hits on one page.")] = 20,
) -> SearchResult:
    """Finds pages and quotes that hold every word, without regard to case and accents.

    The index of a batch is built by its first searches: repeat while `indexed` is less than `documents`.
    """
    audit_read(request, "batch.search", batch=batch.job_id)
    answer = search(
        services.ledger,
        services.store,
        batch,
        q,
        quotes_only=within is SearchIn.QUOTES,
        offset=offset,
        limit=limit,
    )
    hits = [
        SearchHit(
            document_id=found.document.document_id,
            filename=found.document.filename,
            custom_id=found.document.custom_id or None,
            page=found.hit.page,
            start=found.hit.start,
            end=found.hit.end,
            answers=list(found.hit.answers),
            snippet="".join(text for _, text in found.snippet.parts),
        )
        for found in answer.found
    ]
    following = offset + limit
    return SearchResult(
        total=answer.total,
        indexed=answer.indexed,
        documents=answer.of,
        hits=hits,
        next_cursor=str(following) if following < answer.total else None,
    )
