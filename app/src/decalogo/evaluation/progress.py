"""Where an evaluation is: told by whoever evaluates, heard by whoever runs it.

A worker notes it for the case that it dies on the document; elsewhere nobody listens and telling costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable

_listener: Callable[[str, int], None] | None = None


def listen(listener: Callable[[str, int], None] | None) -> None:
    """Let ``listener`` hear every stage and page from now on; a process evaluates one document at a time."""
    global _listener
    _listener = listener


def at(stage: str, page: int = 0) -> None:
    """Tell that ``stage`` (one word, at most 16 ASCII letters) begins, at ``page`` (from 1) where pages matter."""
    if _listener is not None:
        _listener(stage, page)
