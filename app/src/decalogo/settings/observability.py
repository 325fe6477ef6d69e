"""Logs and metrics."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class LogSettings(BaseModel):
    """Logs."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Minimum severity.")
    format: Literal["json", "console"] = Field("json", description="Format of a log line.")


class MetricsSettings(BaseModel):
    """Metrics endpoint for Prometheus (``docs/reference/metrics.md``)."""

    port: int = Field(0, ge=0, le=65535, description="TCP port of `/metrics`; 0 disables.")
    host: str = Field("127.0.0.1", description="Listen address of `/metrics`.")
