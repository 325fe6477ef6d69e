"""Autoscaler and Docker socket proxy."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field, model_validator


class AutoscaleSettings(BaseModel):
    """Autoscaler (services ``autoscaler`` and ``docker-proxy`` of compose.scale.yaml).

    All times follow from ``target_drain_seconds``, so that they fit together.
    """

    rule: Literal["drain_time", "thresholds"] = Field(
        "drain_time",
        description="Scaling rule. `drain_time`: enough workers to drain the queue in target_drain_seconds; "
        "`thresholds`: one worker more or fewer when the queue depth crosses a threshold.",
    )
    min_workers: int = Field(1, ge=1, description="Minimum number of workers.")
    max_workers: int = Field(
        20, ge=1, description="Maximum number of workers; the memory and processors of the host bound it too."
    )
    target_drain_seconds: float = Field(
        600.0,
        ge=1,
        description="Target time to drain the queue, seconds. A decision is made every sixtieth of it, a worker is "
        "removed after less than a third of it with less work, and has half of it to finish its documents.",
    )
    thresholds: tuple[int, int] = Field(
        (50, 500),
        description="Rule `thresholds`: queue depths below which one of more than 2 workers is removed, and above "
        "which one is added to fewer than 20, at most once in half of target_drain_seconds. A JSON list.",
    )
    overcommit: float = Field(
        1.0,
        gt=0,
        description="Factor on what the limits of all containers may add up to: 85 % of the host's memory, and its "
        "processors.",
    )

    @model_validator(mode="after")
    def _bounds_are_consistent(self) -> AutoscaleSettings:
        if self.min_workers > self.max_workers:
            raise ValueError("autoscale.min_workers must be at most autoscale.max_workers")
        if not 0 <= self.thresholds[0] < self.thresholds[1]:
            raise ValueError("autoscale.thresholds must be two depths, the lower one first")
        return self

    @property
    def interval_seconds(self) -> float:
        """Interval between two decisions."""
        return max(1.0, self.target_drain_seconds / 60)

    @property
    def stabilization_seconds(self) -> float:
        """Window whose highest target is the lower bound when scaling down."""
        return 0.3 * self.target_drain_seconds

    @property
    def cooldown_seconds(self) -> float:
        """Time after a change during which no rate is measured."""
        return 0.1 * self.target_drain_seconds

    @property
    def change_seconds(self) -> float:
        """Rule ``thresholds``: minimum interval between two changes. Also the time for a removed worker to finish."""
        return 0.5 * self.target_drain_seconds
