"""Webhook delivery."""

from __future__ import annotations

from pydantic import BaseModel, Field


class WebhookSettings(BaseModel):
    """Webhooks that report finished batches."""

    allow_private: bool = Field(
        False,
        description="Whether private, loopback and link-local targets, and plain http, are allowed.",
    )
    timeout_seconds: float = Field(10.0, gt=0, description="Timeout of one delivery attempt, seconds.")
    max_attempts: int = Field(9, ge=1, description="Maximum number of delivery attempts.")
    initial_backoff_seconds: float = Field(
        5.0, gt=0, description="Backoff after the first failed attempt, seconds; it quadruples with each attempt."
    )
    max_backoff_seconds: float = Field(36_000.0, gt=0, description="Maximum backoff between two attempts, seconds.")
    max_concurrency: int = Field(8, ge=1, description="Maximum number of concurrent deliveries per scheduler.")
