"""A batch's progress as server-sent events, derived from the counts that the ledger keeps.

An event's id is the state it tells, so a client that comes back with ``Last-Event-ID`` gets what has changed since,
from any process, and nothing needs to be remembered for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any, Final

from redis.exceptions import RedisError

from decalogo.api.services import Services
from decalogo.api.status import batch_status
from decalogo.batches.states import Batch, BatchState, DocumentState

POLL_SECONDS: Final = 1.0
HEARTBEAT_SECONDS: Final = 15.0
EVENT: Final[dict[str, Any]] = {
    "type": "object",
    "description": "One event; a client puts it together from the lines of the stream.",
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["progress", "finished", "deleted"]},
        "id": {"type": "string"},
        "data": {"type": "string", "description": "The status, as JSON."},
        "retry": {"type": "integer", "description": "Milliseconds to wait before coming back."},
    },
}
_RECONNECT = b"retry: 2000\n"
_HEARTBEAT = b": still here\n\n"


def event_id(batch: Batch) -> str:
    """Return what tells one state of a batch from another."""
    counts = "-".join(str(batch.counts[state]) for state in DocumentState)
    return f"{counts}-{batch.finished_at:.6f}" if batch.finished_at else counts


async def events(batch: Batch, services: Services, last: str, stopping: asyncio.Event) -> AsyncIterator[bytes]:
    """Yield events until the batch has finished, is deleted, ``api.events_seconds`` are over, or the server stops.

    Args:
        batch: as it is now.
        services: the parts below.
        last: id of the last event the client got; empty when it got none.
        stopping: set when the server is about to stop; the client comes back to another, or to the next.
    """
    deadline = time.monotonic() + services.settings.api.events_seconds
    spoken = time.monotonic()
    yield _RECONNECT
    current: Batch | None = batch
    while True:
        if current is None:
            yield b"event: deleted\ndata: {}\n\n"
            return
        if event_id(current) != last:
            last, spoken = event_id(current), time.monotonic()
            yield _event(current, services)
        if current.state is BatchState.FINISHED or time.monotonic() >= deadline:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), POLL_SECONDS)
            return
        with suppress(RedisError):  # it will be back; the heartbeat keeps the connection
            current = await asyncio.to_thread(services.ledger.batch, batch.job_id)
        if time.monotonic() - spoken >= HEARTBEAT_SECONDS:
            spoken = time.monotonic()
            yield _HEARTBEAT


def _event(batch: Batch, services: Services) -> bytes:
    name = "finished" if batch.state is BatchState.FINISHED else "progress"
    data = batch_status(batch, services).model_dump_json()
    return f"id: {event_id(batch)}\nevent: {name}\ndata: {data}\n\n".encode()
