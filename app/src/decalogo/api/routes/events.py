"""Following a batch without asking again and again."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse

from decalogo.api.catalogue import declare
from decalogo.api.deps import OwnBatch, ServicesDep, limited
from decalogo.api.events import EVENT, event_id, events
from decalogo.batches.states import BatchState
from decalogo.errors import BodyError, ForbiddenError, NotFoundError, UnauthorizedError, UnavailableError
from decalogo.metrics.record import observe

router = APIRouter(prefix="/batch", tags=["batches"], dependencies=[limited("status")])


@router.get(
    "/{job_id}/events",
    summary="Follow a batch",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Events `progress` and `finished`, each with the status; `deleted` when it is deleted.",
            "content": {"text/event-stream": {"schema": EVENT}},
        },
        204: {"description": "It had finished at the event you name: there is nothing more to come."},
        **declare(UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError),
    },
)
async def follow(
    request: Request,
    batch: OwnBatch,
    services: ServicesDep,
    last_event_id: Annotated[
        str | None, Header(max_length=200, description="The last event you got; sent by browsers when they come back.")
    ] = None,
) -> Response:
    """Server-sent events: one now, one whenever a count changes, and the end when the batch has finished.

    A stream ends by itself after some minutes; come back with `Last-Event-ID` and you miss nothing.
    """
    last = last_event_id or ""
    if batch.state is BatchState.FINISHED and last == event_id(batch):
        return Response(status_code=204)
    streams: set[object] = request.app.state.streams
    if len(streams) >= services.settings.api.event_streams:
        raise UnavailableError(
            "Too many streams are open; ask for the status instead.", limit="streams", retry_after=10
        )
    mine = object()
    streams.add(mine)
    _count(streams)

    async def counted() -> AsyncIterator[bytes]:
        try:
            async for event in events(batch, services, last, request.app.state.stopping):
                yield event
        finally:
            streams.discard(mine)
            _count(streams)

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(counted(), media_type="text/event-stream", headers=headers)


def _count(streams: set[object]) -> None:
    observe(("streams", len(streams), str(os.getpid())))
