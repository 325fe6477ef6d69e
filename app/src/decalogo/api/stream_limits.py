"""Limit the open event streams of one process, in total and per token."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from decalogo.errors import UnavailableError
from decalogo.metrics.record import observe

TOKEN_SHARE: Final = 10
"""One token may open a tenth of the streams, so that it cannot block the others."""
_RETRY_SECONDS: Final = 10


class Streams:
    """Counts the open streams of a process.

    Args:
        limit: greatest number of open streams.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._token_limit = max(1, limit // TOKEN_SHARE)
        self._open = Counter[str]()

    def begin(self, token_id: str) -> None:
        """Count an opened stream; raise :class:`UnavailableError` over the total or the token's limit."""
        if self._open.total() >= self._limit:
            raise UnavailableError(
                "Too many event streams are open; request the status instead.",
                limit="streams",
                retry_after=_RETRY_SECONDS,
            )
        if self._open[token_id] >= self._token_limit:
            raise UnavailableError(
                f"This token has {self._token_limit} open event streams, its limit; request the status instead.",
                limit="token-streams",
                allowed=self._token_limit,
                retry_after=_RETRY_SECONDS,
            )
        self._open[token_id] += 1
        self._observe()

    def end(self, token_id: str) -> None:
        """Count a closed stream."""
        self._open[token_id] -= 1
        self._open += Counter()  # removes tokens with a count of 0
        self._observe()

    def _observe(self) -> None:
        observe(("streams", self._open.total(), str(os.getpid())))


class CountedStream(StreamingResponse):
    """A response that counts as an open stream until it ends, also if the client disconnects before the first byte.

    Args:
        content: the events.
        streams: the counter.
        token_id: the token that the stream counts for.
    """

    def __init__(self, content: AsyncIterator[bytes], streams: Streams, token_id: str) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(content, media_type="text/event-stream", headers=headers)
        self._streams = streams
        self._token_id = token_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the events."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._streams.end(self._token_id)
