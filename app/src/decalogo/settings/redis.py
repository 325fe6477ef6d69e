"""Connection to Redis."""

from __future__ import annotations

import ssl
from pathlib import Path
from urllib.parse import quote

from pydantic import BaseModel, Field


class RedisSettings(BaseModel):
    """Redis server: queues, ledger and rate limits, each in its own database."""

    host: str = Field("127.0.0.1", description="Host name of the server.")
    port: int = Field(6379, description="TCP port of the server.")
    username: str | None = Field(None, description="ACL user of this service; unset for a local server without login.")
    password_file: Path | None = Field(None, description="File with the password of the ACL user.")
    ca_file: Path | None = Field(
        None, description="CA certificate (PEM) that must have signed the server's certificate; unset disables TLS."
    )
    broker_db: int = Field(0, description="Database number of the Celery queues.")
    ledger_db: int = Field(1, description="Database number of the ledger and the access tokens.")
    limits_db: int = Field(2, description="Database number of the rate limit counters.")
    socket_timeout_seconds: float = Field(10.0, gt=0, description="Timeout of one reply, seconds.")

    @property
    def password(self) -> str | None:
        """Return the password, read from its file on every access so that a rotation takes effect."""
        return self.password_file.read_text(encoding="utf-8").strip() if self.password_file else None

    def url(self, db: int) -> str:
        """Return the URL of one database. It contains the credentials, so never log it."""
        secret = self.password
        host = f"[{self.host}]" if ":" in self.host else self.host
        login = f"{self.username or ''}:{quote(secret, safe='')}@" if secret else ""
        return f"{'rediss' if self.ca_file else 'redis'}://{login}{host}:{self.port}/{db}"

    @property
    def tls(self) -> dict[str, object]:
        """Return the TLS options of a redis-py client, empty for plain TCP.

        The certificate authority signs only the certificate of this appliance. Checking the host name would add
        no security and would break access by another address.
        """
        if not self.ca_file:
            return {}
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": str(self.ca_file), "ssl_check_hostname": False}
