"""The audit log, for operators."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import StringConstraints

from decalogo.api.dependencies import Moment, Operator, ServicesDep, limited
from decalogo.api.operator_schemas import AuditPage
from decalogo.api.problem_types import declare
from decalogo.audit.selection import Selection
from decalogo.errors import BodyError, ForbiddenError, UnauthorizedError, UnavailableError

ShortText = Annotated[str, StringConstraints(max_length=100)]

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
    since: Annotated[Moment | None, Query(description="RFC 3339; earliest time, included.")] = None,
    until: Annotated[Moment | None, Query(description="RFC 3339; latest time, not included.")] = None,
    action: Annotated[
        list[ShortText] | None, Query(max_length=20, description="Action; `*` stands for any text; repeatable.")
    ] = None,
    token: Annotated[ShortText, Query(description="Id of the token that acted or was changed.")] = "",
    subject: Annotated[ShortText, Query(description="Id of a batch, document, share or host.")] = "",
) -> AuditPage:
    """Who did what, when and from where, newest first. Each record holds the hash of the next older one in the log."""
    asked = Selection(_seconds(since), _seconds(until), tuple(action or ()), token, subject)
    records: list[dict[str, Any]] = services.audit_log.newest(limit, before=before, selection=asked)
    following = records[-1]["seq"] if len(records) == limit and records[-1]["seq"] > 1 else None
    return AuditPage(records=records, next_before=following)


def _seconds(time: datetime | None) -> float | None:
    return time.timestamp() if time else None
