"""Autoscaler and Docker socket proxy."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, model_validator


class AutoscaleSettings(BaseModel):
    """Autoscaler (services ``autoscaler`` and ``docker-proxy`` of compose.scale.yaml)."""

    rule: Literal["drain_time", "thresholds"] = Field(
        "drain_time",
        description="Scaling rule. `drain_time`: enough workers to drain the queue in target_drain_seconds; "
        "`thresholds`: one worker more or fewer when the queue depth crosses a threshold.",
    )
    min_workers: int = Field(1, ge=1, description="Minimum number of workers.")
    max_workers: int = Field(
        20, ge=1, description="Maximum number of workers; the memory and processors of the host bound it too."
    )
    interval_seconds: float = Field(10.0, gt=0, description="Interval between two decisions, seconds.")
    target_drain_seconds: float = Field(600.0, gt=0, description="Target time to drain the queue, seconds.")
    scale_down_stabilization_seconds: float = Field(
        180.0,
        ge=0,
        description="Window whose highest target is the lower bound when scaling down, seconds; 0 disables.",
    )
    cooldown_seconds: float = Field(
        60.0, ge=0, description="Time after a change during which no rate is measured, seconds; 0 disables."
    )
    assumed_documents_per_hour: float = Field(
        600.0, gt=0, description="Rate of one worker until it has been measured, documents per hour."
    )
    drain_seconds: float = Field(
        300.0, ge=0, description="Time for a removed worker to finish its running documents, seconds."
    )
    threshold_interval_seconds: float = Field(
        300.0, ge=0, description="Rule `thresholds`: minimum interval between two changes, seconds."
    )
    threshold_up_depth: int = Field(500, ge=0, description="Rule `thresholds`: queue depth above which it scales up.")
    threshold_up_below: int = Field(
        20, ge=1, description="Rule `thresholds`: number of workers at which it stops scaling up."
    )
    threshold_down_depth: int = Field(
        50, ge=0, description="Rule `thresholds`: queue depth below which it scales down."
    )
    threshold_down_above: int = Field(
        2, ge=1, description="Rule `thresholds`: number of workers at which it stops scaling down."
    )
    memory_share: float = Field(
        0.85, gt=0, le=1, description="Maximum sum of container memory limits, as a share of the host's memory."
    )
    cpu_overcommit: float = Field(
        1.0, gt=0, description="Maximum sum of worker CPU limits, as a multiple of the host's processors."
    )
    docker_proxy_host: str = Field("127.0.0.1", description="Listen address of the Docker socket proxy.")
    docker_proxy_url: str = Field("http://docker-proxy:8080", description="URL of the Docker socket proxy.")
    engine_socket: str = Field(
        "/var/run/docker.sock", description="Socket of the Docker engine, mounted into the proxy alone."
    )

    @model_validator(mode="after")
    def _bounds_are_consistent(self) -> AutoscaleSettings:
        if self.min_workers > self.max_workers:
            raise ValueError("autoscale.min_workers must be at most autoscale.max_workers")
        if self.threshold_down_depth >= self.threshold_up_depth:
            raise ValueError("autoscale.threshold_down_depth must be below autoscale.threshold_up_depth")
        return self
