"""All settings, from the environment (``DECALOGO_<SECTION>__<FIELD>``); secrets are files, never values.

Every field names its unit. An unknown ``DECALOGO_*`` variable is an error that names the nearest right one.
"""

from __future__ import annotations

import difflib
import os
import ssl
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from pydantic import BaseModel, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from decalogo.autoscale.settings import AutoscaleSettings
from decalogo.queue.settings import QueueSettings as QueueSettings

PREFIX = "DECALOGO_"
# Read by commands that people type (`decalogo submit`, `decalogo embedded`), so not settings of a service.
COMMAND_VARIABLES = frozenset(
    {"DECALOGO_URL", "DECALOGO_TOKEN", "DECALOGO_TOKEN_FILE", "DECALOGO_CA_FILE", "DECALOGO_EMBEDDED_DATA"}
)


class RedisSettings(BaseModel):
    """The one Redis: queues, ledger and limits, each in its own database."""

    host: str = Field("127.0.0.1", description="Host name of the server.")
    port: int = Field(6379, description="TCP port of the server.")
    username: str | None = Field(None, description="ACL user of this service; none for an open local server.")
    password_file: Path | None = Field(None, description="File that holds the ACL user's password.")
    ca_file: Path | None = Field(
        None, description="Certificate (PEM) that Redis' own must be signed by: TLS; none is plain TCP."
    )
    broker_db: int = Field(0, description="Database of the queues (guide: broker /0).")
    ledger_db: int = Field(1, description="Database of the ledger and tokens (guide: backend /1).")
    limits_db: int = Field(2, description="Database of the rate limits (guide: db 2).")
    socket_timeout_seconds: float = Field(10.0, gt=0, description="Longest wait for one answer, seconds.")

    @property
    def password(self) -> str | None:
        """The password, read from its file each time it is asked for."""
        return self.password_file.read_text(encoding="utf-8").strip() if self.password_file else None

    def url(self, db: int) -> str:
        """Return the URL of one database, credentials included: never log it."""
        secret = self.password
        host = f"[{self.host}]" if ":" in self.host else self.host
        login = f"{self.username or ''}:{quote(secret, safe='')}@" if secret else ""
        return f"{'rediss' if self.ca_file else 'redis'}://{login}{host}:{self.port}/{db}"

    @property
    def tls(self) -> dict[str, object]:
        """What a client must know of TLS; empty for plain TCP.

        The authority signs this one appliance's certificate and nothing else, so the name in it adds nothing.
        """
        if not self.ca_file:
            return {}
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_ca_certs": str(self.ca_file), "ssl_check_hostname": False}


class StorageSettings(BaseModel):
    """Where documents and results are kept as files."""

    path: Path = Field(Path("var/artifacts"), description="Folder of the artifact store; one volume for all services.")
    url: str = Field(
        "", description="Address of the first host's door, for a worker on another: `path` is then for scratch files."
    )
    token_file: Path | None = Field(None, description="File that holds what proves this host at that address.")
    ca_file: Path | None = Field(None, description="Certificate (PEM) that its own must be signed by.")
    min_free_bytes: int = Field(1 << 30, ge=0, description="Uploads are refused below this much free disk, bytes.")
    retention_days: float = Field(30, gt=0, description="Batches are deleted so long after they finished, days.")
    orphan_grace_seconds: float = Field(
        86_400, ge=0, description="Files nobody refers to are deleted after this, seconds."
    )

    @model_validator(mode="after")
    def _address_is_whole(self) -> StorageSettings:
        if self.url and not (self.url.startswith("https://") and self.token_file and self.ca_file):
            raise ValueError("storage.url is https://… and needs storage.token_file and storage.ca_file")
        return self


class TierSettings(BaseModel):
    """What one tier of token may do."""

    documents_per_batch: int = Field(50, ge=1, description="Most documents in one batch.")
    upload_bytes: int = Field(
        100 << 20, ge=1, description="Largest upload of the tier, bytes; at most api.max_upload_bytes counts."
    )
    unfinished_documents: int = Field(
        2000, ge=0, description="Most documents a tenant may have waiting or running; 0 is no limit."
    )
    uploads_per_minute: int = Field(
        10, ge=0, description="Uploads of a token in any 60 seconds; 0 is no limit (guide: 10)."
    )
    status_per_minute: int = Field(
        100, ge=0, description="Requests for status or events of a token in any 60 seconds; 0 is no limit (guide: 100)."
    )
    reads_per_minute: int = Field(
        300, ge=0, description="Other reading requests of a token in any 60 seconds; 0 is no limit."
    )
    changes_per_minute: int = Field(
        60, ge=0, description="Cancels, retries and deletions of a token in any 60 seconds; 0 is no limit."
    )
    priorities: tuple[Literal["high", "normal", "low"], ...] = Field(
        ("normal", "low"), min_length=1, description="Priorities the tier may ask for."
    )


class PremiumSettings(TierSettings):
    """What the tier *premium* may do; each field has its own default, so that one can be set without the other."""

    documents_per_batch: int = Field(1000, ge=1, description="Most documents in one batch.")
    unfinished_documents: int = Field(
        0, ge=0, description="Most documents a tenant may have waiting or running; 0 is no limit."
    )
    uploads_per_minute: int = Field(60, ge=0, description="Uploads of a token in any 60 seconds; 0 is no limit.")
    status_per_minute: int = Field(
        600, ge=0, description="Requests for status or events of a token in any 60 seconds; 0 is no limit."
    )
    reads_per_minute: int = Field(
        3000, ge=0, description="Other reading requests of a token in any 60 seconds; 0 is no limit."
    )
    changes_per_minute: int = Field(
        300, ge=0, description="Cancels, retries and deletions of a token in any 60 seconds; 0 is no limit."
    )
    priorities: tuple[Literal["high", "normal", "low"], ...] = Field(
        ("high", "normal", "low"), min_length=1, description="Priorities the tier may ask for."
    )


class ApiSettings(BaseModel):
    """Limits of the HTTP interface."""

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, description="TCP port to listen on.")
    processes: int = Field(2, ge=1, description="API processes.")
    max_upload_bytes: int = Field(100 << 20, ge=1, description="Largest upload body, bytes (guide: 100 MB).")
    max_unpacked_bytes: int = Field(
        500 << 20, ge=1, description="Most that the ZIP archives of one upload may unpack to, bytes."
    )
    max_json_bytes: int = Field(10 << 20, ge=1, description="Largest JSON body with inline documents, bytes.")
    graceful_seconds: int = Field(30, ge=1, description="Time a stopping process gives to open requests, seconds.")
    body_idle_seconds: float = Field(30.0, gt=0, description="An upload is cut when nothing came for so long, s.")
    body_bytes_per_second: int = Field(
        1024, ge=0, description="An upload is cut when it comes slower than this on average, bytes a second."
    )
    events_seconds: float = Field(300.0, gt=0, description="A stream of events ends after this, seconds.")
    event_streams: int = Field(200, ge=1, description="Streams of events open at the same time in one process.")
    failed_authentications_per_minute: int = Field(
        30, ge=0, description="Requests without a valid token from one address in any 60 seconds; 0 is no limit."
    )
    trusted_proxies: str = Field(
        "127.0.0.1,::1", description="Addresses or networks whose X-Forwarded-For is believed; `*` is all."
    )
    public_url: str = Field("", description="Base address in links; empty: links are relative.")
    standard: TierSettings = Field(
        TierSettings(),  # type: ignore[call-arg]
        description="Tier *standard*.",
    )
    premium: PremiumSettings = Field(
        PremiumSettings(),  # type: ignore[call-arg]
        description="Tier *premium*.",
    )


class WebhookSettings(BaseModel):
    """Telling submitters that a batch has finished."""

    allow_private: bool = Field(
        False, description="Whether private, loopback and link-local addresses may be told (and plain http be used)."
    )
    timeout_seconds: float = Field(10.0, gt=0, description="Longest time one attempt may take in all, seconds.")
    attempts: int = Field(9, ge=1, description="Attempts after which it is given up.")
    first_pause_seconds: float = Field(
        5.0, gt=0, description="Pause after the first failed attempt, seconds; each next one is four times as long."
    )
    longest_pause_seconds: float = Field(36_000.0, gt=0, description="Longest pause between two attempts, seconds.")
    at_once: int = Field(8, ge=1, description="Webhooks under way at the same time in one scheduler.")


class EvaluationSettings(BaseModel):
    """Limits and defaults of an evaluation."""

    rubric: str = Field("decalogo", description="Rubric used when a batch names none.")
    evaluator: str = Field("decalogo", description="Entry point (group decalogo.evaluators) that judges documents.")
    cache_dir: Path = Field(Path("var/cache"), description="Folder of compiled patterns, shared by a host's processes.")
    max_pages: int = Field(5000, ge=1, description="Pages past which a document is refused.")
    ocr: Literal["auto", "never"] = Field("auto", description="Whether pages without a text layer are recognised.")
    ocr_max_pages: int = Field(20, ge=0, description="Pages of one document that are recognised at most.")
    ocr_dpi: int = Field(200, ge=72, le=600, description="Resolution at which a page is recognised, dots an inch.")
    ocr_page_seconds: float = Field(60.0, gt=0, description="Longest time for recognising one page, seconds.")
    ocr_document_seconds: float = Field(
        600.0, gt=0, description="Longest time for recognising the pages of one document, seconds."
    )
    ocr_part_pages: int = Field(
        5, ge=0, description="Pages to recognise past which several processes share them, so many each; 0 is never."
    )
    split_pages: int = Field(1000, ge=0, description="Pages past which several processes read a PDF; 0 is never.")
    part_pages: int = Field(250, ge=1, description="Pages that each of them reads.")


class CalibratedSettings(BaseModel):
    """What one document costs the `calibrated` evaluator (for load tests; it reads nothing)."""

    cpu_seconds: float = Field(0.1, ge=0, description="CPU time burnt for a document, seconds.")
    wait_seconds: float = Field(0.0, ge=0, description="Time spent waiting for a document, seconds.")
    memory_mib: int = Field(32, ge=0, description="Memory held while a document is in work, MiB.")


class LogSettings(BaseModel):
    """Logging."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severe level written.")
    format: Literal["json", "console"] = Field("json", description="Form of a log line.")


class MetricsSettings(BaseModel):
    """Where a service says what it does, for Prometheus (``docs/reference/metrics.md``)."""

    port: int = Field(0, ge=0, le=65535, description="TCP port of `/metrics`; 0 is off.")
    host: str = Field("127.0.0.1", description="Address to listen on for `/metrics`.")


class Settings(BaseSettings):
    """The whole configuration of a process."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True)

    secrets_dir: Path = Field(Path("var/secrets"), description="Folder of secret files made by `decalogo setup`.")
    redis: RedisSettings = RedisSettings()  # type: ignore[call-arg]
    storage: StorageSettings = StorageSettings()  # type: ignore[call-arg]
    queue: QueueSettings = QueueSettings()  # type: ignore[call-arg]
    api: ApiSettings = ApiSettings()  # type: ignore[call-arg]
    webhooks: WebhookSettings = WebhookSettings()  # type: ignore[call-arg]
    evaluation: EvaluationSettings = EvaluationSettings()  # type: ignore[call-arg]
    calibrated: CalibratedSettings = CalibratedSettings()  # type: ignore[call-arg]
    autoscale: AutoscaleSettings = AutoscaleSettings()  # type: ignore[call-arg]
    metrics: MetricsSettings = MetricsSettings()  # type: ignore[call-arg]
    log: LogSettings = LogSettings()  # type: ignore[call-arg]


def variable_names() -> dict[str, str]:
    """Return every environment variable that is understood, with its description."""
    names: dict[str, str] = {}
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for sub, subfield in kind.model_fields.items():
                names[f"{PREFIX}{name}__{sub}".upper()] = subfield.description or ""
        else:
            names[f"{PREFIX}{name}".upper()] = field.description or ""
    return names


def refuse_unknown_variables(environ: dict[str, str] | os._Environ[str]) -> None:
    """Raise ``ValueError`` for a ``DECALOGO_*`` variable nobody reads, naming the one that was probably meant."""
    known = variable_names()
    for name in environ:
        if not name.startswith(PREFIX) or name in known or name in COMMAND_VARIABLES:
            continue
        if any(name.startswith(f"{good}__") for good in known):
            continue  # a field of a tier
        close = difflib.get_close_matches(name, [*known, *COMMAND_VARIABLES], n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise ValueError(f"unknown setting {name}{hint}")


@lru_cache(maxsize=1)
def get_settings() -> Settings:
    """Return the settings of this process, read once from its environment."""
    refuse_unknown_variables(os.environ)
    return Settings()  # type: ignore[call-arg]
