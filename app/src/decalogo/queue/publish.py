"""Publishing: telling the workers that documents wait.

A message is a hint: a lost one is a delay of ``queue.republish_grace_seconds``, one too many finds nothing to claim. It
is sent for a document and need not start that one (``lua/claim.lua``).
"""

from __future__ import annotations

from collections.abc import Iterable

from decalogo.queue.app import get_celery
from decalogo.queue.order import LANES
from decalogo.settings import get_settings

TASK_NAME = "decalogo.process_document"
_BATCH = 500


def publish(documents: Iterable[tuple[str, str]]) -> None:
    """Send one message per document.

    Args:
        documents: pairs of document id and lane (``batches/lanes.py``).

    Raises:
        kombu.exceptions.OperationalError: the broker could not be reached; some messages may have been sent.
    """
    app, queue = get_celery(), get_settings().queue
    slow = {"soft_time_limit": queue.slow_soft_time_limit_seconds, "time_limit": queue.slow_time_limit_seconds}
    with app.producer_or_acquire() as producer, producer.batch(_BATCH):
        for document_id, lane_name in documents:
            lane = LANES[lane_name]
            app.send_task(
                TASK_NAME,
                args=[document_id, lane_name],
                queue=lane.queue,
                priority=lane.priority,
                producer=producer,
                retry=False,
                # Two thirds of what a message would cost: binding its queue anew, which workers do themselves, and
                # finding out how its arguments look best.
                declare=(),
                argsrepr=f"('{document_id}', '{lane_name}')",
                kwargsrepr="{}",
                **(slow if lane.slow else {}),
            )
