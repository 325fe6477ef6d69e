"""Settings of the autoscaler; a section of :mod:`decalogo.settings`."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, model_validator


class AutoscaleSettings(BaseModel):
    """A number of workers that follows the queue (service ``autoscaler`` of compose.scale.yaml)."""

    rule: Literal["clear", "guide"] = Field(
        "clear", description="`clear`: as many as clear the queue in clear_seconds; `guide`: one more or less by depth."
    )
    least: int = Field(1, ge=1, description="Fewest workers.")
    most: int = Field(20, ge=1, description="Most workers (guide: 20); what the host has room for bounds it too.")
    interval_seconds: float = Field(10.0, gt=0, description="Pause between two looks, seconds.")
    clear_seconds: float = Field(600.0, gt=0, description="Time within which the queue should be cleared, seconds.")
    hold_seconds: float = Field(
        180.0, ge=0, description="Shrinks to no fewer workers than were wanted so long ago, seconds."
    )
    settle_seconds: float = Field(
        60.0, ge=0, description="After a change, rates are not believed for so long, seconds."
    )
    assumed_documents_per_hour: float = Field(
        600.0, gt=0, description="Documents an hour of one worker, until it has been measured."
    )
    drain_seconds: float = Field(
        300.0, ge=0, description="Time a worker that must go has to finish what it began, seconds."
    )
    guide_interval_seconds: float = Field(300.0, ge=0, description="Rule `guide`: pause between changes, seconds.")
    guide_up_depth: int = Field(500, ge=0, description="Rule `guide`: one more worker past this depth.")
    guide_up_below: int = Field(20, ge=1, description="Rule `guide`: and below this number of workers.")
    guide_down_depth: int = Field(50, ge=0, description="Rule `guide`: one fewer below this depth.")
    guide_down_above: int = Field(2, ge=1, description="Rule `guide`: and above this number of workers.")
    memory_share: float = Field(0.85, gt=0, le=1, description="Share of the host's memory that limits may add up to.")
    cpu_overcommit: float = Field(
        1.0, gt=0, description="Processors that workers' limits may add up to, as a multiple of the host's."
    )
    gate_host: str = Field("127.0.0.1", description="Address the gate listens on.")
    gate_url: str = Field("http://gate:8080", description="The gate to the engine.")
    engine_socket: str = Field("/var/run/docker.sock", description="Socket of the engine; only the gate has it.")

    @model_validator(mode="after")
    def _bounds_fit(self) -> AutoscaleSettings:
        if self.least > self.most:
            raise ValueError("autoscale.least must be at most autoscale.most")
        if self.guide_down_depth >= self.guide_up_depth:
            raise ValueError("autoscale.guide_down_depth must be below autoscale.guide_up_depth")
        return self
