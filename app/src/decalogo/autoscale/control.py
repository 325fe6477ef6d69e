"""Drain workers through Celery's remote control."""

from __future__ import annotations

from celery import Celery

from decalogo.batches.queues import WORK_QUEUES

_REPLY_SECONDS = 3.0


class CeleryControl:
    """Remote control of the workers of one appliance."""

    def __init__(self, app: Celery) -> None:
        self._control = app.control

    def stop_consuming(self, node: str) -> None:
        """Make a worker take no more messages. Its running documents continue."""
        for queue in WORK_QUEUES:
            self._control.cancel_consumer(queue, destination=[node], reply=True, timeout=_REPLY_SECONDS)

    def resume_consuming(self, *nodes: str) -> None:
        """Make workers take messages again; one broadcast per queue reaches all of them."""
        # Celery reads an empty destination as all workers, the `suspect` worker included.
        for queue in WORK_QUEUES if nodes else ():
            self._control.add_consumer(queue, destination=list(nodes), reply=True, timeout=_REPLY_SECONDS)

    def busy(self, node: str) -> bool | None:
        """Return whether the worker runs a document; ``None`` when it does not reply."""
        inspect = self._control.inspect(destination=[node], timeout=_REPLY_SECONDS)
        active = inspect.active()
        return bool(active[node]) if active and node in active else None
