"""Models of the API's answers about batches and documents. Answers and OpenAPI documentation are made from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from decalogo.api.links import batch_links, document_links
from decalogo.api.translations import ENGLISH, translated
from decalogo.batches.states import Batch, BatchOutcome, BatchState, Document, DocumentState, Priority

_BATCH = "batch_0r5dkt9aq3w7x1y2z4c6v8b9n0"
_DOCUMENT = "doc_7m2p4s6t8v0w1x3y5z7a9b1c3d"


class Problem(BaseModel):
    """A problem document (RFC 9457). It says why a request failed or why a document has no full result."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="Stable identifier; see `/api/v1/problems`.", examples=["/problems/not-found"])
    title: str = Field("", examples=["Not found"])
    status: int | None = Field(None, examples=[404])
    detail: str = Field("", examples=["There is no such batch."])


class AcceptedDocument(BaseModel):
    """A document as it was accepted."""

    document_id: str = Field(examples=[_DOCUMENT])
    custom_id: str | None = Field(examples=["florencia"])
    filename: str = Field(description="Sanitized for display.", examples=["florencia-2020-2023.pdf"])
    metadata: dict[str, str] = Field(examples=[{"name": "Florencia", "code": "18001"}])


class AcceptedBatch(BaseModel):
    """A batch that is on disk. Every document of it ends with a result or a reason."""

    job_id: str = Field(examples=[_BATCH])
    state: BatchState
    documents: list[AcceptedDocument] = Field(description="In the order of submission.")
    links: dict[str, str]


class Counts(BaseModel):
    """Number of documents per state."""

    total: int
    queued: int
    running: int
    succeeded: int
    partial: int
    failed: int
    dead: int
    cancelled: int


class BatchOptions(BaseModel):
    """Options of a batch, with the defaults filled in."""

    rubric: str = Field(examples=["decalogo"])
    priority: Priority
    not_applicable: dict[str, str] = Field(examples=[{"P9": "no hay cárcel"}])
    ocr: Literal["auto", "never"]


class WebhookStatus(BaseModel):
    """Delivery of the webhook of a batch."""

    state: str = Field(
        description="`waiting` for the end of the batch, `pending` (it is tried or tried again), `delivered`, or"
        " `abandoned after N attempts: …` with the last reason.",
        examples=["delivered"],
    )
    attempts: int = Field(description="Attempts since the batch finished last.")


class BatchStatus(BaseModel):
    """Progress of a batch."""

    job_id: str = Field(examples=[_BATCH])
    state: BatchState = Field(description="`finished` once every document is in a terminal state.")
    outcome: BatchOutcome | None = Field(
        description="How it ended: `succeeded` (all documents), `partial` (some have a result), `failed` or `cancelled`"
        " (none has); null until it has finished."
    )
    counts: Counts
    webhook: WebhookStatus | None = Field(description="Delivery of its webhook; null without one.")
    options: BatchOptions
    metadata: dict[str, str] = Field(description="Your pairs.", examples=[{"name": "Planes 2024-2027"}])
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None = Field(
        description="When the appliance deletes it; null until it has finished, and if it is never deleted."
    )
    links: dict[str, str]

    @classmethod
    def of(cls, batch: Batch, base: str, retention_days: float) -> BatchStatus:
        """Return the API's view of ``batch``, which is deleted ``retention_days`` after it has finished (0: never)."""
        return cls(
            job_id=batch.job_id,
            state=batch.state,
            outcome=batch.outcome,
            webhook=WebhookStatus(state=batch.webhook_state or "waiting", attempts=batch.webhook_attempts)
            if batch.has_webhook
            else None,
            counts=Counts(**batch.counts),
            options=BatchOptions(
                rubric=batch.options.rubric,
                priority=batch.options.priority,
                not_applicable=dict(batch.options.not_applicable),
                ocr=batch.options.ocr,
            ),
            metadata=dict(batch.metadata),
            created_at=datetime.fromtimestamp(batch.created_at, UTC),
            finished_at=_moment(batch.finished_at),
            expires_at=_moment(batch.expires(retention_days)),
            links=batch_links(batch.job_id, base),
        )


class BatchList(BaseModel):
    """One page of batches, newest first."""

    batches: list[BatchStatus]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last page.")


class DocumentStatus(BaseModel):
    """Progress of a document."""

    document_id: str = Field(examples=[_DOCUMENT])
    job_id: str = Field(examples=[_BATCH])
    custom_id: str | None = Field(examples=["florencia"])
    filename: str = Field(examples=["florencia-2020-2023.pdf"])
    sha256: str = Field(description="Hash of the received bytes, hex.")
    size: int = Field(description="Bytes.")
    metadata: dict[str, str] = Field(description="Your pairs.", examples=[{"name": "Florencia", "code": "18001"}])
    not_applicable: dict[str, str] | None = Field(
        description="Points that do not apply to this document, with reasons; null: those of the batch apply."
    )
    state: DocumentState
    attempts: int = Field(description="How often a worker has claimed it.")
    problem: Problem | None = Field(description="Why it has no full result, or null.")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    links: dict[str, str]

    @classmethod
    def of(cls, document: Document, base: str, language: str = ENGLISH) -> DocumentStatus:
        """Return the API's view of ``document``, with its problem in a language."""
        return cls(
            document_id=document.document_id,
            job_id=document.job_id,
            custom_id=document.custom_id or None,
            filename=document.filename,
            sha256=document.sha256,
            size=document.size,
            metadata=dict(document.metadata),
            not_applicable=None if document.not_applicable is None else dict(document.not_applicable),
            state=document.state,
            attempts=document.attempts,
            problem=Problem(**translated(document.problem, language)) if document.problem else None,
            created_at=datetime.fromtimestamp(document.created_at, UTC),
            started_at=_moment(document.started_at),
            finished_at=_moment(document.finished_at),
            links=document_links(document.document_id, document.job_id, base),
        )


class DocumentList(BaseModel):
    """One page of a batch's documents, in the order of submission."""

    documents: list[DocumentStatus]
    next_cursor: str | None = Field(description="Send it as `cursor` for the next page; null on the last page.")


class Failure(BaseModel):
    """A document that ended without a result."""

    document_id: str = Field(examples=[_DOCUMENT])
    custom_id: str | None = Field(examples=["florencia"])
    filename: str = Field(examples=["florencia-2020-2023.pdf"])
    metadata: dict[str, str] = Field(examples=[{"name": "Florencia", "code": "18001"}])
    state: DocumentState
    problem: Problem | None

    @classmethod
    def of(cls, document: Document, language: str) -> Failure:
        """Return the API's view of ``document``, with its problem in a language."""
        return cls(
            document_id=document.document_id,
            custom_id=document.custom_id or None,
            filename=document.filename,
            metadata=dict(document.metadata),
            state=document.state,
            problem=Problem(**translated(document.problem, language)) if document.problem else None,
        )


class DocumentResult(BaseModel):
    """One entry of a batch's results."""

    document_id: str
    custom_id: str | None
    filename: str
    metadata: dict[str, str]
    state: DocumentState
    problem: Problem | None
    reviewed: dict[str, Any] | None = Field(
        description="Reviewed scores next to the machine's, with `state` and `signature`; null without a review."
    )
    result: dict[str, Any] | None = Field(description="The answer of `GET /documents/{document_id}/result`, or null.")


class Comparison(BaseModel):
    """Comparison of the documents of a batch: ranking, distribution per point, matrix of documents and points."""

    model_config = ConfigDict(extra="allow")

    schema_version: int
    documents: list[dict[str, Any]] = Field(description="Sorted by rank.")


class SearchHit(BaseModel):
    """A place that holds every word of a query."""

    document_id: str = Field(examples=[_DOCUMENT])
    filename: str
    custom_id: str | None
    page: int = Field(description="From 1.")
    start: int | None = Field(description="First character of the quote in the page's text; null for a page.")
    end: int | None = Field(description="The character after the quote's last; null for a page.")
    answers: list[str] = Field(description="Ids of the answers that use the quote.", examples=[["P1-D1-Q1"]])
    snippet: str = Field(description="The words around the first match.")


class SearchResult(BaseModel):
    """One page of hits, best first."""

    total: int = Field(description="Hits in all.")
    indexed: int = Field(description="Documents searched.")
    documents: int = Field(description="Documents with a result; more than `indexed` while the index is being built.")
    hits: list[SearchHit]
    next_cursor: str | None = Field(description="Give it as `cursor` for the next page; null on the last one.")


def _moment(seconds: float) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None
