"""Rate limits: so many requests in any 60 seconds, counted in Redis, the same for every process of the API.

The window moves (``limits``' moving window): a limit of 10 a minute lets no 60 seconds have more than 10, and the wait
that is told is true, because the oldest request in the window says when the next one is free. See
docs/decisions/0020-rate-limits-with-limits.md.

Keys (database redis.limits_db): ``limits:…`` lists of request times, expiring; ``authentication-failures`` counter.
"""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from typing import Final

import redis
from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter

WINDOW_SECONDS: Final = 60
_FAILURES = "authentication-failures"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one request.

    Attributes:
        name: the limit's name.
        amount: requests allowed in a window.
        remaining: requests left in it.
        reset_seconds: until the oldest request in the window stops counting; the time to wait when refused.
    """

    name: str
    amount: int
    allowed: bool
    remaining: int
    reset_seconds: float

    def headers(self) -> dict[str, str]:
        """Return the fields of draft-ietf-httpapi-ratelimit-headers."""
        wait = max(0, -int(-self.reset_seconds // 1))
        return {
            "RateLimit-Policy": f'"{self.name}";q={self.amount};w={WINDOW_SECONDS}',
            "RateLimit": f'"{self.name}";r={self.remaining};t={wait}',
        }


class Limiter:
    """Counts requests.

    Args:
        client: a connection to the limits' database. Its ``RedisError`` is passed on: the caller must refuse then.
    """

    def __init__(self, client: redis.Redis) -> None:
        self._redis = client
        # The pool is given, so the address is not used; credentials need not stand in it.
        self._storage = RedisStorage("redis://", connection_pool=client.connection_pool, key_prefix="limits")
        self._windows = MovingWindowRateLimiter(self._storage)

    def hit(self, name: str, amount: int, who: str) -> Verdict | None:
        """Count one request of ``who`` against a limit; None when ``amount`` is 0, which is no limit."""
        if not amount:
            return None
        item = RateLimitItemPerSecond(amount, WINDOW_SECONDS)
        allowed = self._windows.hit(item, name, who)
        stats = self._windows.get_window_stats(item, name, who)
        return Verdict(name, amount, allowed, max(0, stats.remaining), max(0.0, stats.reset_time - time.time()))

    def note_failure(self) -> None:
        """Count a failed authentication."""
        self._redis.incr(_FAILURES)

    def failures(self) -> int:
        """Return how many authentications have failed so far."""
        return int(str(self._redis.get(_FAILURES) or 0))


def address_key(address: str) -> str:
    """Return what stands for an address: itself, or of IPv6 its /64, which is what one subscriber has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False).network_address)
    return str(parsed)
