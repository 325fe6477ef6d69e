"""Lanes: which Celery queue and priority a document's message takes.

Kombu's Redis transport looks at all queues of one priority before the next, and 0 is its highest. Giving each lane a
priority of its own therefore makes the order between queues strict, whatever order the queues are listed in (guide:
9, 5 and 1, there the highest number first, so here ``9 - n``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PRIORITY_STEPS: Final = (0, 3, 6, 9)
_SEPARATOR: Final = "\x06\x16"


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane: the Celery queue and the transport priority its messages carry."""

    queue: str
    priority: int


DEFAULT_QUEUE: Final = "decalogo_batch_tasks"
SUSPECT_QUEUE: Final = "suspect"

LANES: Final = {
    "high": Lane("high_priority", 9 - 9),
    "normal": Lane(DEFAULT_QUEUE, 9 - 5),
    "low": Lane("low_priority", 9 - 1),
    "suspect": Lane(SUSPECT_QUEUE, 0),
}
"""By the name the ledger gives: the document's priority, or ``suspect`` after a lost attempt."""

WORK_QUEUES: Final = ("high_priority", DEFAULT_QUEUE, "low_priority")


def broker_lists() -> list[str]:
    """Return every Redis list that may hold messages: each queue has one list a priority step."""
    queues = {lane.queue for lane in LANES.values()}
    return [queue if step == 0 else f"{queue}{_SEPARATOR}{step}" for queue in sorted(queues) for step in PRIORITY_STEPS]
