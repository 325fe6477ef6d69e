"""Signal shutdown to long-lived responses."""

from __future__ import annotations

import asyncio
import signal
import threading
from types import FrameType
from typing import Any


def watch(shutdown: asyncio.Event) -> None:
    """Set ``shutdown`` when the process receives SIGTERM or SIGINT, before the server handles the signal.

    The server's own shutdown event follows only after all responses have ended, which is too late for streams. Outside
    the main thread, which receives no signals, this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _before(signal.getsignal(number), loop, shutdown))


def _before(handler: Any, loop: asyncio.AbstractEventLoop, shutdown: asyncio.Event) -> Any:
    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(shutdown.set)
        if callable(handler):
            handler(number, frame)

    return handle
