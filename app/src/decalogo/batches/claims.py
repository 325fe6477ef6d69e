"""Claim: the exclusive right of one attempt to evaluate a document."""

from __future__ import annotations

from dataclasses import dataclass

from decalogo.batches.queues import NORMAL
from decalogo.batches.states import Options


@dataclass(frozen=True, slots=True)
class Claim:
    """Claim of a document, or of a part of one. ``attempt`` is its fencing token.

    Attributes:
        document_id: id of the document or part.
        queue: queue from which it was claimed.
        waited: time in that queue, seconds.
        part_of: document of a part; empty for a whole document.
        work: pages that a part covers, in the form the evaluator gave them.
        split: attempt that last split the document; 0 when it was never split.
        parts: number of parts of that split.
        splits: how often the document was split.
    """

    document_id: str
    job_id: str
    attempt: int
    options: Options
    queue: str = NORMAL
    waited: float = 0.0
    part_of: str = ""
    work: str = ""
    split: int = 0
    parts: int = 0
    splits: int = 0
