"""Following a batch without asking again and again."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import StreamingResponse

from decalogo.api.dependencies import OwnBatch, Reader, ServicesDep, limited
from decalogo.api.event_stream import EVENT, event_id, events
from decalogo.api.problem_types import declare
from decalogo.api.stream_limits import CountedStream, Streams
from decalogo.batches.states import BatchState
from decalogo.errors import BodyError, ForbiddenError, NotFoundError, UnauthorizedError, UnavailableError

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
    token: Reader,
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
    streams: Streams = request.app.state.streams
    streams.begin(token.token_id)
    return CountedStream(events(batch, services, last, request.app.state.shutdown), streams, token.token_id)
