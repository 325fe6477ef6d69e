"""Queues of documents: their names, their ranks, and which of them a message may be used for.

A queue of the ledger and the Celery queue of its messages have the same name. ``queue_of`` in ``lua/lib/queues.lua``
decides the queue of a document.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

HIGH: Final = "high_priority"
NORMAL: Final = "decalogo_batch_tasks"
LOW: Final = "low_priority"
LARGE: Final = "large"
SCANS: Final = "scans"
SUSPECT: Final = "suspect"
SLOW: Final = "slow"

WORK_QUEUES: Final = (HIGH, NORMAL, LOW, LARGE, SCANS)
"""Queues of ordinary workers, by rank. Their messages have the same time limits, so any of them starts any document."""

SUSPECT_QUEUES: Final = (SUSPECT, SLOW)
"""Queues of the `suspect` worker, which runs one document of each at a time.

Two suspects could kill the same worker, and a slow document takes hours, so neither may occupy a second process.
"""

QUEUES: Final = (*WORK_QUEUES, *SUSPECT_QUEUES)

GROUPS: Final = (WORK_QUEUES, (SUSPECT,), (SLOW,))
"""Queues whose messages are interchangeable: a message starts the next document of its group."""

MESSAGE_PRIORITY: Final = {HIGH: 9, NORMAL: 5, LOW: 1, LARGE: 1, SCANS: 1, SUSPECT: 5, SLOW: 1}
"""Priority number that a message carries, for people who inspect one; the rank of its queue decides."""


def group_of(queue: str) -> tuple[str, ...]:
    """Return the queues whose documents a message of this queue may start, by rank."""
    return next(group for group in GROUPS if queue in group)


def claimable(queue: str, consumed: Collection[str]) -> tuple[str, ...]:
    """Return the queues from which a message may claim a document, by rank.

    Args:
        queue: queue of the message.
        consumed: queues that the worker consumes. It takes documents from no other queue.
    """
    return tuple(name for name in group_of(queue) if name == queue or name in consumed)
