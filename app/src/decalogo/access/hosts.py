"""Other hosts whose workers may join: each has a token of its own, of which only a hash is kept.

A host's token is one secret with two uses: the password of its own user in Redis (``setup/acl.py``), and the bearer of
its requests for documents (``api/routes/remote_workers.py``). ``hosts.json`` beside the API's secrets is the truth:
id -> name, SHA-256 of the secret (hex), when it was made (Unix seconds). A host that is not in it is out.
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
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_BEARER = re.compile(r"([0-9a-f]{12})\.([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Host:
    """A host that may join.

    Attributes:
        name: for people, and in the names of its workers: small letters, digits and hyphens, at most 32.
        sha256: hex digest of its secret.
        created: Unix seconds.
    """

    host_id: str
    name: str
    sha256: str
    created: float

    @property
    def redis_user(self) -> str:
        """Its user in Redis."""
        return redis_user(self.host_id)


@dataclass(frozen=True, slots=True)
class JoinLine:
    """All that a host needs to join, as one word to be carried over to it.

    Attributes:
        address: name or address under which it reaches the first host.
        port, redis_port: of the first host's door: documents over HTTPS, Redis over TLS.
        certificate: the door's (PEM): what it shows must be this, so nothing is trusted on first use.
    """

    host_id: str
    name: str
    secret: str
    address: str
    port: int
    redis_port: int
    certificate: str

    def encode(self) -> str:
        """Return it as one word without spaces."""
        return LINE_PREFIX + base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> JoinLine:
        """Read it back; raises :class:`ClientError` when it was not carried over whole."""
        raw = "".join(text.split()[-1:]).removeprefix(LINE_PREFIX)
        try:
            return cls(**json.loads(base64.urlsafe_b64decode(raw + "=" * (-len(raw) % 4))))
        except (ValueError, TypeError) as error:
            raise ClientError("this is not the whole line that `./appliance join-token` printed") from error

    @property
    def bearer(self) -> str:
        """What its requests carry."""
        return f"{self.host_id}.{self.secret}"


def redis_user(host_id: str) -> str:
    """Return the Redis user of a host."""
    return f"host-{host_id}"


def new_host(name: str, now: float) -> tuple[Host, str]:
    """Return a new host and its secret; raises :class:`ClientError` for a name that cannot be one."""
    if not _NAME.fullmatch(name):
        raise ClientError(f"{name!r} is no name for a host: small letters, digits and hyphens, at most 32")
    secret = secrets.token_hex(32)
    return Host(secrets.token_hex(6), name, digest(secret), now), secret


def read_hosts(text: str) -> dict[str, Host]:
    """Return the hosts of a file's text by id."""
    return {host_id: Host(host_id, **row) for host_id, row in json.loads(text or "{}").items()}


def write_hosts(hosts: Mapping[str, Host]) -> str:
    """Return the text of the file."""
    rows = {name: {"name": host.name, "sha256": host.sha256, "created": host.created} for name, host in hosts.items()}
    return json.dumps(rows, indent=1, sort_keys=True) + "\n"


class HostStore:
    """The hosts as the API sees them; read anew when the file was replaced, so a revoked one is refused at once.

    Args:
        folder: the API's secrets.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / HOSTS_FILE
        self._known: dict[str, Host] = {}
        self._seen: tuple[int, int] | None = None

    def check(self, bearer: str) -> Host:
        """Return the host whose token this is; raises :class:`UnauthorizedError`."""
        found = _BEARER.fullmatch(bearer)
        if not found:
            raise UnauthorizedError(
                "This needs the token of a host that has joined.", "malformed" if bearer else "missing"
            )
        host = self._hosts().get(found[1])
        if host is None or not hmac.compare_digest(host.sha256, digest(found[2])):
            raise UnauthorizedError("This host's token is unknown or was revoked.", "wrong" if host else "unknown")
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
