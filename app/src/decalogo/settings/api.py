"""HTTP API: sizes, time limits and what each tier of token may do."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class TierSettings(BaseModel):
    """Limits of one tier of tokens; the defaults are those of *standard*."""

    documents_per_batch: int = Field(50, ge=1, description="Maximum number of documents in one upload.")
    upload_bytes: int = Field(
        100 << 20, ge=1, description="Maximum size of one upload, bytes; api.max_upload_bytes bounds it too."
    )
    unfinished_documents: int = Field(
        2000, ge=0, description="Maximum number of queued and running documents per tenant; 0 disables."
    )
    stored_documents: int = Field(
        20_000,
        ge=0,
        description="Maximum number of documents that a tenant stores, finished ones included; 0 disables.",
    )
    stored_bytes: int = Field(
        20 << 30, ge=0, description="Maximum size of the files that a tenant stores, bytes; 0 disables."
    )
    uploads_per_minute: int = Field(
        10, ge=0, description="Maximum number of uploads per token in 60 seconds; 0 disables."
    )
    status_per_minute: int = Field(
        100, ge=0, description="Maximum number of status and event requests per token in 60 seconds; 0 disables."
    )
    reads_per_minute: int = Field(
        300, ge=0, description="Maximum number of other read requests per token in 60 seconds; 0 disables."
    )
    exports_per_minute: int = Field(
        12, ge=0, description="Maximum number of ZIP files and comparisons per token in 60 seconds; 0 disables."
    )
    changes_per_minute: int = Field(
        60, ge=0, description="Maximum number of cancels, retries and deletions per token in 60 seconds; 0 disables."
    )
    priorities: tuple[Literal["high", "normal", "low"], ...] = Field(
        ("normal", "low"), min_length=1, description="Allowed priorities of a batch."
    )


class PremiumSettings(TierSettings):
    """Limits of the tier *premium*.

    Each field repeats its default, so that a variable for one field leaves the others at the defaults of this tier.
    """

    documents_per_batch: int = Field(1000, ge=1, description="Maximum number of documents in one upload.")
    unfinished_documents: int = Field(
        0, ge=0, description="Maximum number of queued and running documents per tenant; 0 disables."
    )
    stored_documents: int = Field(
        100_000,
        ge=0,
        description="Maximum number of documents that a tenant stores, finished ones included; 0 disables.",
    )
    stored_bytes: int = Field(
        200 << 30, ge=0, description="Maximum size of the files that a tenant stores, bytes; 0 disables."
    )
    uploads_per_minute: int = Field(
        60, ge=0, description="Maximum number of uploads per token in 60 seconds; 0 disables."
    )
    status_per_minute: int = Field(
        600, ge=0, description="Maximum number of status and event requests per token in 60 seconds; 0 disables."
    )
    reads_per_minute: int = Field(
        3000, ge=0, description="Maximum number of other read requests per token in 60 seconds; 0 disables."
    )
    exports_per_minute: int = Field(
        60, ge=0, description="Maximum number of ZIP files and comparisons per token in 60 seconds; 0 disables."
    )
    changes_per_minute: int = Field(
        300, ge=0, description="Maximum number of cancels, retries and deletions per token in 60 seconds; 0 disables."
    )
    priorities: tuple[Literal["high", "normal", "low"], ...] = Field(
        ("high", "normal", "low"), min_length=1, description="Allowed priorities of a batch."
    )


class ApiSettings(BaseModel):
    """HTTP API."""

    host: str = Field("127.0.0.1", description="Listen address.")
    port: int = Field(8000, description="Listen port, TCP.")
    processes: int = Field(2, ge=1, description="Number of API processes.")
    max_upload_bytes: int = Field(100 << 20, ge=1, description="Maximum size of a request body, bytes.")
    max_batch_documents: int = Field(
        5000, ge=1, description="Maximum number of documents in a batch to which uploads add documents."
    )
    max_unpacked_bytes: int = Field(
        500 << 20, ge=1, description="Maximum unpacked size of all ZIP archives of one upload, bytes."
    )
    max_json_bytes: int = Field(10 << 20, ge=1, description="Maximum size of a JSON body with inline documents, bytes.")
    graceful_seconds: int = Field(30, ge=1, description="Time for open requests to complete during shutdown, seconds.")
    body_idle_seconds: float = Field(
        30.0, gt=0, description="Time without data after which an upload is aborted, seconds."
    )
    body_bytes_per_second: int = Field(
        1024, ge=0, description="Average rate below which an upload is aborted, bytes per second; 0 disables."
    )
    events_seconds: float = Field(300.0, gt=0, description="Maximum duration of an event stream (SSE), seconds.")
    event_streams: int = Field(200, ge=1, description="Maximum number of open event streams per process.")
    failed_authentications_per_minute: int = Field(
        30, ge=0, description="Maximum number of requests without a valid token per address in 60 seconds; 0 disables."
    )
    trusted_proxies: str = Field(
        "127.0.0.1,::1",
        description="Addresses or networks whose X-Forwarded-For header is trusted, comma-separated; `*` trusts all.",
    )
    share_links: bool = Field(True, description="Whether reports can be shared by links that need no token.")
    public_url: str = Field("", description="Base URL of links; empty makes links relative.")
    standard: TierSettings = Field(
        TierSettings(),  # type: ignore[call-arg]
        description="Limits of the tier *standard*.",
    )
    premium: PremiumSettings = Field(
        PremiumSettings(),  # type: ignore[call-arg]
        description="Limits of the tier *premium*.",
    )
