"""Receiver of webhooks, as a real HTTP server."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from decalogo.settings import WebhookSettings

PATIENT = WebhookSettings(allow_private=True, timeout_seconds=60.0, max_attempts=3, initial_backoff_seconds=0.01)
QUICK = PATIENT.model_copy(update={"timeout_seconds": 1.0})
"""For receivers that do not answer in time."""


class Receiver:
    """HTTP server that records messages; ``answers`` are its responses in turn, then 200."""

    def __init__(self) -> None:
        self.messages: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int | str] = []
        self.released = threading.Event()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.messages.append(({k.lower(): v for k, v in self.headers.items()}, body))
                answer = receiver.answers.pop(0) if receiver.answers else 200
                if answer == "drip":
                    receiver.drip(self)
                    return
                if answer == "silence":
                    receiver.released.wait(600)
                    return
                assert isinstance(answer, int)
                self.send_response(answer)
                if answer in (302, 307):
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?x=1"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def drip(self, handler: BaseHTTPRequestHandler) -> None:
        """Send a header byte by byte, each within the timeout of a socket, until the client closes the connection."""
        try:
            for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 2000:  # over three minutes
                handler.wfile.write(bytes([byte]))
                handler.wfile.flush()
                threading.Event().wait(0.1)
        except OSError:
            pass
