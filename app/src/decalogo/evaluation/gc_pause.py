"""The garbage collector, paused while a document is judged."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Leave reference cycles uncollected for a while.

    A document is hundreds of thousands of small objects that live to the end and form no cycles: looking through them
    again and again takes a quarter of the time and frees nothing.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
