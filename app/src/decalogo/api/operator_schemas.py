"""Models of the API's answers for operators: dead letters, audit log, health, and problem types."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from decalogo.api.schemas import DocumentStatus
from decalogo.api.translations import ENGLISH
from decalogo.batches.states import Document


class Loss(BaseModel):
    """An attempt that ended without a result; unknown values are null."""

    attempt: int = Field(description="Number, from 1.")
    cause: str = Field(
        description="`signal`, `exit`, `time-limit`, `memory`, `error`, or `silence` (the worker stopped responding)."
    )
    reason: str = Field(examples=["its process was killed by SIGKILL"])
    signal: str | None = Field(None, examples=["SIGKILL"])
    exit_status: int | None = None
    stage: str | None = Field(
        None, description="Last stage: `start`, `extract`, `recognise`, `match`, `score`, `store`."
    )
    page: int | None = Field(None, description="Last page, from 1.")
    peak_memory_bytes: int | None = Field(None, description="Highest observed resident memory of its process.")
    host: str | None = Field(None, description="Host or container of its worker.")
    seconds: float = Field(description="Duration.")
    ended_at: datetime


class DeadLetterStatus(DocumentStatus):
    """A document whose attempts were all lost, as operators see it."""

    tenant: str = Field(description="Tenant that owns the document.", examples=["alcaldia"])
    losses: list[Loss] = Field(description="Lost attempts, oldest first.")

    @classmethod
    def of(cls, document: Document, base: str, language: str = ENGLISH) -> DeadLetterStatus:
        """Return the operators' view of ``document``, with its problem in a language."""
        losses = [Loss.model_validate(loss) for loss in document.losses]
        return cls(tenant=document.tenant, losses=losses, **dict(DocumentStatus.of(document, base, language)))


class DeadLetterList(BaseModel):
    """One page of dead letters, newest first."""

    documents: list[DeadLetterStatus]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last page.")


class AuditPage(BaseModel):
    """One page of the audit log, newest first."""

    records: list[dict[str, Any]]
    next_before: int | None = Field(description="Give it as `before` for the next page; null on the last one.")


class Health(BaseModel):
    """The process responds."""

    state: str = Field(examples=["alive"])
    version: str


class Ready(BaseModel):
    """The appliance can accept and evaluate documents."""

    state: str = Field(examples=["ready"])
    checks: dict[str, str] = Field(examples=[{"redis": "ok", "artifacts": "ok", "workers": "ok"}])


class ProblemType(BaseModel):
    """A problem type."""

    type: str
    title: str
    status: int
    description: str
