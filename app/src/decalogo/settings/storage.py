"""Artifact store: documents, results and their retention."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field, model_validator


class StorageSettings(BaseModel):
    """Files of documents and results."""

    path: Path = Field(
        Path("var/artifacts"), description="Folder of the artifact store, on one volume that all services share."
    )
    url: str = Field(
        "",
        description="HTTPS address of the remote-worker gateway, for a worker on another host; `path` then holds "
        "temporary files only. Empty on the first host.",
    )
    token_file: Path | None = Field(None, description="File with the join token that the gateway checks.")
    ca_file: Path | None = Field(
        None, description="CA certificate (PEM) that must have signed the gateway's certificate."
    )
    min_free_bytes: int = Field(
        1 << 30, ge=0, description="Free disk space below which uploads are rejected, bytes; 0 disables."
    )
    retention_days: float = Field(
        30, ge=0, description="Age after which a finished batch is deleted, days; 0 disables deletion."
    )
    orphan_grace_seconds: float = Field(
        86_400, ge=0, description="Age after which a file without an entry in the ledger is deleted, seconds."
    )

    @model_validator(mode="after")
    def _gateway_is_complete(self) -> StorageSettings:
        if self.url and not (self.url.startswith("https://") and self.token_file and self.ca_file):
            raise ValueError("storage.url must start with https:// and needs storage.token_file and storage.ca_file")
        return self
