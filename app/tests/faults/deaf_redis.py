"""TCP proxy to Redis that can withhold messages from its clients, or freeze."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

_CHUNK = 65_536


class DeafRedis:
    """Forwards TCP connections to a Redis on 127.0.0.1.

    Args:
        port: of the server.
    """

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.deaf = threading.Event()
        """While it is set, a connection that requests messages (``BRPOP``) stays open and gets no reply."""
        self.swallowed: list[socket.socket] = []
        self.awake = threading.Event()
        """While it is not set, Redis appears frozen: data arrives when it is set again."""
        self.awake.set()
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                self._open += [client, server]
                silent = threading.Event()
                for source, sink, asks in ((client, server, True), (server, client, False)):
                    threading.Thread(target=self._forward, args=(source, sink, asks, silent), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, asks: bool, silent: threading.Event) -> None:
        with suppress(OSError):
            while data := source.recv(_CHUNK):
                if asks and self.deaf.is_set() and b"BRPOP" in data and not silent.is_set():
                    silent.set()
                    self.swallowed.append(source)
                self.awake.wait()
                if not silent.is_set():
                    sink.sendall(data)
        if not silent.is_set():
            with suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)

    def hear(self) -> None:
        """Forward messages again, and close the withheld connections, so that their clients reconnect."""
        self.deaf.clear()
        for one in self.swallowed:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close every connection."""
        self.awake.set()
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
