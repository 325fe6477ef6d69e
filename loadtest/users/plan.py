"""What one run of locust does: written by the runner, read by every locust process. Needs nothing but Python."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Stage:
    """A part of a load shape.

    Attributes:
        name: what observations of this time are called.
        seconds: how long it lasts.
        users: users at work at the same time.
        pace: seconds between the starts of two journeys of one user; 0: at once again.
        spawn: users started a second at most.
    """

    name: str
    seconds: float
    users: int
    pace: float = 0.0
    spawn: float = 50.0


@dataclass(frozen=True, slots=True)
class Plan:
    """One run.

    Attributes:
        run: part of the documents' own ids; differs for every run.
        kind: ``journey`` (upload, follow, fetch, check), ``upload`` or ``status`` (one endpoint alone).
        documents: names of files beside the plan, handed in by turns.
        batch: documents of one upload.
        stages: one after the other; none where a person says on locust's page how many users there are.
        workers: processes of locust that share the users.
    """

    run: str
    kind: str
    documents: tuple[str, ...]
    batch: int
    stages: tuple[Stage, ...] = field(default_factory=tuple)
    workers: int = 1

    def write(self, path: Path) -> None:
        """Save it as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Plan:
        """Read what ``write`` saved."""
        found = json.loads(path.read_text(encoding="utf-8"))
        stages = tuple(Stage(**stage) for stage in found.pop("stages"))
        return cls(**{**found, "documents": tuple(found["documents"]), "stages": stages})

    def stage_at(self, second: float) -> Stage | None:
        """Return the stage at so many seconds after the start; ``None`` after the last."""
        for stage in self.stages:
            second -= stage.seconds
            if second < 0:
                return stage
        return None
