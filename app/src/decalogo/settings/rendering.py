"""Limits of page pictures."""

from __future__ import annotations

from pydantic import BaseModel, Field


class RenderingSettings(BaseModel):
    """Limits of page pictures."""

    page_seconds: float = Field(15.0, gt=0, description="Longest time for one page picture, seconds.")
    memory_bytes: int = Field(
        1 << 29,
        ge=1 << 27,
        description="Largest address space of the renderer, bytes; less in a small container.",
    )
