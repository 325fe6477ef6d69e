"""Every limit of edge and API, by counting what is let through and what is refused against the configured rate."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest
from addresses import Open, from_a_new_address

from appliance import Appliance
from client import Client
from raw import connection, exchange, head, receive

UPLOAD = "/api/v1/batch/upload"
SECONDS = 12.0


def count_for(seconds: float, send: Callable[[], httpx.Response]) -> tuple[Counter[bool], float, float]:
    """Send without a pause; return the numbers of accepted and rejected requests, and two durations in seconds.

    The first ends when the last request was sent, the second at its response. nginx counted it in between.
    """
    counts: Counter[bool] = Counter()
    started = time.monotonic()
    while (sent := time.monotonic()) < started + seconds:
        answer = send()
        refused = answer.status_code == 429 and answer.json().get("limit") == "address"
        counts[not refused] += 1
        last_sent = sent
    return counts, last_sent - started, time.monotonic() - started


@pytest.mark.parametrize(
    ("method", "path", "a_minute", "burst"), [("GET", "/api/v1/batch", 100, 20), ("POST", UPLOAD, 10, 5)]
)
def test_a_zone_lets_through_its_burst_and_its_rate(
    client: Client, method: str, path: str, a_minute: int, burst: int
) -> None:
    for _ in range(3):  # a pause of the machine while the bucket is not full lets fewer through
        here = from_a_new_address()
        counts, *spans = count_for(SECONDS, lambda here=here: client.http.request(method, path, headers=here))  # type: ignore[misc]
        least, most = (1 + burst + span * a_minute / 60 for span in spans)
        print(f"{path}: {counts[True]} let through, {counts[False]} refused in {spans[1]:.1f} s; {most:.1f} allowed")
        assert counts[True] <= most + 1
        if counts[False] > 0 and counts[True] >= least - 2:
            return
    pytest.fail("the requests came too slowly to meet the limit, or fewer were let through than the zone says")


def test_addresses_do_not_share_a_limit(client: Client) -> None:
    answers = [client.http.get("/api/v1/batch", headers=from_a_new_address()) for _ in range(30)]
    assert {answer.status_code for answer in answers} == {200}


def test_too_many_concurrent_requests_are_rejected_with_the_limit(
    appliance: Appliance, authority_pem: str, token: str
) -> None:
    address = from_a_new_address()
    form = ("Content-Type: application/json", "Content-Length: 100", f"Authorization: Bearer {token}")
    mine = f"X-Forwarded-For: {address['X-Forwarded-For']}"
    with ExitStack() as stack:
        held = [stack.enter_context(connection(appliance.https_port, authority_pem)) for _ in range(5)]
        for one in held:
            one.sendall(head("POST", UPLOAD, *form, mine) + b"{")
        time.sleep(0.5)  # two processes of nginx read them independently
        with connection(appliance.https_port, authority_pem) as sixth:
            refused = exchange(sixth, head("GET", "/api/v1/batch", mine))
        with connection(appliance.https_port, authority_pem) as stranger:
            other = exchange(stranger, head("GET", "/api/v1/health"))
        # The five are still open: the API gives up on each after body_idle_seconds.
        ends = [receive(one).status for one in held]

    assert refused.status == 429
    assert "5 concurrent requests" in refused.problem()["detail"]
    assert refused.values("Retry-After") == ["1"]
    assert other.status == 200
    assert set(ends) == {408}


def test_a_body_over_100_mb_is_refused_before_it_is_sent(appliance: Appliance, authority_pem: str) -> None:
    with connection(appliance.https_port, authority_pem) as edge:
        answer = exchange(edge, head("POST", UPLOAD, f"Content-Length: {(100 << 20) + 1}"))
    assert answer.status == 413
    assert answer.problem()["limit"] == 100 << 20


def test_a_json_body_over_10_mb_is_refused_by_the_api(client: Client) -> None:
    answer = client.http.post(UPLOAD, content=b" " * ((10 << 20) + 1), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["limit"] == 10 << 20


@pytest.mark.parametrize(
    ("tier", "kind", "allowed"),
    [("standard", "uploads", 10), ("standard", "status", 100), ("premium", "uploads", 60), ("premium", "status", 600)],
)
def test_a_tier_lets_through_what_it_says(
    appliance: Appliance, open_client: Open, tier: str, kind: str, allowed: int
) -> None:
    method, path = ("POST", UPLOAD) if kind == "uploads" else ("GET", f"/api/v1/batch/status/batch_{'0' * 26}")

    for attempt in range(3):
        name = f"{tier}-{kind}-{attempt}"
        client = open_client(appliance.run("token", "create", name, "--tier", tier).strip())

        def send(_number: int, client: Client = client) -> httpx.Response:
            return client.http.request(method, path, headers=from_a_new_address())

        started = time.monotonic()
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(send, range(allowed + 20)))
        if time.monotonic() - started < 60:
            break
    else:
        pytest.fail("too slow to meet a limit of one minute")

    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 20
    for answer in refused:
        assert (answer.json()["limit"], answer.json()["allowed"]) == (kind, allowed)
        assert answer.headers["RateLimit-Policy"] == f'"{kind}";q={allowed};w=60'
        assert 0 < int(answer.headers["Retry-After"]) <= 60


def test_wrong_tokens_are_limited_by_address_and_a_right_one_passes(open_client: Open, token: str) -> None:
    stranger = open_client("dcl_aaaaaaaaaaaa_" + "a" * 52)
    limits: Counter[str | None] = Counter()
    deadline = time.monotonic() + 50  # nginx rejects some of them
    while limits["authentication"] < 3 and time.monotonic() < deadline:
        limits[stranger.http.get("/api/v1/batch").json().get("limit")] += 1
    assert limits["authentication"] == 3, limits
    assert limits[None] == 30
    rightful = stranger.ask("GET", "/api/v1/batch", headers={"Authorization": f"Bearer {token}"})
    assert rightful.status_code == 200
