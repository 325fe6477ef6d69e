"""How to reach one appliance: address, token, certificate.

``./appliance``, and nobody else, sets ``_DECALOGO_LOCAL_CERTIFICATE``: the file with the certificate that the edge
on this machine has at this moment, as the edge's own container gave it. At this machine's own address exactly that
certificate is trusted then, whatever names it bears: an operator's is valid for the appliance's name, not for
``localhost``. At every other address, and where a certificate to trust was named, nothing changes.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from decalogo.errors import ClientError

# An answer may take as long as the appliance needs to put a whole upload on disk.
TIMEOUT = httpx.Timeout(connect=10.0, read=120.0, write=120.0, pool=10.0)
LOCAL_CERTIFICATE = "_DECALOGO_LOCAL_CERTIFICATE"
_LOCAL = ("localhost", "127.0.0.1", "::1")


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
            verify=self._verify(local=parts.hostname in _LOCAL),
            # A proxy set for the internet must not be asked for this machine.
            trust_env=parts.hostname not in _LOCAL,
            transport=transport,
        )

    def _verify(self, *, local: bool) -> ssl.SSLContext | bool:
        if self.insecure:
            return False
        only = os.environ.get(LOCAL_CERTIFICATE) if local and self.ca_file is None else None
        file = self.ca_file or only
        if not file:
            return True
        try:
            return _trust_only(Path(file)) if only else _trust_too(Path(file))
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise ClientError(f"cannot use the certificate in {file}: {error}") from error


def _trust_too(file: Path) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.load_verify_locations(cafile=file)
    return context


def _trust_only(file: Path) -> ssl.SSLContext:
    """Return what accepts the first certificate in a file, under any name, and no other.

    The rest of the file is its chain: an authority in it, trusted without a name, would vouch for everybody it signed.
    """
    text = file.read_text(encoding="ascii", errors="replace")
    begin, end = text.find(ssl.PEM_HEADER), text.find(ssl.PEM_FOOTER)
    if begin < 0 or end < begin:
        raise ValueError("it holds none")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it is trusted itself, not for who signed it
    context.load_verify_locations(cadata=text[begin : end + len(ssl.PEM_FOOTER)])
    return context
