"""`decalogo hosts …`: the list of remote hosts. Only the one-shot service can write its file.

``./appliance join-token`` runs ``ACL LOAD`` in Redis after a change; the API detects a change of the file.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from decalogo.access.hosts import HOSTS_FILE, Host, JoinLine, new_host, read_hosts, write_hosts
from decalogo.errors import ClientError
from decalogo.setup.secrets import folders_in, make_secrets


def add_host(root: Path, name: str, *, address: str, port: int, redis_port: int, set_groups: bool = True) -> JoinLine:
    """Add a host and return its join line; raise :class:`ClientError` for a name that is taken or invalid."""
    with _changing(root, set_groups) as hosts:
        if any(host.name == name for host in hosts.values()):
            raise ClientError(f"there is a host named {name} already; revoke its token first or choose another name")
        host, secret = new_host(name, time.time())
        hosts[host.host_id] = host
    certificate = folders_in(root, set_groups)["hosts"].read("tls.crt")
    return JoinLine(host.host_id, name, secret, address, port, redis_port, certificate)


def revoke_host(root: Path, host_id: str, *, set_groups: bool = True) -> Host:
    """Revoke a host and return it; raise :class:`ClientError` if there is none with this id."""
    with _changing(root, set_groups) as hosts:
        if host_id not in hosts:
            raise ClientError(f"there is no host with the id {host_id}")
        return hosts.pop(host_id)


def known_hosts(root: Path) -> list[Host]:
    """Return all hosts, oldest first."""
    api = folders_in(root, False)["api"]
    hosts = read_hosts(api.read(HOSTS_FILE)) if api.has(HOSTS_FILE) else {}
    return sorted(hosts.values(), key=lambda host: host.created)


@contextmanager
def _changing(root: Path, set_groups: bool) -> Iterator[dict[str, Host]]:
    """Yield the hosts under a lock; write them and the files derived from them afterwards."""
    folder = folders_in(root, set_groups)["api"]
    with (folder.path / ".hosts.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        hosts = read_hosts(folder.read(HOSTS_FILE)) if folder.has(HOSTS_FILE) else {}
        yield hosts
        folder.replace(HOSTS_FILE, write_hosts(hosts))
        make_secrets(root, set_groups=set_groups)
