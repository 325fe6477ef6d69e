"""Version of the ledger's data format.

A release that changes the meaning of a key increases ``FORMAT`` and brings a migration for every earlier format since
1.0.0. ``tests/upgrade`` holds the state of each released version and opens it with the current one.
"""

from __future__ import annotations

from typing import Final, cast

import redis
import structlog

from decalogo.batches.scripts import Scripts
from decalogo.connections import connect
from decalogo.errors import LedgerFormatError
from decalogo.settings import RedisSettings

log = structlog.get_logger(__name__)

FORMAT: Final = 2
_KEY: Final = "ledger:format"


def check_format(client: redis.Redis) -> None:
    """Write the format version into a new ledger, verify it in an existing one, and migrate an older one.

    The migration may run in several processes and may be repeated.

    Args:
        client: connection to the ledger's database that decodes replies. Its ``RedisError`` is passed on.

    Raises:
        LedgerFormatError: another version of decalogo wrote this ledger in a format that this one does not read.
    """
    found = cast("str | None", client.set(_KEY, FORMAT, nx=True, get=True))
    if found == "1":
        scripts = Scripts(client)
        for name in client.scan_iter("batch:*", count=1000):
            if not name.endswith(":documents"):
                scripts.run("migrate_1_to_2", name.partition(":")[2])
        client.set(_KEY, FORMAT)
        log.info("ledger migrated", format=FORMAT)
    elif found is not None and found != str(FORMAT):
        raise _unreadable(found)


def check_at_start(settings: RedisSettings, *, migrate: bool = True) -> None:
    """Check the format when a service starts. While Redis is unreachable, this is left to the scheduler.

    Args:
        settings: address and credentials.
        migrate: whether the service may write all keys of the ledger; workers may not.
    """
    client = connect(settings, settings.ledger_db, retries=0)
    try:
        if migrate:
            check_format(client)
        elif (found := client.get(_KEY)) not in (None, *map(str, range(1, FORMAT + 1))):
            raise _unreadable(str(found))
    except redis.RedisError as error:
        log.warning("data format of the ledger not checked", error=str(error))


def _unreadable(found: str) -> LedgerFormatError:
    return LedgerFormatError(
        f"The ledger in Redis has data format {found}; this version reads format {FORMAT}."
        " Start the version that wrote it, or restore a backup into an empty appliance."
    )
