"""Knowing that the server is about to stop, for answers that would otherwise go on for minutes."""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType
from typing import Any


def watch(stopping: asyncio.Event) -> None:
    """Set ``stopping`` when the process is told to stop, before the server acts on it.

    The server tells its application only when every answer is out, which is too late for an answer that waits for
    nothing else. Outside the main thread, where no signals arrive, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _before(signal.getsignal(number), loop, stopping))


def _before(handler: Any, loop: asyncio.AbstractEventLoop, stopping: asyncio.Event) -> Any:
    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stopping.set)
        if callable(handler):
            handler(number, frame)

    return handle
