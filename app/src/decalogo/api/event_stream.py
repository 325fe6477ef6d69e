"""Send the progress of a batch as server-sent events, derived from the counts in the ledger.

The id of an event encodes the state that it reports. A client that reconnects with ``Last-Event-ID`` receives the
changes since then from any process, and no process keeps state for it.
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
    "description": "One event, which a client assembles from the lines of the stream.",
    "required": ["event", "data"],
    "properties": {
        "event": {"enum": ["progress", "finished", "deleted"]},
        "id": {"type": "string"},
        "data": {"type": "string", "description": "The status, as JSON."},
        "retry": {"type": "integer", "description": "Milliseconds to wait before reconnecting."},
    },
}
_RECONNECT = b"retry: 2000\n"
_HEARTBEAT = b": heartbeat\n\n"


def event_id(batch: Batch) -> str:
    """Return the id of the event that reports the current state of a batch."""
    counts = "-".join(str(batch.counts[state]) for state in DocumentState)
    return f"{counts}-{batch.finished_at:.6f}" if batch.finished_at else counts


async def events(
    batch: Batch, services: Services, token_id: str, last: str, shutdown: asyncio.Event
) -> AsyncIterator[bytes]:
    """Yield events until the batch finishes or is deleted, ``api.events_seconds`` pass, or the server stops.

    The stream also ends when its token is revoked or expires.

    Args:
        batch: its current state.
        services: services of the process.
        token_id: the token of the request.
        last: id of the last event that the client received, or empty.
        shutdown: set when the server is about to stop; the client reconnects to another process.
    """
    deadline = time.monotonic() + services.settings.api.events_seconds
    sent_at = time.monotonic()
    yield _RECONNECT
    current: Batch | None = batch
    while True:
        if current is None:
            yield b"event: deleted\ndata: {}\n\n"
            return
        if event_id(current) != last:
            last, sent_at = event_id(current), time.monotonic()
            yield _event(current, services)
        if current.state is BatchState.FINISHED or time.monotonic() >= deadline:
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(shutdown.wait(), POLL_SECONDS)
            return
        with suppress(RedisError):  # retried at the next poll; the heartbeat keeps the connection open
            usable, current = await asyncio.to_thread(_look, services, token_id, batch.job_id)
            if not usable:
                return
        if time.monotonic() - sent_at >= HEARTBEAT_SECONDS:
            sent_at = time.monotonic()
            yield _HEARTBEAT


def _look(services: Services, token_id: str, job_id: str) -> tuple[bool, Batch | None]:
    return services.tokens.usable(token_id), services.ledger.batch(job_id)


def _event(batch: Batch, services: Services) -> bytes:
    name = "finished" if batch.state is BatchState.FINISHED else "progress"
    data = batch_status(batch, services).model_dump_json()
    return f"id: {event_id(batch)}\nevent: {name}\ndata: {data}\n\n".encode()
