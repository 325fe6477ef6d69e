"""Webhook delivery."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator


class WebhookSettings(BaseModel):
    """Webhooks that report finished batches."""

    allow_private: bool = Field(
        False,
        description="Whether private, loopback and link-local targets, and plain http, are allowed.",
    )
    proxy_url: str = Field(
        "",
        description="HTTP proxy that forwards webhooks, such as `http://proxy.example.org:3128`, with `user:password@` "
        "before the host if it needs a login. The proxy must refuse private targets. Empty: none.",
    )
    timeout_seconds: float = Field(10.0, gt=0, description="Timeout of one delivery attempt, seconds.")
    max_attempts: int = Field(9, ge=1, description="Maximum number of delivery attempts.")
    initial_backoff_seconds: float = Field(
        5.0, gt=0, description="Backoff after the first failed attempt, seconds; it quadruples with each attempt."
    )
    max_backoff_seconds: float = Field(36_000.0, gt=0, description="Maximum backoff between two attempts, seconds.")
    max_concurrency: int = Field(8, ge=1, description="Maximum number of concurrent deliveries per scheduler.")

    @field_validator("proxy_url")
    @classmethod
    def _proxy_is_http(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme != "http" or not parts.hostname or parts.path.strip("/")):
            raise ValueError("webhooks.proxy_url must be a URL such as http://proxy.example.org:3128")
        return value
