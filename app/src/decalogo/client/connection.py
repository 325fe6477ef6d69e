"""Connect to one appliance: address, token, certificate.

Only ``./appliance`` sets ``_DECALOGO_LOCAL_CERTIFICATE``: a file with the current certificate of the reverse proxy on
this machine, read from its container. The client then trusts exactly this certificate at this machine's own address,
whatever names are in it, because an operator's certificate is not valid for ``localhost``. The variable has no effect
at other addresses, or if ``ca_file`` is given. ``_DECALOGO_LOCAL_ADDRESS`` is a further address of this machine, for
ports that are published on one interface.
"""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from decalogo.errors import ClientError

# The appliance answers an upload after all of it is on disk.
TIMEOUT = httpx.Timeout(connect=10.0, read=120.0, write=120.0, pool=10.0)
LOCAL_CERTIFICATE = "_DECALOGO_LOCAL_CERTIFICATE"
LOCAL_ADDRESS = "_DECALOGO_LOCAL_ADDRESS"
_LOCAL = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Connection:
    """The address of an appliance and the access to it.

    Args:
        url: base address, for example ``https://decalogo.example.org``.
        token: bearer token; not part of the ``repr``.
        ca_file: certificate (PEM) to trust in addition to the system's, such as the stack's self-signed one.
        insecure: accept any certificate.
    """

    url: str
    token: str = field(repr=False)
    ca_file: Path | None = None
    insecure: bool = False

    def open(self, transport: httpx.BaseTransport | None = None) -> httpx.Client:
        """Return an HTTP client; ``transport`` replaces the network in tests.

        Raises:
            ClientError: the address, the token or the certificate file is unusable.
        """
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ClientError(f"{self.url!r} is not an address such as https://decalogo.example.org")
        if not self.token.isascii() or not self.token.isprintable() or " " in self.token or not self.token:
            raise ClientError("the token is empty or has characters that no token has")
        local = parts.hostname in (*_LOCAL, os.environ.get(LOCAL_ADDRESS))
        return httpx.Client(
            base_url=self.url.rstrip("/") + "/api/v1",
            headers={"Authorization": f"Bearer {self.token}", "User-Agent": "decalogo-client"},
            timeout=TIMEOUT,
            verify=self._verify(local=local),
            # A proxy configured for the internet does not reach this machine.
            trust_env=not local,
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
    """Return a context that accepts only the first certificate in a file, under any name.

    The other certificates in the file are its chain. Without a check of names, trust in an authority of the chain would
    accept every certificate that this authority has signed.
    """
    text = file.read_text(encoding="ascii", errors="replace")
    begin, end = text.find(ssl.PEM_HEADER), text.find(ssl.PEM_FOOTER)
    if begin < 0 or end < begin:
        raise ValueError("it has no certificate")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # trust the certificate itself, not its issuer
    context.load_verify_locations(cadata=text[begin : end + len(ssl.PEM_FOOTER)])
    return context
