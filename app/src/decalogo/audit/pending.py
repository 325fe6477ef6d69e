"""Records that wait in the ledger until a process of the API moves them to the audit log.

The Lua scripts that accept an upload, and that delete a batch after its retention, append a record to the list
``audit`` in the same step. So no upload and no deletion goes unrecorded, an upload costs no further write to disk, and
retention, which runs in the scheduler, needs no access to the log. Redis keeps the list as durably as the batches.

A crash between writing the log and shortening the list leaves records in both. They are found among the newest of the
log and not written again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, cast

import orjson
import redis

from decalogo.audit.log import AuditLog

_LIST: Final = "audit"
_LOCK: Final = "audit:moving"
_LOCK_SECONDS: Final = 60
_CHUNK: Final = 200


def move_pending(client: redis.Redis, log: AuditLog) -> int:
    """Move the waiting records to the log; return how many, 0 while another process does.

    Args:
        client: connection to the ledger's database that decodes replies.
        log: the audit log.

    Raises:
        UnavailableError: the log cannot be written; the records stay.
        RedisError: Redis is unreachable.
    """
    if not client.llen(_LIST) or not client.set(_LOCK, "1", nx=True, ex=_LOCK_SECONDS):
        return 0
    count = 0
    try:
        while waiting := cast("list[str]", client.lrange(_LIST, 0, _CHUNK - 1)):
            records: list[dict[str, Any]] = [orjson.loads(text) for text in waiting]
            # Other records may have been written since the crash, so more than the list holds are searched.
            known = {_identity(record) for record in log.newest(5 * _CHUNK)}
            log.write_all([record for record in records if _identity(record) not in known])
            # By value: should another process have taken the lock after its time, it removes no record but these.
            with client.pipeline() as removal:
                for text in waiting:
                    removal.lrem(_LIST, 1, text)
                removal.expire(_LOCK, _LOCK_SECONDS)
                removal.execute()
            count += len(waiting)
    finally:
        client.delete(_LOCK)
    return count


def _identity(record: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what two records of different events never share; a batch may have several uploads."""
    return record["action"], record.get("batch"), record.get("time"), record.get("request")
