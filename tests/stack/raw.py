"""Requests byte by byte over TLS, for what no well-behaved client would send."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What came back before the connection closed; ``status`` is 0 when nothing did."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        """Return every value of a header, whatever its case."""
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def problem(self) -> dict[str, Any]:
        """Return the body as a problem document."""
        assert self.values("Content-Type") == ["application/problem+json"], self
        found: dict[str, Any] = json.loads(self.body)
        return found


@contextmanager
def connection(port: int, certificate: str, *, name: str = "localhost", tls: bool = True) -> Iterator[socket.socket]:
    """Open a connection to a port of this machine; ``certificate`` (PEM) is what to trust."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as plain:
        if not tls:
            yield plain
            return
        with ssl.create_default_context(cadata=certificate).wrap_socket(plain, server_hostname=name) as wrapped:
            yield wrapped


def head(method: str, path: str, *lines: str, host: str = "localhost") -> bytes:
    """Return the head of a request after which the server closes."""
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *lines, "", ""]).encode()


def exchange(open_connection: socket.socket, data: bytes) -> Answer:
    """Send ``data`` and read until the server closes; a server that stops reading is no error here."""
    with suppress(OSError):
        open_connection.sendall(data)
    return receive(open_connection)


def receive(open_connection: socket.socket) -> Answer:
    """Read until the server closes."""
    received = b""
    try:
        while piece := open_connection.recv(65536):
            received += piece
    except OSError:
        pass
    if not received.startswith(b"HTTP/1.1 "):
        return Answer(0, [], received)
    start, _, body = received.partition(b"\r\n\r\n")
    first, *lines = start.decode("latin-1").split("\r\n")
    headers = [(key, value.strip()) for key, _, value in (line.partition(":") for line in lines)]
    return Answer(int(first.split()[1]), headers, body)
