"""The worker's view of a message being executed; it hands the document back when Celery cancels it."""

from __future__ import annotations

from typing import Any

from celery.worker.request import Request


class DocumentRequest(Request):  # type: ignore[misc]
    """A request whose task knows how to give its document back."""

    def cancel(self, pool: Any, signal: Any = None, emit_retry: bool = True) -> None:
        """End the running attempt because the worker stops, and hand the document back at once."""
        super().cancel(pool, signal, emit_retry)
        self.task.hand_back(self.id)
