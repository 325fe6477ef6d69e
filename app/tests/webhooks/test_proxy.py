"""Webhooks through an HTTP proxy: a tunnel to the target, with the same checks as without one."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from decalogo.settings import WebhookSettings
from decalogo.webhooks import target
from tests.webhooks.receiver import Receiver

NAME = "receiver.invalid"  # has no address here; the proxy knows it


class Proxy:
    """A proxy for one tunnel, which it opens to a port of this machine or refuses."""

    def __init__(self, port: int, *, refuses: bool = False) -> None:
        self.request = ""
        self._port, self._refuses = port, refuses
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        with client:
            while "\r\n\r\n" not in self.request:
                self.request += client.recv(4096).decode()
            if self._refuses:
                client.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
                return
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            with socket.create_connection(("127.0.0.1", self._port)) as upstream:
                back = threading.Thread(target=_copy, args=(upstream, client), daemon=True)
                back.start()
                _copy(client, upstream)
                back.join(5)

    def close(self) -> None:
        self._listener.close()
        self._thread.join(5)


def _copy(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    started = Receiver()
    yield started
    started.server.shutdown()
    started.server.server_close()
    started.thread.join()


def settings(proxy: Proxy, login: str = "") -> WebhookSettings:
    return WebhookSettings(allow_private=True, proxy_url=f"http://{login}{proxy.address}")


def test_a_target_without_an_address_here_is_reached_through_the_proxy(receiver: Receiver) -> None:
    proxy = Proxy(receiver.server.server_port)
    connection = target.connect(urlsplit(f"http://{NAME}/hook"), settings(proxy, "user:p%40ss@"), time.monotonic() + 20)
    connection.request("POST", "/hook", b"{}", {"Connection": "close"})

    assert connection.getresponse().status == 200
    connection.close()
    proxy.close()
    assert [body for _, body in receiver.messages] == [b"{}"]
    assert proxy.request.startswith(f"CONNECT {NAME}:80 ")
    assert "Proxy-Authorization: Basic dXNlcjpwQHNz" in proxy.request  # user:p@ss


def test_a_proxy_that_refuses_is_a_failed_attempt(receiver: Receiver) -> None:
    proxy = Proxy(receiver.server.server_port, refuses=True)
    with pytest.raises(OSError, match="403"):
        target.connect(urlsplit(f"http://{NAME}/"), settings(proxy), time.monotonic() + 20)
    proxy.close()


def test_a_name_that_is_private_here_is_refused_before_the_proxy_is_asked() -> None:
    asked = WebhookSettings(proxy_url="http://127.0.0.1:9")
    with pytest.raises(target.ForbiddenAddressError):
        target.connect(urlsplit("https://localhost/"), asked, time.monotonic() + 20)


@pytest.mark.parametrize("value", ["proxy:3128", "https://proxy.example.org", "socks5://proxy", "http://proxy/path"])
def test_only_the_address_of_an_http_proxy_is_accepted(value: str) -> None:
    with pytest.raises(ValidationError, match=r"webhooks\.proxy_url"):
        WebhookSettings(proxy_url=value)
