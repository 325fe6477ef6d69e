"""Decide when to repeat a request, and after which wait."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

# The appliance has no capacity now (RFC 6585, RFC 9110), or the reverse proxy does not reach the API. Safe requests may
# be repeated, and so may uploads, because they have an Idempotency-Key.
REPEATABLE = frozenset({429, 502, 503, 504})
_MAX_DOUBLINGS = 16  # more than 1,023 would overflow a float


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential backoff with jitter, and a timeout.

    Args:
        timeout_seconds: time from the first failure after which the last error is raised.
        initial_backoff_seconds: upper bound of the first wait; it doubles with each failure.
        max_backoff_seconds: upper bound of any wait without ``Retry-After``.
    """

    timeout_seconds: float = 120.0
    initial_backoff_seconds: float = 0.5
    max_backoff_seconds: float = 15.0
    clock: Callable[[], float] = field(default=time.monotonic)
    sleep: Callable[[float], None] = field(default=time.sleep)
    spread: Callable[[float, float], float] = field(default=random.uniform)


class Attempts:
    """The failed attempts of one request."""

    def __init__(self, policy: RetryPolicy) -> None:
        self._policy = policy
        self._deadline: float | None = None
        self._failures = 0

    def next_wait(self, asked_seconds: float | None = None) -> float | None:
        """Return the seconds to wait before the next attempt; ``None`` if the timeout ends before it.

        Args:
            asked_seconds: the server's ``Retry-After``, the least wait; ``None`` without one.
        """
        now = self._policy.clock()
        if self._deadline is None:
            self._deadline = now + self._policy.timeout_seconds
        doubled = self._policy.initial_backoff_seconds * 2 ** min(self._failures, _MAX_DOUBLINGS)
        bound = min(doubled, self._policy.max_backoff_seconds)
        # With jitter, so clients that were rejected together do not retry together.
        wait = self._policy.spread(bound / 2, bound)
        if asked_seconds is not None:
            wait = asked_seconds + self._policy.spread(0.0, min(bound, 1.0))
        self._failures += 1
        return wait if now + wait <= self._deadline else None


def retry_after_seconds(response: httpx.Response) -> float | None:
    """Return ``Retry-After``, given in seconds or as a date (RFC 9110, 10.2.3); ``None`` without a valid one."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)
