"""Retry of steps through an outage of Redis or of the disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from billiard.exceptions import SoftTimeLimitExceeded
from redis.exceptions import ConnectionError, ResponseError, TimeoutError

from decalogo.errors import UnavailableError

log = structlog.get_logger(__name__)
T = TypeVar("T")

_REJECTED_WRITES: Final = (
    "OOM",
    "MISCONF",
    "READONLY",
    "command not allowed when used memory",
    "Errors writing to the AOF",
)
"""How the errors of a server begin that rejects writes for a while, because its memory or its disk is full."""


def through_outage(action: Callable[[], T]) -> T:
    """Repeat an idempotent action until Redis replies and the disk has space; return its result.

    The time limit of the task bounds the wait. The error of the outage is raised then, so that the attempt is lost and
    the document retried: the outage used up the time, not the document.
    """
    backoff = 0.1
    outage: Exception | None = None
    while True:
        try:
            try:
                return action()
            except (ConnectionError, TimeoutError, ResponseError, UnavailableError) as error:
                if isinstance(error, ResponseError) and not str(error).startswith(_REJECTED_WRITES):
                    raise  # a defect, not an outage
                outage = error
                log.warning("waiting for Redis or disk", error=type(error).__name__, detail=str(error))
            time.sleep(backoff)
            backoff = min(2 * backoff, 2.0)
        except SoftTimeLimitExceeded:
            if outage is None:
                raise
            raise outage from None
