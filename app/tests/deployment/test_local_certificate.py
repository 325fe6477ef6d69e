"""What ./appliance trusts at the local address, by real handshakes, and that everybody else is as strict as ever."""

from __future__ import annotations

import http.server
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from decalogo.client.connection import LOCAL_ADDRESS, LOCAL_CERTIFICATE, Connection
from decalogo.errors import ClientError
from decalogo.setup.certificate import self_signed

NAME = "decalogo.example.org"


class Server(http.server.ThreadingHTTPServer):
    """Answers everything with an empty page; a handshake that fails ends its own connection only."""

    daemon_threads = True

    class Handler(http.server.BaseHTTPRequestHandler):
        """Says yes."""

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    def __init__(self, certificate: Path, key: Path) -> None:
        super().__init__(("", 0), self.Handler)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._tls.load_cert_chain(certificate, key)

    def finish_request(self, request: object, client_address: object) -> None:
        try:
            secured = self._tls.wrap_socket(request, server_side=True)  # type: ignore[call-overload]
        except (ssl.SSLError, ConnectionError):
            return  # the client refused
        with secured:
            super().finish_request(secured, client_address)  # type: ignore[arg-type]


@contextmanager
def served(folder: Path, *names: str) -> Iterator[tuple[str, Path]]:
    """Serve with a fresh certificate for these names; give the port and the certificate."""
    certificate, key = folder / f"{names[0]}.crt", folder / f"{names[0]}.key"
    for path, text in zip((certificate, key), self_signed(list(names)), strict=True):
        path.write_text(text)
    with Server(certificate, key) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield str(server.server_address[1]), certificate
        server.shutdown()
        thread.join(20)


def ask(url: str, ca_file: Path | None = None) -> int:
    with Connection(url, "dcl_x_y", ca_file=ca_file).open() as client:
        return client.get("/health").status_code


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1"])
def test_the_certificate_of_the_edge_will_do_at_the_local_address_whatever_its_name(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path, NAME) as (port, certificate):
        monkeypatch.setenv(LOCAL_CERTIFICATE, str(certificate))
        assert ask(f"https://{address}:{port}") == 200


def test_no_other_certificate_will_do_be_it_for_the_right_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(tmp_path, NAME) as (_, certificate), served(tmp_path, "localhost") as (port, _):
        monkeypatch.setenv(LOCAL_CERTIFICATE, str(certificate))
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(f"https://localhost:{port}")


def test_the_chain_behind_it_vouches_for_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with served(tmp_path, NAME) as (own_port, own), served(tmp_path, "authority") as (port, authority):
        chain = tmp_path / "chain.crt"
        chain.write_text(f"subject=Cañón\n{own.read_text()}{authority.read_text()}", encoding="utf-8")
        monkeypatch.setenv(LOCAL_CERTIFICATE, str(chain))
        assert ask(f"https://localhost:{own_port}") == 200
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(f"https://localhost:{port}")


def test_names_are_checked_at_every_other_address_and_with_a_certificate_that_was_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(tmp_path, NAME) as (port, certificate):
        with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
            ask(f"https://localhost:{port}", ca_file=certificate)
        monkeypatch.setenv(LOCAL_CERTIFICATE, str(certificate))
        with pytest.raises(httpx.ConnectError, match="Hostname mismatch"):
            ask(f"https://localhost:{port}", ca_file=certificate)
        # This machine too, but by an address that ./appliance does not use.
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            ask(f"https://127.0.0.2:{port}")
        monkeypatch.setenv(LOCAL_ADDRESS, "127.0.0.2")
        assert ask(f"https://127.0.0.2:{port}") == 200


def test_a_file_without_a_certificate_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.crt").touch()
    monkeypatch.setenv(LOCAL_CERTIFICATE, str(tmp_path / "empty.crt"))
    with pytest.raises(ClientError, match=r"empty\.crt: it has no certificate"):
        ask("https://localhost:1")
