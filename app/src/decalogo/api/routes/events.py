"""Follow a batch by server-sent events."""

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
            "description": "Events `progress` and `finished` with the status, and `deleted`.",
            "content": {"text/event-stream": {"schema": EVENT}},
        },
        204: {"description": "The batch had finished at the event in `Last-Event-ID`: no more events follow."},
        **declare(UnauthorizedError, ForbiddenError, NotFoundError, BodyError, UnavailableError),
    },
)
async def follow(
    request: Request,
    batch: OwnBatch,
    token: Reader,
    services: ServicesDep,
    last_event_id: Annotated[
        str | None,
        Header(max_length=200, description="The last event that you received; browsers send it when they reconnect."),
    ] = None,
) -> Response:
    """Server-sent events: one immediately, one per change of a count; the stream ends when the batch has finished.

    The server ends a stream after some minutes. Reconnect with `Last-Event-ID` to miss nothing.
    """
    last = last_event_id or ""
    if batch.state is BatchState.FINISHED and last == event_id(batch):
        return Response(status_code=204)
    streams: Streams = request.app.state.streams
    streams.begin(token.token_id)
    content = events(batch, services, token.token_id, last, request.app.state.shutdown)
    return CountedStream(content, streams, token.token_id)
