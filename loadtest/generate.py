"""One Locust run against the appliance under test, and its observations."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from loadtest.stack import Stack
from loadtest.users.plan import Plan

FOLLOW_SECONDS = 3600.0
"""Default time to follow submitted documents after the last stage, seconds."""
_SLACK_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Seen:
    """Observations of the users: ``requests`` and ``documents`` as in ``users/locustfile.py``; Unix seconds."""

    plan: Plan
    start: float
    requests: list[dict[str, Any]]
    documents: list[dict[str, Any]]

    @property
    def end(self) -> float:
        """Time of the last finished document, or of the last response."""
        ends = [seen["at"] + seen["seconds"] for seen in self.documents]
        return max(ends or [seen["at"] + seen["ms"] / 1000 for seen in self.requests], default=self.start)

    @property
    def good(self) -> list[dict[str, Any]]:
        """Documents with a correct result."""
        return [seen for seen in self.documents if not seen["wrong"]]

    @property
    def pages(self) -> float:
        """Mean pages of documents with a correct result; 0 if there are none."""
        return statistics.fmean(seen["pages"] for seen in self.good) if self.good else 0.0

    def per_hour(self) -> float:
        """Documents per hour, from the first upload to the last result."""
        return 3600 * len(self.good) / (self.end - self.start) if self.good else 0.0

    def milliseconds(self, kind: str, start: float = 0.0, end: float = math.inf) -> list[float]:
        """Return the durations of successful requests of a kind."""
        return [
            seen["ms"]
            for seen in self.requests
            if seen["kind"] == kind and 200 <= seen["status"] < 300 and start <= seen["at"] < end
        ]

    def count(self, *statuses: int) -> int:
        """Return the number of requests with these statuses; without any, of all that failed."""
        wanted = [seen["status"] for seen in self.requests]
        return sum(status in statuses if statuses else not 200 <= status < 300 for status in wanted)


def generate(stack: Stack, plan: Plan, follow_seconds: float = FOLLOW_SECONDS) -> Seen:
    """Run Locust without its page, and wait until all submitted documents have ended.

    Args:
        stack: the appliance under test.
        plan: documents, users and number of Locust processes.
        follow_seconds: time after the last stage at which users without results give up.
    """
    for old in stack.folder.glob("seen-*.jsonl"):
        old.unlink()
    plan.write(stack.folder / "plan.json")
    stack.environment["LOADTEST_FOLLOW_SECONDS"] = f"{follow_seconds:.0f}"
    seconds = sum(stage.seconds for stage in plan.stages) + follow_seconds + _SLACK_SECONDS
    # Failed requests are assessed by ``verdict``.
    options = [
        "--headless",
        "--only-summary",
        "--exit-code-on-error",
        "0",
        # One master and its workers, all in one container.
        *(["--processes", str(plan.workers)] if plan.workers > 1 else []),
    ]
    stack.compose("--profile", "loadtest", "run", "--rm", "-T", "--no-deps", "locust", *options, timeout=seconds)
    return read(stack, plan)


def read(stack: Stack, plan: Plan) -> Seen:
    """Read the observations of Locust."""
    seen: list[dict[str, Any]] = []
    for file in sorted(stack.folder.glob("seen-*.jsonl")):
        seen += [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    starts = [line["at"] for line in seen if line["kind"] == "start"]
    if not starts:
        raise SystemExit(f"loadtest: locust wrote nothing into {stack.folder}")
    documents = [line for line in seen if line["kind"] == "document"]
    return Seen(plan, min(starts), [line for line in seen if line["kind"] not in ("start", "document")], documents)


def quantiles(values: Sequence[float]) -> dict[str, float]:
    """Return p50, p95 and p99 (nearest rank); empty for no values."""
    ordered = sorted(values)
    if not ordered:
        return {}
    return {f"p{share}": ordered[max(0, math.ceil(share / 100 * len(ordered)) - 1)] for share in (50, 95, 99)}
