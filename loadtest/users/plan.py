"""The plan of one Locust run, written by the runner and read by every Locust process. Standard library only."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of a load shape.

    Attributes:
        name: name of the stage in the report.
        seconds: duration.
        users: concurrent users.
        pace: seconds between the starts of two journeys of one user; 0: no pause.
        spawn: users started per second, at most.
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
        run: prefix of the documents' own ids; differs for every run.
        kind: ``journey`` (upload, follow, fetch, check), ``upload`` or ``status`` (one route), or ``people`` (sessions
            of the console next to one user of ``journey``).
        documents: names of files next to the plan, submitted in rotation.
        batch: documents per upload.
        stages: in order; none if the users are controlled on the Locust page.
        workers: Locust processes that share the users.
        watched: evaluated batch that ``people`` open.
    """

    run: str
    kind: str
    documents: tuple[str, ...]
    batch: int
    stages: tuple[Stage, ...] = field(default_factory=tuple)
    workers: int = 1
    watched: str = ""

    def write(self, path: Path) -> None:
        """Write the plan as JSON."""
        path.write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Plan:
        """Read a plan."""
        found = json.loads(path.read_text(encoding="utf-8"))
        stages = tuple(Stage(**stage) for stage in found.pop("stages"))
        return cls(**{**found, "documents": tuple(found["documents"]), "stages": stages})

    def stage_at(self, second: float) -> Stage | None:
        """Return the stage at a time in seconds after the start; ``None`` after the last."""
        for stage in self.stages:
            second -= stage.seconds
            if second < 0:
                return stage
        return None
