"""Lanes: which Celery queue a document's message takes, and in which order a worker looks at the queues.

Kombu's Redis transport keeps a list for each queue and priority. Here every queue is one list (``LLEN`` of its name is
its depth), and the order between queues is :class:`QueueOrder`'s.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from decalogo.batches.queues import NAMES, SLOW, SUSPECT, WORK, group_of


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
    "large": Lane("large", 1),
    "scans": Lane("scans", 1),
    "suspect": Lane(SUSPECT_QUEUE, 5),
    "slow": Lane("slow", 1, slow=True),
}
"""By the name the ledger gives: the priority; ``large`` and ``scans`` (pages to recognise) for what takes long, unless
its priority is high; ``suspect`` after a lost attempt; ``slow`` after a result cut by time."""

WORK_QUEUES: Final = tuple(LANES[lane].queue for lane in WORK)
SUSPECT_QUEUES: Final = tuple(LANES[lane].queue for lane in (*SUSPECT, *SLOW))
QUEUES: Final = tuple(LANES[lane].queue for lane in NAMES)

SINGLE_FILE: Final = frozenset(SUSPECT_QUEUES)
"""A worker judges one document of each of these at a time: a suspect next to another could take it down with it, and
slow documents, which take hours, could hold every slot that a lost one waits for."""


def lanes_for(lane: str, consumed: Collection[str]) -> tuple[str, ...]:
    """Return where a message of ``lane`` may take a document from, of a worker that consumes these queues, by rank."""
    return tuple(name for name in group_of(lane) if name == lane or LANES[name].queue in consumed)


class QueueOrder:
    """The order in which a worker looks at its queues; kombu loads it by name (``queue_order_strategy``).

    Strict by rank, and a queue in single file is passed over while the worker has a document of it. Which document a
    message starts, and with it the share of each lane, is the ledger's to say (``lua/claim.lua``).
    """

    def __init__(self, it: Iterable[str] | None = None) -> None:
        self._queues: list[str] = []
        self.update(it or ())

    def update(self, it: Iterable[str]) -> None:
        """Take the queues that are consumed now, in any order."""
        # Others are a client's own, such as the reply queue of `celery inspect`.
        self._queues = sorted(it, key=lambda queue: QUEUES.index(queue) if queue in QUEUES else len(QUEUES))

    def consume(self, n: int) -> list[str]:
        """Return the queues to look at, first to last."""
        held = SINGLE_FILE & _held() if SINGLE_FILE.intersection(self._queues) else ()
        return [queue for queue in self._queues[:n] if queue not in held]

    def rotate(self, last_used: str) -> str:
        """Nothing changes when a message was taken from ``last_used``."""
        return last_used


def _held() -> set[str]:
    """Return the queues that the documents which this worker has came by."""
    # Here, because both are of no use outside a worker, and the second leads back to this module.
    from celery.worker import state

    from decalogo.queue.publish import TASK_NAME

    return {r.delivery_info["routing_key"] for r in tuple(state.reserved_requests) if r.name == TASK_NAME}
