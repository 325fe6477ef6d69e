"""Report the progress of an evaluation to a listener.

A worker stores it, so that a dead letter states where its process ended. Without a listener, reports cost nothing.
"""

from __future__ import annotations

from collections.abc import Callable

_listener: Callable[[str, int], None] | None = None


def listen(listener: Callable[[str, int], None] | None) -> None:
    """Set the listener of this process, which is called for every stage and page; ``None`` removes it."""
    global _listener
    _listener = listener


def at(stage: str, page: int = 0) -> None:
    """Report that ``stage`` (one word, at most 16 ASCII letters) begins, at ``page`` (from 1) if pages matter."""
    if _listener is not None:
        _listener(stage, page)
