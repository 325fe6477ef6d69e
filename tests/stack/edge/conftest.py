"""One appliance as on the internet: certificate of the operator, a name, and a trusted proxy in front.

This machine is the trusted proxy. A test selects the address of its client by ``X-Forwarded-For`` and so begins with
unused limits. Another container is a client that is not trusted.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from addresses import NAME, Open, from_a_new_address, gateway
from authority import Authority

from appliance import Appliance
from client import Client

OVERRIDE = """
services:
  api:
    environment:
      DECALOGO_API__BODY_IDLE_SECONDS: "4"
      DECALOGO_WEBHOOKS__ALLOW_PRIVATE: "true"
  scheduler:
    environment:
      DECALOGO_WEBHOOKS__ALLOW_PRIVATE: "true"
      DECALOGO_WEBHOOKS__INITIAL_BACKOFF_SECONDS: "1"
"""


@pytest.fixture(scope="package")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="package")
def authority_pem(authority: Authority) -> str:
    """The certificate that a client of this appliance trusts."""
    return authority.pem


@pytest.fixture(scope="package")
def tls_folder(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    authority.write(folder, NAME, "localhost")
    return folder


@pytest.fixture(scope="package")
def acme_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("acme")
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="package")
def appliance(tmp_path_factory: pytest.TempPathFactory, tls_folder: Path, acme_folder: Path) -> Iterator[Appliance]:
    clone = Appliance(tmp_path_factory.mktemp("edge") / "decalogo", "decalogo-edge")
    (clone.folder / "compose.override.yaml").write_text(OVERRIDE)
    clone.environment = {
        **clone.environment,
        "TLS_DIR": str(tls_folder),
        "ACME_DIR": str(acme_folder),
        "SERVER_NAME": NAME,
        "WEBHOOKS_EGRESS": "true",
        "NGINX_CONCURRENT_REQUESTS": "5",
    }
    try:
        clone.run("up")
        clone.change("nginx", TRUSTED_PROXIES=gateway(clone, "edge"))
        yield clone
    finally:
        clone.delete()


@pytest.fixture(scope="package")
def token(appliance: Appliance) -> str:
    return appliance.run("token", "create", "edge", "--tier", "premium").strip()


@pytest.fixture
def open_client(appliance: Appliance) -> Open:
    """Return a maker of clients, each at an address of its own."""

    def build(token: str) -> Client:
        client = appliance.client(token)
        client.http.headers.update(from_a_new_address())
        return client

    return build


@pytest.fixture
def client(open_client: Open, token: str) -> Client:
    """A client with a premium token at an address of its own."""
    return open_client(token)
