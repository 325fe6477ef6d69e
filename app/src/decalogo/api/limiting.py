"""Rate limits of routes: which limit a route falls under, and what a request that is over it is told."""

from __future__ import annotations

from typing import Literal, get_args

from fastapi import Request

from decalogo.access.limits import Verdict, address_key
from decalogo.access.tokens import Token
from decalogo.api.services import Services
from decalogo.errors import RateLimitedError

Limit = Literal["uploads", "status", "reads", "changes"]
LIMITS: tuple[Limit, ...] = get_args(Limit)


def count_request(request: Request, services: Services, token: Token, limit: Limit) -> None:
    """Count a request of a known caller; raises :class:`RateLimitedError` when it is one too many."""
    amount = getattr(services.limits(token), f"{limit}_per_minute")
    _judge(request, services.limiter.hit(limit, amount, token.token_id), f"requests of the kind `{limit}`")


def count_failure(request: Request, services: Services) -> None:
    """Count a request without a valid token against its address; raises :class:`RateLimitedError`."""
    services.limiter.note_failure()
    address = address_key(request.client.host if request.client else "")
    amount = services.settings.api.failed_authentications_per_minute
    _judge(request, services.limiter.hit("authentication", amount, address), "requests without a valid token")


def _judge(request: Request, verdict: Verdict | None, what: str) -> None:
    if verdict is None:
        return
    request.state.rate_limit = verdict.headers()
    if not verdict.allowed:
        raise RateLimitedError(
            f"At most {verdict.amount} {what} a minute.",
            limit=verdict.name,
            allowed=verdict.amount,
            retry_after=verdict.reset_seconds,
        )
