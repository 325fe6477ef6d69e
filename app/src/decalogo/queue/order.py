"""Order in which a worker polls its queues.

Kombu's Redis transport keeps one list per queue and priority. Here every queue has one list, whose name is that of the
queue, so ``LLEN`` returns its number of messages. The order between queues is that of :class:`QueueOrder`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from decalogo.batches.queues import QUEUES, SUSPECT_QUEUES

_SINGLE_FILE: Final = frozenset(SUSPECT_QUEUES)


class QueueOrder:
    """Polling order of queues, loaded by kombu through ``queue_order_strategy``.

    The order is strictly by rank. A queue of ``SUSPECT_QUEUES`` is skipped while the worker runs a document from it.
    Which document a message starts, and the share of each queue, is decided by ``lua/claim.lua``.
    """

    def __init__(self, it: Iterable[str] | None = None) -> None:
        self._queues: list[str] = []
        self.update(it or ())

    def update(self, it: Iterable[str]) -> None:
        """Set the queues to poll, in any order."""
        # Other queues belong to clients, such as the reply queue of `celery inspect`.
        self._queues = sorted(it, key=lambda queue: QUEUES.index(queue) if queue in QUEUES else len(QUEUES))

    def consume(self, n: int) -> list[str]:
        """Return the first ``n`` queues to poll now."""
        occupied = _SINGLE_FILE & _running_from() if _SINGLE_FILE.intersection(self._queues) else ()
        return [queue for queue in self._queues[:n] if queue not in occupied]

    def rotate(self, last_used: str) -> str:
        """Do nothing after a message was taken from ``last_used``: the order does not rotate."""
        return last_used


def _running_from() -> set[str]:
    """Return the queues of the messages that this worker holds."""
    # Imported here: both are needed only inside a worker, and the second imports this module.
    from celery.worker import state

    from decalogo.queue.publish import TASK_NAME

    return {r.delivery_info["routing_key"] for r in tuple(state.reserved_requests) if r.name == TASK_NAME}
