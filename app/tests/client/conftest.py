"""A scripted network: the client's real requests over a transport that answers, rejects or breaks by a script."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from decalogo.client.appliance import Appliance
from decalogo.client.connection import Connection
from decalogo.client.retry import RetryPolicy

# One step of a script: an answer, or an error to raise before or after the request's body was read.
Step = httpx.Response | Exception | tuple[str, Exception]


def broken_after_body(error: Exception) -> Step:
    """Break only when the whole body was taken in."""
    return ("after body", error)


@dataclass
class Network(httpx.BaseTransport):
    """Plays a script, one step a request; more requests than steps fail the test."""

    script: list[Step]
    requests: list[httpx.Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert self.script, f"an unexpected request: {request.method} {request.url}"
        self.requests.append(request)
        step = self.script.pop(0)
        if isinstance(step, Exception):
            next(iter(request.stream), b"")  # type: ignore[arg-type, call-overload]
            raise step
        self.bodies.append(b"".join(request.stream))  # type: ignore[arg-type]
        if isinstance(step, tuple):
            raise step[1]
        return step


@dataclass
class Clock:
    """Time that passes only by sleeping."""

    now: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.sleeps.append(seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


Script = Callable[..., tuple[Appliance, Network]]


@pytest.fixture
def scripted(clock: Clock) -> Script:
    """Return an appliance whose network plays the given steps, and that network."""

    def build(*steps: Step, retry_timeout: float = 60.0) -> tuple[Appliance, Network]:
        network = Network(list(steps))
        retry = RetryPolicy(
            timeout_seconds=retry_timeout, clock=lambda: clock.now, sleep=clock.sleep, spread=lambda _low, high: high
        )
        return Appliance(Connection("http://appliance.test", "dcl_x_y"), retry=retry, transport=network), network

    return build


def problem(status: int, headers: dict[str, str] | None = None, **members: Any) -> httpx.Response:
    """Return a problem document as the API writes it."""
    body = {"type": "/problems/x", "title": "A title", "status": status, "detail": "What happened.", **members}
    return httpx.Response(status, json=body, headers={"Content-Type": "application/problem+json", **(headers or {})})
