"""A way to Redis that can go deaf for those who wait for messages (connected, and yet nothing comes), or freeze."""

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
        """While it is set, a connection that asks for messages (``BRPOP``) is swallowed: open, but silent for ever."""
        self.swallowed: list[socket.socket] = []
        self.awake = threading.Event()
        """While it is not set, Redis looks frozen: connections open, and what is sent arrives when it is set again."""
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
        """Be deaf no more, and end the connections that were swallowed, so that their clients connect again."""
        self.deaf.clear()
        for one in self.swallowed:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End every connection."""
        self.awake.set()
        for one in (self._listener, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
