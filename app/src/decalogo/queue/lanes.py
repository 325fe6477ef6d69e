"""Lanes: which Celery queue a document's message takes, and in which order a worker looks at the queues.

Kombu's Redis transport asks for all queues of one priority before the next priority, which starves the lower ones for
as long as the higher ones last. Here every queue is one list (``LLEN`` of its name is its depth), and the order between
queues is :class:`LaneOrder`'s.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Lane:
    """One lane.

    Attributes:
        queue: name of the Celery queue, which is the name of its list in Redis.
        priority: the guide's number (9, 5 or 1), carried by the message for people who look at one.
        slow: the message carries the longer time limits.
    """

    queue: str
    priority: int
    slow: bool = False


DEFAULT_QUEUE: Final = "decalogo_batch_tasks"
SUSPECT_QUEUE: Final = "suspect"

LANES: Final = {
    "high": Lane("high_priority", 9),
    "normal": Lane(DEFAULT_QUEUE, 5),
    "low": Lane("low_priority", 1),
    "suspect": Lane(SUSPECT_QUEUE, 5),
    "slow": Lane("slow", 1, slow=True),
    "scans": Lane("scans", 1),
}
"""By the name the ledger gives: the priority; ``suspect`` after a lost attempt; ``slow`` after a result cut by time;
``scans`` for pages to recognise of documents whose priority is not high."""

WORK_QUEUES: Final = ("high_priority", DEFAULT_QUEUE, "low_priority", "scans")
SUSPECT_QUEUES: Final = (SUSPECT_QUEUE, "slow")
QUEUES: Final = tuple(lane.queue for lane in LANES.values())

LOW_SHARE: Final = 10
"""Of so many documents a worker process takes, one comes from the low lane if it has any, and one from the scans'."""


class LaneOrder:
    """The order in which a worker looks at its queues; kombu loads it by name (``queue_order_strategy``).

    Strict by rank, except that of ten messages one is looked for in the low lane first, and one among the scans.
    """

    def __init__(self, it: Iterable[str] | None = None) -> None:
        self._queues: list[str] = []
        self._taken = 0
        self.update(it or ())

    def update(self, it: Iterable[str]) -> None:
        """Take the queues that are consumed now, in any order."""
        # Others are a client's own, such as the reply queue of `celery inspect`.
        self._queues = sorted(it, key=lambda queue: QUEUES.index(queue) if queue in QUEUES else len(QUEUES))

    def consume(self, n: int) -> list[str]:
        """Return the queues to look at, first to last."""
        turn = self._taken % LOW_SHARE
        favoured = "low" if turn == LOW_SHARE - 1 else "scans" if turn == LOW_SHARE // 2 - 1 else ""
        first = LANES[favoured].queue if favoured else ""
        if first in self._queues:
            return [first, *(queue for queue in self._queues if queue != first)][:n]
        return self._queues[:n]

    def rotate(self, last_used: str) -> str:
        """Note that a message was taken from ``last_used``."""
        self._taken += 1
        return last_used
