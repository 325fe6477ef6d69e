"""What the ledger hands out: the right to work on a document, and documents that wait for a message."""

from __future__ import annotations

from dataclasses import dataclass

from decalogo.batches.states import Options


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to evaluate one document, or to read a part of one; ``attempt`` is its fencing token.

    Attributes:
        document_id: the document, or the part.
        lane: where it waited.
        waited: its time in the queue, seconds.
        part_of: the document of a part, else empty.
        work: what a part is to read.
        split: the attempt that cut the document last; 0 when none did.
        parts: into how many parts.
        splits: how often it was cut.
    """

    document_id: str
    job_id: str
    attempt: int
    options: Options
    lane: str = "normal"
    waited: float = 0.0
    part_of: str = ""
    work: str = ""
    split: int = 0
    parts: int = 0
    splits: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """A queued document seen by the janitor: when a message was sent for it (as the ledger wrote it), and its lane."""

    document_id: str
    published_at: str
    lane: str
