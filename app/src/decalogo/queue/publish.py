"""Publishing of messages that report queued documents.

A message is a hint. A lost one delays a document by ``queue.republish_grace_seconds``; a surplus one finds nothing to
claim. A message names the document it was sent for, but starts whichever document is next (``lua/claim.lua``).
"""

from __future__ import annotations

from collections.abc import Iterable

from decalogo.batches.queues import MESSAGE_PRIORITY, SLOW
from decalogo.queue.app import get_celery
from decalogo.settings import get_settings

TASK_NAME = "decalogo.process_document"
_BATCH = 500


def publish(documents: Iterable[tuple[str, str]]) -> None:
    """Send one message per document.

    Args:
        documents: pairs of document id and queue.

    Raises:
        kombu.exceptions.OperationalError: the broker was unreachable; some messages may have been sent.
    """
    app, settings = get_celery(), get_settings().queue
    slow = {"soft_time_limit": settings.slow_soft_time_limit_seconds, "time_limit": settings.slow_time_limit_seconds}
    with app.producer_or_acquire() as producer, producer.batch(_BATCH):
        for document_id, queue in documents:
            app.send_task(
                TASK_NAME,
                args=[document_id, queue],
                queue=queue,
                priority=MESSAGE_PRIORITY[queue],
                producer=producer,
                retry=False,
                # Declaring the queue and formatting the arguments would cost two thirds of the time per message.
                # Workers declare the queues.
                declare=(),
                argsrepr=f"('{document_id}', '{queue}')",
                kwargsrepr="{}",
                **(slow if queue == SLOW else {}),
            )
