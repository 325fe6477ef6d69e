"""Answer what is not HTTP, and methods that HTTP does not know, with a problem document like every other error."""

from __future__ import annotations

import secrets

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from decalogo.errors import RequestError


class ProblemProtocol(HttpToolsProtocol):
    """Uvicorn's protocol on httptools, whose parser rejects a request before the application sees it."""

    def send_400_response(self, msg: str) -> None:
        """Send the problem and close the connection; ``msg`` is uvicorn's own text."""
        error = RequestError("The request is not valid HTTP, or its method is unknown.")
        request_id = secrets.token_hex(16)
        body = orjson.dumps({**error.problem(), "instance": None, "request_id": request_id})
        head = (
            f"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncontent-length: {len(body)}\r\n"
            f"cache-control: no-store\r\nx-request-id: {request_id}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
