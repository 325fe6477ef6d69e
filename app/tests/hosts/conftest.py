"""An API with its `/internal` paths over TLS, as through the remote-worker gateway, and a host that may use them."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import uvicorn

from decalogo.access.hosts import Host, JoinLine
from decalogo.api.services import Services, open_services
from decalogo.settings import Settings, StorageSettings
from decalogo.setup.hosts import add_host
from decalogo.setup.joining import write_joined
from decalogo.setup.secrets import make_secrets
from decalogo.storage.remote import RemoteStore
from decalogo.webapp import create_app
from decalogo.worker.remote_ledger import RemoteLedger
from tests.api.conftest import wait_until


@dataclass
class FirstHost:
    """The first host as another one sees it.

    Attributes:
        secrets: the services' secrets, as `decalogo setup` made them.
        line: what host ``north`` got.
        joined: what host ``north`` made of it.
    """

    services: Services
    secrets: Path
    line: JoinLine
    joined: Path
    stores: list[RemoteStore | RemoteLedger] = field(default_factory=list)

    @property
    def host(self) -> Host:
        """Return ``north`` as the first host knows it."""
        return Host(self.line.host_id, self.line.name, "", 0.0)

    def ledger(self) -> RemoteLedger:
        """Return the ledger as ``north`` sees it."""
        ledger = RemoteLedger(self.services.settings.model_copy(update={"storage": self.storage()}))
        self.stores.append(ledger)
        return ledger

    def storage(self) -> StorageSettings:
        """Return the storage settings of ``north``."""
        return StorageSettings(
            path=self.joined / "scratch",
            url=f"https://127.0.0.1:{self.line.port}",
            token_file=self.joined / "token",
            ca_file=self.joined / "gateway.crt",
        )

    def store(self) -> RemoteStore:
        """Return the store as ``north`` sees it."""
        store = RemoteStore(self.storage(), 60.0)
        self.stores.append(store)
        return store


@pytest.fixture
def first(settings: Settings, tmp_path: Path) -> Iterator[FirstHost]:
    secrets, joined = tmp_path / "first", tmp_path / "north"
    make_secrets(secrets, set_groups=False)
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    line = add_host(secrets, "north", address="127.0.0.1", port=port, redis_port=0, set_groups=False)
    write_joined(joined, JoinLine.decode(line.encode()), None)
    services = open_services(settings.model_copy(update={"secrets_dir": secrets / "api"}))
    config = uvicorn.Config(
        create_app(services.settings, services),
        log_config=None,
        access_log=False,
        ssl_certfile=secrets / "hosts/tls.crt",
        ssl_keyfile=str(secrets / "hosts/tls.key"),
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_until(lambda: server.started, 60)
    host = FirstHost(services, secrets, line, joined)
    yield host
    for store in host.stores:
        store.close()
    server.should_exit = True
    thread.join(60)
