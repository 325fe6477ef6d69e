"""Streams of events that are open in one process: how many there may be, in all and of one token."""

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
"""One token may hold a tenth of the streams, so that it cannot shut out the others."""
_RETRY_SECONDS: Final = 10


class Streams:
    """Counts the streams of a process.

    Args:
        most: streams that may be open at the same time.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._most_of_token = max(1, most // TOKEN_SHARE)
        self._open = Counter[str]()

    def begin(self, token_id: str) -> None:
        """Count one more; raises :class:`UnavailableError` when all are taken, or the token's share of them is."""
        if self._open.total() >= self._most:
            raise UnavailableError(
                "Too many streams are open; ask for the status instead.", limit="streams", retry_after=_RETRY_SECONDS
            )
        if self._open[token_id] >= self._most_of_token:
            raise UnavailableError(
                f"This token has its {self._most_of_token} streams open already; ask for the status instead.",
                limit="token-streams",
                allowed=self._most_of_token,
                retry_after=_RETRY_SECONDS,
            )
        self._open[token_id] += 1
        self._tell()

    def end(self, token_id: str) -> None:
        """Count one less."""
        self._open[token_id] -= 1
        self._open += Counter()  # drops tokens that have none
        self._tell()

    def _tell(self) -> None:
        observe(("streams", self._open.total(), str(os.getpid())))


class CountedStream(StreamingResponse):
    """A stream that has begun to count; it counts until it is over, also when its client left before the first byte.

    Args:
        content: the events.
        streams: where it counts.
        token_id: whose it is.
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
