"""Version of the ledger's data format.

A release that changes the meaning of a key increases ``FORMAT`` and brings a migration for every earlier format since
1.0.0. ``tests/upgrade`` holds the state of each released version and opens it with the current one.
"""

from __future__ import annotations

from typing import Final, cast

import redis
import structlog

from decalogo.connections import connect
from decalogo.errors import LedgerFormatError
from decalogo.settings import RedisSettings

log = structlog.get_logger(__name__)

FORMAT: Final = 1
_KEY: Final = "ledger:format"


def check_format(client: redis.Redis) -> None:
    """Write the format version into a new ledger, and verify it in an existing one.

    Args:
        client: connection to the ledger's database that decodes replies. Its ``RedisError`` is passed on.

    Raises:
        LedgerFormatError: another version of decalogo wrote this ledger in a format that this one does not read.
    """
    found = cast("str | None", client.set(_KEY, FORMAT, nx=True, get=True))
    if found is not None and found != str(FORMAT):
        raise LedgerFormatError(
            f"The ledger in Redis has data format {found}; this version reads format {FORMAT}."
            " Start the version that wrote it, or restore a backup into an empty appliance."
        )


def check_at_start(settings: RedisSettings) -> None:
    """Check the format when a service starts. While Redis is unreachable, this is left to the scheduler."""
    try:
        check_format(connect(settings, settings.ledger_db, retries=0))
    except redis.RedisError as error:
        log.warning("data format of the ledger not checked", error=str(error))
