"""Show, retry and drop the dead letters of all tenants, for operators."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from decalogo.api.audit import audit
from decalogo.api.dependencies import DeadLetter, Offset, Operator, ServicesDep, limited
from decalogo.api.operator_schemas import DeadLetterList, DeadLetterStatus
from decalogo.api.problem_types import declare
from decalogo.errors import BodyError, ForbiddenError, NotFoundError, UnauthorizedError, UnavailableError
from decalogo.logs import get_logger

router = APIRouter(prefix="/dead", tags=["operation"])

_COMMON = (UnauthorizedError, ForbiddenError, BodyError, UnavailableError)

_log = get_logger(__name__)


@router.get("", dependencies=[limited("reads")], summary="Dead letters", responses=declare(*_COMMON))
def dead_letters(
    _operator: Operator,
    services: ServicesDep,
    offset: Offset,
    limit: Annotated[int, Query(ge=1, le=1000, description="Documents per page.")] = 100,
) -> DeadLetterList:
    """Documents whose worker crashed or hung in every allowed attempt; newest first."""
    found = services.ledger.dead(offset=offset, limit=limit + 1)
    base = services.settings.api.public_url
    return DeadLetterList(
        documents=[DeadLetterStatus.of(document, base) for document in found[:limit]],
        next_cursor=str(offset + limit) if len(found) > limit else None,
    )


@router.get(
    "/{document_id}",
    dependencies=[limited("reads")],
    summary="One dead letter",
    responses=declare(*_COMMON, NotFoundError),
)
def dead_letter(document: DeadLetter, services: ServicesDep) -> DeadLetterStatus:
    """Tenant, attempts, and how each attempt ended."""
    return DeadLetterStatus.of(document, services.settings.api.public_url)


@router.post(
    "/{document_id}/retry",
    dependencies=[limited("changes")],
    status_code=202,
    summary="Retry a dead letter",
    responses=declare(*_COMMON, NotFoundError),
)
def retry(request: Request, document: DeadLetter, services: ServicesDep, operator: Operator) -> DeadLetterStatus:
    """Queue the document again, and reset the count of its lost attempts."""
    audit(request, "dead.retry", document=document.document_id)
    services.ledger.retry([document.document_id])
    _log.info("dead letter retried", document_id=document.document_id, by=operator.token_id)
    fresh = services.ledger.document(document.document_id)
    return DeadLetterStatus.of(fresh or document, services.settings.api.public_url)


@router.delete(
    "/{document_id}",
    dependencies=[limited("changes")],
    status_code=204,
    summary="Drop a dead letter",
    responses=declare(*_COMMON, NotFoundError),
)
def drop(request: Request, document: DeadLetter, services: ServicesDep, operator: Operator) -> None:
    """Remove the document from this list; in its batch it stays `dead`, with the reason."""
    audit(request, "dead.drop", document=document.document_id)
    services.ledger.drop_dead_letters([document.document_id])
    _log.info("dead letter dropped", document_id=document.document_id, by=operator.token_id)
