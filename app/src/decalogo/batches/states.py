"""States and data of batches and documents.

Transitions between states happen only in ``lua/`` (``lua/lib/transitions.lua`` describes them).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal, Self, cast

from decalogo.batches import queues


class DocumentState(StrEnum):
    """State of a document. The last five are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    DEAD = "dead"
    CANCELLED = "cancelled"


TERMINAL = frozenset(DocumentState) - {DocumentState.QUEUED, DocumentState.RUNNING}


class BatchState(StrEnum):
    """State of a batch: ``queued`` until its first document starts, ``finished`` when all are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"


class BatchOutcome(StrEnum):
    """How a finished batch ended.

    ``partial``: some documents have a result, others none or a partial one. ``failed``: none has a result.
    """

    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Priority(StrEnum):
    """Priority of a batch."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a batch, which apply to all its documents.

    Attributes:
        rubric: name of a shipped rubric.
        priority: decides the queue of the documents.
        not_applicable: points to skip, with the submitter's reason, such as ``{"P9": "no hay cárcel"}``.
        ocr: ``auto`` applies OCR to pages without a text layer if the operator allows it; ``never`` does not.
    """

    rubric: str = "decalogo"
    priority: Priority = Priority.NORMAL
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    ocr: Literal["auto", "never"] = "auto"

    def to_json(self) -> str:
        """Return the form that the ledger stores."""
        asked = {"rubric": self.rubric, "priority": self.priority, "not_applicable": dict(self.not_applicable)}
        return json.dumps(asked | ({} if self.ocr == "auto" else {"ocr": self.ocr}), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Options:
        """Parse the output of :meth:`to_json`."""
        raw = json.loads(text)
        return cls(raw["rubric"], Priority(raw["priority"]), raw["not_applicable"], raw.get("ocr", "auto"))


@dataclass(frozen=True, slots=True)
class NewDocument:
    """Accepted document. Its bytes are already in the artifact store under ``documents/<document_id>``.

    Attributes:
        document_id: unguessable id, ``doc_`` and 26 characters.
        filename: name given by the submitter, cleaned for display; never used as a path.
        custom_id: id given by the submitter, unique in the batch; empty when there is none.
        sha256: hex digest of the bytes.
        size: bytes.
        large: whether it goes to the queue `large`, unless its priority is high.
        metadata: the submitter's pairs about the document.
        not_applicable: replaces that of the batch for this document; None: the batch's applies.
    """

    document_id: str
    filename: str
    custom_id: str
    sha256: str
    size: int
    large: bool = False
    metadata: Mapping[str, str] = field(default_factory=dict)
    not_applicable: Mapping[str, str] | None = None

    def to_row(self) -> dict[str, object]:
        """Return the form that ``admit.lua`` reads."""
        return {
            "id": self.document_id,
            "filename": self.filename,
            "custom_id": self.custom_id,
            "sha256": self.sha256,
            "size": self.size,
            "large": self.large,
            "metadata": dump_pairs(self.metadata or None),
            "not_applicable": dump_pairs(self.not_applicable),
        }

    def queue(self, priority: Priority) -> str:
        """Return the queue of its first attempt, as ``queue_of`` in ``lua/lib/queues.lua`` determines it."""
        if self.large and priority is not Priority.HIGH:
            return queues.LARGE
        return {Priority.HIGH: queues.HIGH, Priority.NORMAL: queues.NORMAL, Priority.LOW: queues.LOW}[priority]


@dataclass(frozen=True, slots=True)
class Handling:
    """Webhook, idempotency and audit of a batch; empty fields disable.

    Attributes:
        webhook: JSON ``{"url", "secret"}`` of the webhook that reports the finished batch.
        idempotency: Redis key of the idempotency record.
        fingerprint: hash of the payload, stored in that record.
        audit: JSON of a record for the audit log, which the API moves there.
    """

    webhook: str = ""
    idempotency: str = ""
    fingerprint: str = ""
    audit: str = ""


PLAIN: Final = Handling()


@dataclass(frozen=True, slots=True)
class Batch:
    """Batch in the ledger; times are Unix seconds (``finished_at`` is 0 until it finishes).

    ``metadata`` has the submitter's pairs about the batch. ``webhook_state`` is empty without a webhook and until the
    batch finishes, then ``pending``, ``delivered``, or the reason it was abandoned after ``webhook_attempts``.
    """

    job_id: str
    tenant: str
    state: BatchState
    counts: Mapping[str, int]
    options: Options
    created_at: float
    finished_at: float
    metadata: Mapping[str, str] = field(default_factory=dict)
    has_webhook: bool = False
    webhook_state: str = ""
    webhook_attempts: int = 0

    @property
    def outcome(self) -> BatchOutcome | None:
        """How the batch ended as a whole; None until it has finished."""
        if not self.finished_at:
            return None
        counts = self.counts
        if counts["succeeded"] == counts["total"]:
            return BatchOutcome.SUCCEEDED
        if counts["succeeded"] or counts["partial"]:
            return BatchOutcome.PARTIAL
        return BatchOutcome.CANCELLED if counts["cancelled"] == counts["total"] else BatchOutcome.FAILED

    def expires(self, retention_days: float) -> float:
        """Return when it is deleted, ``retention_days`` after its end; 0 until it finishes, and for 0 days (never)."""
        return self.finished_at + retention_days * 86_400 if self.finished_at and retention_days else 0.0

    @classmethod
    def from_row(cls, job_id: str, row: Mapping[str, str]) -> Self:
        """Parse the hash ``batch:<job_id>`` of the ledger."""
        counts = {name: int(row[name]) for name in ("total", *DocumentState)}
        finished_at = float(row["finished_at"])
        if finished_at:
            state = BatchState.FINISHED
        else:
            state = BatchState.QUEUED if counts["queued"] == counts["total"] else BatchState.RUNNING
        options = Options.from_json(row["options"])
        created_at, metadata = float(row["created_at"]), load_pairs(row.get("metadata")) or {}
        return cls(
            job_id,
            row["tenant"],
            state,
            counts,
            options,
            created_at,
            finished_at,
            metadata,
            "webhook" in row,
            row.get("webhook_state", ""),
            int(row.get("webhook_attempts", 0)),
        )


@dataclass(frozen=True, slots=True)
class Document:
    """Document in the ledger.

    Attributes:
        attempts: number of claims.
        problem: RFC 9457 members with the reason why there is no (full) result, else None.
        result_key: key of the result in the artifact store; empty while there is none.
        pages_key: key of the extracted pages; empty while there are none.
        losses: facts about each attempt that ended without a result, oldest first; a retry clears them.
        created_at, started_at, finished_at: Unix seconds; 0 before the event.
        metadata: the submitter's pairs about the document.
        not_applicable: replaces that of the batch for this document; None: the batch's applies.
    """

    document_id: str
    job_id: str
    tenant: str
    filename: str
    custom_id: str
    sha256: str
    size: int
    state: DocumentState
    attempts: int
    problem: Mapping[str, Any] | None
    result_key: str
    pages_key: str
    losses: Sequence[Mapping[str, Any]]
    created_at: float
    started_at: float
    finished_at: float
    metadata: Mapping[str, str] = field(default_factory=dict)
    not_applicable: Mapping[str, str] | None = None

    @property
    def name(self) -> str:
        """Name for people: the name in its metadata, the submitter's id, or the file name."""
        return self.metadata.get("name") or self.custom_id or self.filename

    @classmethod
    def from_row(cls, document_id: str, row: Mapping[str, str]) -> Self:
        """Parse the hash ``document:<document_id>`` of the ledger."""
        return cls(
            document_id=document_id,
            job_id=row["job_id"],
            tenant=row["tenant"],
            filename=row["filename"],
            custom_id=row["custom_id"],
            sha256=row["sha256"],
            size=int(row["size"]),
            state=DocumentState(row["state"]),
            attempts=int(row["attempts"]),
            problem=json.loads(row["problem"]) if row["problem"] else None,
            result_key=row["result_key"],
            pages_key=row["pages_key"],
            losses=[json.loads(line) for line in row.get("losses", "").split("\n") if line],
            created_at=float(row["created_at"]),
            started_at=float(row["started_at"]),
            finished_at=float(row["finished_at"]),
            metadata=load_pairs(row.get("metadata")) or {},
            not_applicable=load_pairs(row.get("not_applicable")),
        )


def dump_pairs(pairs: Mapping[str, str] | None) -> str:
    """Return pairs in the form of the ledger; empty for None."""
    return "" if pairs is None else json.dumps(dict(pairs), ensure_ascii=False)


def load_pairs(text: str | None) -> dict[str, str] | None:
    """Parse the output of :func:`dump_pairs`."""
    return cast("dict[str, str]", json.loads(text)) if text else None
