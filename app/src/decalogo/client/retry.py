"""When a request is sent again, and after how long."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

# "Not now" (RFC 6585, RFC 9110), or the edge could not reach the API. A safe request may be sent again, and so may an
# upload: its Idempotency-Key leads to the batch that an earlier attempt has brought in.
REPEATABLE = frozenset({429, 502, 503, 504})
_MOST_DOUBLINGS = 16  # past 1,023 the wait would be too large a number for a float


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on.

    Args:
        seconds: time from the first failure after which the last one is reported.
        first_wait_seconds: upper bound of the first wait; doubled each time.
        longest_wait_seconds: upper bound of any wait that the server did not ask for.
    """

    seconds: float = 120.0
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 15.0
    clock: Callable[[], float] = field(default=time.monotonic)
    sleep: Callable[[float], None] = field(default=time.sleep)
    spread: Callable[[float, float], float] = field(default=random.uniform)


class Attempts:
    """The attempts of one request."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._deadline: float | None = None
        self._failures = 0

    def next_wait(self, asked_seconds: float | None = None) -> float | None:
        """Return the seconds to wait before the next attempt; ``None`` when patience would run out before it.

        Args:
            asked_seconds: the server's Retry-After, which is never undercut; ``None`` if it gave none.
        """
        now = self._patience.clock()
        if self._deadline is None:
            self._deadline = now + self._patience.seconds
        doubled = self._patience.first_wait_seconds * 2 ** min(self._failures, _MOST_DOUBLINGS)
        bound = min(doubled, self._patience.longest_wait_seconds)
        # Spread, so that clients refused together do not come back together.
        wait = self._patience.spread(bound / 2, bound)
        if asked_seconds is not None:
            wait = asked_seconds + self._patience.spread(0.0, min(bound, 1.0))
        self._failures += 1
        return wait if now + wait <= self._deadline else None


def retry_after_seconds(response: httpx.Response) -> float | None:
    """Read Retry-After, as seconds or as a date (RFC 9110, section 10.2.3); ``None`` without a usable one."""
    value = response.headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds(), 0.0)
