"""Connections to Redis."""

from __future__ import annotations

import redis
from redis.backoff import ExponentialBackoff
from redis.exceptions import BusyLoadingError, ConnectionError, TimeoutError
from redis.retry import Retry

from decalogo.settings import RedisSettings


def connect(settings: RedisSettings, db: int, *, retries: int = 3) -> redis.Redis:
    """Return a pooled client of one database that decodes replies to text.

    Args:
        settings: address and credentials.
        db: database number, one of the ``*_db`` settings.
        retries: attempts after a lost connection, with backoff up to 1 s. All scripts are safe to repeat.
    """
    return redis.Redis.from_url(
        settings.url(db),
        decode_responses=True,
        socket_timeout=settings.socket_timeout_seconds,
        socket_connect_timeout=settings.socket_timeout_seconds,
        socket_keepalive=True,
        health_check_interval=30,
        retry=Retry(ExponentialBackoff(cap=1.0, base=0.05), retries),
        retry_on_error=[ConnectionError, TimeoutError, BusyLoadingError],
        **settings.tls,
    )
