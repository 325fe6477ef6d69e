"""States of batches and documents, and what a caller gets to see of either.

The transitions themselves happen in ``lua/`` and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Literal, Self


class DocumentState(StrEnum):
    """Where a document is; the last five are terminal (``partial`` unless its one retry is pending)."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    DEAD = "dead"
    CANCELLED = "cancelled"


TERMINAL = frozenset(DocumentState) - {DocumentState.QUEUED, DocumentState.RUNNING}


class BatchState(StrEnum):
    """Where a batch is: ``queued`` until its first document starts, ``finished`` when all are terminal."""

    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"


class Priority(StrEnum):
    """What a submitter may ask for (guide: 9, 5 and 1)."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Options:
    """What a submitter asked for, the same for every document of the batch.

    Attributes:
        rubric: name of a shipped rubric.
        priority: which lane the documents take.
        not_applicable: point id to the submitter's reason, e.g. ``{"P9": "no hay cárcel"}``.
        ocr: whether pages without a text layer are recognised (``auto``, where the operator allows it) or ``never``.
    """

    rubric: str = "decalogo"
    priority: Priority = Priority.NORMAL
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    ocr: Literal["auto", "never"] = "auto"

    def to_json(self) -> str:
        """Return the form kept in the ledger."""
        asked = {"rubric": self.rubric, "priority": self.priority, "not_applicable": dict(self.not_applicable)}
        return json.dumps(asked | ({} if self.ocr == "auto" else {"ocr": self.ocr}), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Options:
        """Read what :meth:`to_json` wrote."""
        raw = json.loads(text)
        return cls(raw["rubric"], Priority(raw["priority"]), raw["not_applicable"], raw.get("ocr", "auto"))


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document as accepted; its bytes are already in the artifact store under ``documents/<document_id>``.

    Attributes:
        document_id: unguessable id, ``doc_`` and 26 characters.
        filename: the submitter's name for it, cleaned for display; never used as a path.
        custom_id: the submitter's own id, unique in the batch; empty when none was given.
        sha256: hex digest of the bytes.
        size: length in bytes.
        large: it takes the lane of large documents, unless its priority is high.
    """

    document_id: str
    filename: str
    custom_id: str
    sha256: str
    size: int
    large: bool = False

    def lane(self, priority: Priority) -> str:
        """Return where it waits at first; ``lua/admit.lua`` says the same."""
        return "large" if self.large and priority is not Priority.HIGH else priority.value


@dataclass(frozen=True, slots=True)
class Handling:
    """How a submitter wants a batch handled, beside what is evaluated; empty fields ask for nothing.

    Attributes:
        webhook: JSON ``{"url", "secret"}``: who is told when the batch has finished.
        idempotency: Redis key of the record that makes sending the upload again harmless.
        fingerprint: what the record says of the payload.
    """

    webhook: str = ""
    idempotency: str = ""
    fingerprint: str = ""


PLAIN: Final = Handling()


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as the ledger knows it; times are Unix seconds (``finished_at`` is 0 while it runs)."""

    job_id: str
    tenant: str
    state: BatchState
    counts: Mapping[str, int]
    options: Options
    created_at: float
    finished_at: float

    @classmethod
    def from_row(cls, job_id: str, row: Mapping[str, str]) -> Self:
        """Read the ledger's hash ``batch:<job_id>``."""
        counts = {name: int(row[name]) for name in ("total", *DocumentState)}
        finished_at = float(row["finished_at"])
        if finished_at:
            state = BatchState.FINISHED
        else:
            state = BatchState.QUEUED if counts["queued"] == counts["total"] else BatchState.RUNNING
        options = Options.from_json(row["options"])
        return cls(job_id, row["tenant"], state, counts, options, float(row["created_at"]), finished_at)


@dataclass(frozen=True, slots=True)
class Document:
    """A document as the ledger knows it.

    Attributes:
        attempts: how often a worker has claimed it.
        problem: RFC 9457 members that say why it has no (full) result; None when there is nothing to say.
        result_key: key of the result in the artifact store; empty while there is none.
        pages_key: key of the extracted pages; empty while there are none.
        losses: what is known of each attempt that ended without an answer, oldest first; forgotten when it is retried.
        created_at, started_at, finished_at: Unix seconds; 0 while it has not happened.
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

    @classmethod
    def from_row(cls, document_id: str, row: Mapping[str, str]) -> Self:
        """Read the ledger's hash ``document:<document_id>``."""
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
        )
