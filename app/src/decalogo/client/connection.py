"""How to reach one appliance: address, token, certificate."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from decalogo.errors import ClientError

# An answer may take as long as the appliance needs to put a whole upload on disk.
TIMEOUT = httpx.Timeout(connect=10.0, read=120.0, write=120.0, pool=10.0)


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the appliance is and who asks.

    Args:
        url: base address, for example ``https://decalogo.example.org``.
        token: bearer token; never shown.
        ca_file: certificate (PEM) to trust beside the system's, as for the stack's self-signed one.
        insecure: do not check the certificate at all.
    """

    url: str
    token: str = field(repr=False)
    ca_file: Path | None = None
    insecure: bool = False

    def open(self, transport: httpx.BaseTransport | None = None) -> httpx.Client:
        """Return an HTTP client for it; ``transport`` replaces the network in tests.

        Raises:
            ClientError: the address, the token or the certificate file cannot be used.
        """
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ClientError(f"{self.url!r} is not an address such as https://decalogo.example.org")
        if not self.token.isascii() or not self.token.isprintable() or " " in self.token or not self.token:
            raise ClientError("the token is empty or holds characters that no token has")
        return httpx.Client(
            base_url=self.url.rstrip("/") + "/api/v1",
            headers={"Authorization": f"Bearer {self.token}", "User-Agent": "decalogo-client"},
            timeout=TIMEOUT,
            verify=self._verify(),
            # A proxy set for the internet must not be asked for this machine.
            trust_env=parts.hostname not in ("localhost", "127.0.0.1", "::1"),
            transport=transport,
        )

    def _verify(self) -> ssl.SSLContext | bool:
        if self.insecure:
            return False
        if self.ca_file is None:
            return True
        try:
            context = ssl.create_default_context()
            context.load_verify_locations(cafile=self.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise ClientError(f"cannot use the certificate in {self.ca_file}: {error}") from error
        return context
