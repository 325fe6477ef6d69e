"""The audit log."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, Field


class AuditSettings(BaseModel):
    """The audit log."""

    path: Path = Field(Path("var/audit"), description="Folder of the audit log.")
    file_bytes: int = Field(64 << 20, ge=1 << 16, description="Size past which a new file is begun, bytes.")
    total_bytes: int = Field(
        8 << 30, ge=0, description="Size of all files past which the oldest are deleted, bytes; 0 disables."
    )
    retention_days: float = Field(1826, ge=0, description="Records are kept this long, days; 0 keeps them for good.")
    read_interval_seconds: float = Field(
        600,
        ge=0,
        description="Repeated reads of one thing by one token within this time are one record, seconds; 0 disables.",
    )
