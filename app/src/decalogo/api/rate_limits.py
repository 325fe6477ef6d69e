"""Rate limits per token and per client address: slowapi on Redis, with a moving window of 60 seconds.

The limits are set per tier (``api.standard``, ``api.premium``); an amount of 0 disables a limit. They hold across all
API processes, because the request times are in Redis. No 60 seconds ever contain more than the allowed requests, and
``Retry-After`` is the exact wait: the age of the oldest request in the window tells when the next one is free.

slowapi's decorator is on the function that a route declares as its first dependency (``dependencies.limited``), not on
the endpoint, for two reasons. FastAPI runs this function in a thread, so a slow Redis never blocks the event loop,
although endpoints such as the upload are ``async``. It also runs before parameters and ids are looked up, so requests
that end in 404 or 422 count as well. See docs/decisions/0020-rate-limits-with-slowapi.md.

Keys in the database ``redis.limits_db``: ``limits:LIMITER/<token id or address>/<limit>/…``, lists of request times
that expire with the window.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import time
from collections.abc import Callable
from importlib.resources import files
from typing import Any, Final, Literal, get_args

import redis
from fastapi import Request
from slowapi import Limiter
from slowapi.errors import RateLimitExceeded

from decalogo.access.tokens import Tier
from decalogo.errors import RateLimitedError
from decalogo.settings import ApiSettings

Limit = Literal["uploads", "status", "reads", "exports", "changes"]
LIMITS: Final[tuple[Limit, ...]] = get_args(Limit)
WINDOW_SECONDS: Final = 60
_AUTHENTICATION: Final = "authentication"
_Check = Callable[..., None]


class _Limiter(Limiter):
    """slowapi's limiter without its own configuration.

    slowapi reads ``RATELIMIT_*`` from the environment and from ``.env`` in the working directory. One of these
    variables disables all limits, another accepts requests while Redis is away. Here only the appliance's settings
    count.
    """

    def get_app_config(self, key: str, default_value: Any = None) -> Any:
        return default_value


class RateLimits:
    """The limits of one API process.

    A limit is one function decorated by slowapi. There is one per tier, because slowapi's dynamic limits share their
    request between threads: a request could be checked against the limit of another tier.

    Args:
        client: connection to the limits' database. Its ``RedisError`` is raised to the caller, so a route with a limit
            answers 503 while Redis is away.
        settings: the amounts.
    """

    def __init__(self, client: redis.Redis, settings: ApiSettings) -> None:
        self._limiter = _Limiter(
            key_func=_token_id,
            strategy="moving-window",
            # The connection pool is given, so the URL carries neither address nor credentials.
            storage_uri="redis://",
            storage_options={"connection_pool": client.connection_pool, "key_prefix": "limits"},  # type: ignore[dict-item]
            config_filename=str(files("decalogo") / "py.typed"),  # an empty file; without a name it reads `.env`
        )
        self._limiter.logger.setLevel(logging.ERROR)  # the request's own log line already shows the 429
        self._of_tokens = {
            (tier, limit): self._decorated(limit, getattr(getattr(settings, tier), f"{limit}_per_minute"), tier)
            for tier in Tier
            for limit in LIMITS
        }
        self._of_addresses = self._decorated(_AUTHENTICATION, settings.failed_authentications_per_minute)

    def count(self, request: Request, limit: Limit) -> None:
        """Count a request of ``request.state.token``; blocking.

        Raises:
            RateLimitedError: the token has used up this limit; the refused request does not count.
            RedisError: Redis does not answer.
        """
        self._run(self._of_tokens[request.state.token.tier, limit], request, f"requests of the kind `{limit}`")

    def count_failure(self, request: Request) -> None:
        """Count a request without a valid token against its client's address; blocking, errors as for :meth:`count`."""
        self._run(self._of_addresses, request, "requests without a valid token")

    def _decorated(self, name: str, amount: int, tier: str = "") -> _Check | None:
        if not amount:
            return None

        def check(request: Request) -> None:
            """Exist to be decorated: slowapi counts before it calls the function."""

        check.__name__ = f"{name}_{tier}"  # slowapi knows a function by its name
        key = _address if name == _AUTHENTICATION else _token_id
        decorate = self._limiter.shared_limit(f"{amount} per {WINDOW_SECONDS} seconds", scope=name, key_func=key)
        return decorate(check)  # type: ignore[no-any-return]

    def _run(self, check: _Check | None, request: Request, counted: str) -> None:
        if check is None:
            return
        request.state._rate_limiting_complete = False  # slowapi counts once per request; a route may have two limits
        try:
            check(request=request)
        except RateLimitExceeded as error:
            name, amount, wait = self._report(request)
            raise RateLimitedError(
                f"At most {amount} {counted} are allowed per minute.", limit=name, allowed=amount, retry_after=wait
            ) from error
        self._report(request)

    def _report(self, request: Request) -> tuple[str, int, float]:
        """Keep the fields of draft-ietf-httpapi-ratelimit-headers for the answer; return limit, amount and wait."""
        item, (key, name) = request.state.view_rate_limit
        stats = self._limiter.limiter.get_window_stats(item, key, name)
        request.state.requests_left = (item.amount, max(0, stats.remaining), max(0.0, stats.reset_time - time.time()))
        wait = max(0.0, round(stats.reset_time - time.time(), 3))  # Redis keeps the times to a tenth of a millisecond
        request.state.rate_limit = {
            "RateLimit-Policy": f'"{name}";q={item.amount};w={WINDOW_SECONDS}',
            "RateLimit": f'"{name}";r={max(0, stats.remaining)};t={math.ceil(wait)}',
        }
        return name, item.amount, wait


def polling_seconds(request: Request) -> int:
    """Return the seconds after which a client may repeat this request without reaching its limit.

    A client that follows one batch may use the whole limit. While several are followed, the last tenth of the limit is
    spent no faster than it is freed again.
    """
    amount, left, until_next = getattr(request.state, "requests_left", (0, 0, 0.0))
    if not amount:
        return 1
    wait = WINDOW_SECONDS / amount if left > amount / 10 else max(until_next + 1, WINDOW_SECONDS / amount)
    return max(1, math.ceil(wait))


def address_key(address: str) -> str:
    """Return the key of a client address: the address itself, or the /64 of an IPv6 address (one subscriber)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((int(parsed), 64), strict=False).network_address)
    return str(parsed)


def _token_id(request: Request) -> str:
    return str(request.state.token.token_id)


def _address(request: Request) -> str:
    return address_key(request.client.host if request.client else "")
