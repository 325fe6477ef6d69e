"""Draining by Celery's remote control."""

from __future__ import annotations

from celery import Celery

from decalogo.queue.lanes import WORK_QUEUES

_ANSWER_SECONDS = 3.0


class CeleryControl:
    """Remote control of one appliance's workers."""

    def __init__(self, app: Celery) -> None:
        self._control = app.control

    def stop_taking(self, node: str) -> None:
        """Tell a worker to take nothing more; what it runs goes on."""
        for queue in WORK_QUEUES:
            self._control.cancel_consumer(queue, destination=[node], reply=True, timeout=_ANSWER_SECONDS)

    def take_again(self, *nodes: str) -> None:
        """Tell workers that were to stop taking, if they were, to go on; they are told all at once."""
        for queue in WORK_QUEUES if nodes else ():  # without a destination every worker would hear it
            self._control.add_consumer(queue, destination=list(nodes), reply=True, timeout=_ANSWER_SECONDS)

    def busy(self, node: str) -> bool | None:
        """Tell whether the worker still runs something; ``None`` when it does not answer."""
        inspect = self._control.inspect(destination=[node], timeout=_ANSWER_SECONDS)
        active = inspect.active()
        return bool(active[node]) if active and node in active else None
