"""Join tokens of remote hosts: one token per host, stored as a hash.

The secret of a token has two uses: it is the password of the host's user in Redis (``setup/acl.py``) and the bearer
token of its requests for documents (``api/routes/remote_workers.py``). ``hosts.json`` in the secrets folder of the API
is the source of truth. It maps the id of a host to its name, the SHA-256 of its secret (hex) and its creation time
(Unix seconds). A host that is not in the file has no access.
"""

from __future__ import annotations

import base64
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from decalogo.access.tokens import digest
from decalogo.errors import ClientError, UnauthorizedError

HOSTS_FILE: Final = "hosts.json"
LINE_PREFIX: Final = "dcj_"
USER_PREFIX: Final = "host-"
"""How the Redis users of hosts begin, and the owners of their attempts in the ledger."""
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_BEARER = re.compile(r"([0-9a-f]{12})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Host:
    """Host that may join.

    Attributes:
        name: name for people, also part of the names of its workers: a-z, 0-9 and hyphens, up to 32 characters.
        sha256: hex digest of its secret.
        created: Unix seconds.
    """

    host_id: str
    name: str
    sha256: str
    created: float

    @property
    def redis_user(self) -> str:
        """Return its user in Redis."""
        return redis_user(self.host_id)


@dataclass(frozen=True, slots=True)
class JoinLine:
    """Join token: everything that a host needs to join, as one word to copy.

    Attributes:
        address: name or address of the first host.
        port, redis_port: ports of the remote-worker gateway: documents over HTTPS, Redis over TLS.
        certificate: certificate of the gateway (PEM), the only one that the host accepts.
    """

    host_id: str
    name: str
    secret: str
    address: str
    port: int
    redis_port: int
    certificate: str

    def encode(self) -> str:
        """Return the token as one word without spaces."""
        return LINE_PREFIX + base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> JoinLine:
        """Parse a token; raise :class:`ClientError` when it is incomplete."""
        raw = "".join(text.split()[-1:]).removeprefix(LINE_PREFIX)
        try:
            return cls(**json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))))
        except (ValueError, TypeError) as error:
            detail = "the join token is incomplete; copy the whole line that `./appliance join-token` printed"
            raise ClientError(detail) from error

    @property
    def bearer(self) -> str:
        """Return the bearer token of its requests."""
        return f"{self.host_id}.{self.secret}"


def redis_user(host_id: str) -> str:
    """Return the Redis user of a host."""
    return USER_PREFIX + host_id


def new_host(name: str, now: float) -> tuple[Host, str]:
    """Return a new host and its secret; raise :class:`ClientError` for an invalid name."""
    if not _NAME.fullmatch(name):
        raise ClientError(f"{name!r} is not a valid host name: use a-z, 0-9 and hyphens, up to 32 characters")
    secret = secrets.token_hex(32)
    return Host(secrets.token_hex(6), name, digest(secret), now), secret


def read_hosts(text: str) -> dict[str, Host]:
    """Parse the text of ``hosts.json``; return the hosts by id."""
    return {host_id: Host(host_id, **row) for host_id, row in json.loads(text or "{}").items()}


def write_hosts(hosts: Mapping[str, Host]) -> str:
    """Return the text of ``hosts.json``."""
    rows = {name: {"name": host.name, "sha256": host.sha256, "created": host.created} for name, host in hosts.items()}
    return json.dumps(rows, indent=1, sort_keys=True) + "\n"


class HostStore:
    """Hosts as the API reads them. A replaced file is read at the next request, so a revocation needs no restart.

    Args:
        folder: secrets folder of the API.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / HOSTS_FILE
        self._known: dict[str, Host] = {}
        self._seen: tuple[int, int] | None = None

    def were_added(self) -> bool:
        """Return whether any host was ever added; revoked ones count."""
        return self._file.exists()

    def check(self, bearer: str) -> Host:
        """Return the host of a bearer token; raise :class:`UnauthorizedError`."""
        found = _BEARER.fullmatch(bearer)
        if not found:
            raise UnauthorizedError(
                "This request needs the token of a joined host.", "malformed" if bearer else "missing"
            )
        host = self._hosts().get(found[1])
        if host is None or not hmac.compare_digest(host.sha256, digest(found[2])):
            raise UnauthorizedError("The token of this host is unknown or revoked.", "wrong" if host else "unknown")
        return host

    def _hosts(self) -> dict[str, Host]:
        try:
            state = self._file.stat()
        except FileNotFoundError:
            return {}
        seen = (state.st_mtime_ns, state.st_ino)
        if seen != self._seen:
            self._known, self._seen = read_hosts(self._file.read_text(encoding="utf-8")), seen
        return self._known
