"""The audit log, for operators."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from decalogo.api.dependencies import Operator, ServicesDep, limited
from decalogo.api.operator_schemas import AuditPage
from decalogo.api.problem_types import declare
from decalogo.errors import BodyError, ForbiddenError, UnauthorizedError, UnavailableError

router = APIRouter(prefix="/audit", tags=["operation"])


@router.get(
    "",
    dependencies=[limited("reads")],
    summary="Audit log",
    responses=declare(UnauthorizedError, ForbiddenError, BodyError, UnavailableError),
)
def audit_log(
    _operator: Operator,
    services: ServicesDep,
    before: Annotated[int | None, Query(ge=1, description="`next_before` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="Most records on one page.")] = 100,
) -> AuditPage:
    """Who did what, when and from where, newest first. Each record holds the hash of the next older one."""
    records: list[dict[str, Any]] = services.audit_log.newest(limit, before=before)
    following = records[-1]["seq"] if len(records) == limit and records[-1]["seq"] > 1 else None
    return AuditPage(records=records, next_before=following)
