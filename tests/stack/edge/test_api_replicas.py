"""API replicas come and go; nginx follows without a restart."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx
from addresses import from_a_new_address

from appliance import Appliance
from client import Client

HEALTH = "/api/v1/health"
CLOSED = 0
"""A kept connection that nginx closed at a reload while the next request was sent. Clients retry it."""


def until(condition: Callable[[], bool], seconds: float, what: str) -> float:
    started = time.monotonic()
    while not condition():
        assert time.monotonic() < started + seconds, f"not within {seconds} s: {what}"
        time.sleep(0.1)
    return time.monotonic() - started


def scale(appliance: Appliance, replicas: int) -> None:
    appliance.compose("up", "--detach", "--no-deps", "--no-recreate", "--wait", "--scale", f"api={replicas}", "api")


@contextmanager
def asking_all_the_time(client: Client) -> Iterator[Counter[int]]:
    """Ask for the health from another thread; the counter holds how often each status came (CLOSED: none did)."""
    seen: Counter[int] = Counter()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            try:
                seen[client.http.get(HEALTH).status_code] += 1
            except httpx.RemoteProtocolError:
                seen[CLOSED] += 1

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join(120)


def servers(appliance: Appliance) -> int:
    listed = appliance.compose("exec", "-T", "nginx", "cat", "/run/nginx/api-servers.conf")
    return listed.count("max_fails=3")


def answering(appliance: Appliance, client: Client) -> set[str]:
    """Return the API servers that responded to requests with a mark, from the log of nginx."""
    for _ in range(4):
        with suppress(httpx.RemoteProtocolError):
            client.http.get("/replica-mark", headers=from_a_new_address())
    lines = appliance.compose("logs", "--no-log-prefix", "--tail", "300", "nginx").splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    return {entry["upstream"].split(", ")[-1] for entry in entries if entry["path"] == "/replica-mark"}


def test_a_second_api_is_found_used_and_given_up_without_a_failed_request(appliance: Appliance, client: Client) -> None:
    before = appliance.inspect("nginx")[0]["State"]["StartedAt"]
    with asking_all_the_time(client) as seen:
        scale(appliance, 2)
        found = until(lambda: servers(appliance) == 2, 600, "two servers")
        until(lambda: len(answering(appliance, client)) >= 2, 600, "both answer")
        scale(appliance, 1)
        gone = until(lambda: servers(appliance) == 1, 600, "one server")
    print(f"found after {found:.1f} s, given up after {gone:.1f} s, answers {dict(seen)}")
    assert set(seen) - {CLOSED} == {200}
    assert seen[CLOSED] <= 4, "at most one per reload and process of nginx"
    assert appliance.inspect("nginx")[0]["State"]["StartedAt"] == before


def test_apis_that_were_all_away_are_asked_again_as_soon_as_they_are_back(appliance: Appliance, client: Client) -> None:
    scale(appliance, 2)
    until(lambda: servers(appliance) == 2, 600, "two servers")
    appliance.compose("stop", "api")
    away = [client.send("GET", HEALTH) for _ in range(10)]
    appliance.compose("start", "api")
    back = until(lambda: client.send("GET", HEALTH).status_code == 200, 600, "an answer")
    scale(appliance, 1)
    until(lambda: client.send("GET", HEALTH).status_code == 200, 600, "an answer of the one that stays")

    print(f"answered {back:.1f} s after the start")
    for answer in away:
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        assert answer.json()["type"] == "/problems/unavailable"
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_an_api_that_restarts_is_found_again(appliance: Appliance, client: Client) -> None:
    appliance.compose("restart", "api")
    until(lambda: client.send("GET", HEALTH).status_code == 200, 600, "an answer")
