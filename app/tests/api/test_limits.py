"""Rate limits: counted in Redis, told in headers, and true."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
import redis

from decalogo.access.limits import Limiter, address_key
from decalogo.access.tokens import Tier
from decalogo.api.services import Services
from decalogo.connections import connect
from decalogo.embedded.instance import free_port
from decalogo.settings import ApiSettings, RedisSettings, TierSettings
from tests.api.conftest import problem
from tests.api.uploading import UPLOAD

API = "/api/v1"
TEXT: dict[str, Any] = {"documents": [{"content": "plan"}]}


def with_api(services: Services, **changes: Any) -> Services:
    """The same services under other limits."""
    settings = services.settings.model_copy(update={"api": ApiSettings(**changes)})
    return replace(services, settings=settings)


def test_a_standard_token_uploads_ten_times_a_minute_and_is_told_when_again(client: httpx.Client) -> None:
    answers = [client.post(UPLOAD, json=TEXT) for _ in range(13)]
    assert [a.status_code for a in answers] == [202] * 10 + [429] * 3
    left = [a.headers["ratelimit"].partition(";t=")[0] for a in answers]
    assert left == [f'"uploads";r={n}' for n in [*range(9, -1, -1), 0, 0, 0]]
    assert {a.headers["ratelimit-policy"] for a in answers} == {'"uploads";q=10;w=60'}
    body = problem(answers[-1], 429, "rate-limited")
    assert (body["limit"], body["allowed"]) == ("uploads", 10)
    assert 50 <= int(answers[-1].headers["retry-after"]) <= 61
    # Another limit of the same token, and another token, are untouched.
    assert client.get(f"{API}/batch").status_code == 200


def test_status_is_asked_a_hundred_times_a_minute(client: httpx.Client) -> None:
    job_id = client.post(UPLOAD, json=TEXT).json()["job_id"]
    codes = [client.get(f"{API}/batch/status/{job_id}").status_code for _ in range(103)]
    assert codes == [200] * 100 + [429] * 3


def test_a_limit_holds_across_processes_and_for_one_token_only(
    serve: Callable[..., httpx.Client], services: Services
) -> None:
    first, second = serve(services=services), serve(services=replace(services))
    assert first.base_url != second.base_url
    second_token = second.headers["Authorization"]
    second.headers["Authorization"] = first.headers["Authorization"]
    codes = [(first, second)[n % 2].post(UPLOAD, json=TEXT).status_code for n in range(12)]
    assert codes == [202] * 10 + [429] * 2
    second.headers["Authorization"] = second_token
    assert second.post(UPLOAD, json=TEXT).status_code == 202


def test_the_wait_that_is_told_is_true(redis_settings: RedisSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = Limiter(connect(redis_settings, redis_settings.limits_db))
    start = time.time()
    moment = [start]
    monkeypatch.setattr(time, "time", lambda: moment[0])

    def hit_at(second: float) -> tuple[bool, float]:
        moment[0] = start + second
        verdict = limiter.hit("x", 2, "me")
        assert verdict is not None
        return verdict.allowed, round(verdict.reset_seconds, 3)

    assert hit_at(0) == (True, 60)
    assert hit_at(20) == (True, 40)
    assert hit_at(30) == (False, 30)
    assert hit_at(59.9) == (False, 0.1)
    assert hit_at(60.01) == (True, 19.99)
    assert hit_at(79.9)[0] is False
    assert hit_at(80.1)[0] is True


def test_each_tier_has_its_figures_and_zero_is_no_limit(serve: Callable[..., httpx.Client], services: Services) -> None:
    loose = with_api(services, standard=TierSettings(status_per_minute=0, reads_per_minute=2))
    client = serve(services=loose)
    answers = [client.get(f"{API}/documents/doc_x") for _ in range(110)]
    assert {a.status_code for a in answers} == {404}
    assert "ratelimit" not in answers[0].headers
    assert [client.get(f"{API}/batch").status_code for _ in range(3)] == [200, 200, 429]
    premium = serve(services=loose, tier="premium")
    assert [premium.post(UPLOAD, json=TEXT).status_code for _ in range(12)] == [202] * 12


def test_wrong_tokens_are_limited_by_address_and_counted_and_lock_nobody_out(
    serve: Callable[..., httpx.Client], services: Services
) -> None:
    client = serve(services=with_api(services, failed_authentications_per_minute=5))
    right = client.headers["Authorization"]
    codes = []
    for n in range(8):
        client.headers["Authorization"] = f"Bearer dcl_abcdefgh{n}_{'x' * 52}"
        answer = client.get(f"{API}/batch")
        codes.append(answer.status_code)
    assert codes == [401] * 5 + [429] * 3
    assert problem(answer, 429, "rate-limited")["limit"] == "authentication"
    assert services.limiter.failures() == 8
    client.headers["Authorization"] = right
    assert client.get(f"{API}/batch").status_code == 200


@pytest.mark.parametrize(
    ("address", "stands_for"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("testclient", "unknown"),
    ],
)
def test_an_address_of_ipv6_counts_with_its_whole_subscriber(address: str, stands_for: str) -> None:
    assert address_key(address) == stands_for


def test_without_redis_uploads_are_refused_and_health_is_answered(
    serve: Callable[..., httpx.Client], services: Services
) -> None:
    away = connect(RedisSettings(port=free_port(), socket_timeout_seconds=1), 2, retries=0)
    client = serve(services=replace(services, limiter=Limiter(away)))
    body = problem(client.post(UPLOAD, json=TEXT), 503, "unavailable")
    assert body["retry_after"] >= 1
    assert client.get(f"{API}/health").status_code == 200
    assert services.ledger.depth() == 0


def test_nothing_is_kept_of_a_limit_for_longer_than_its_window(
    client: httpx.Client, services: Services, valkey_port: int
) -> None:
    client.get(f"{API}/batch")
    with redis.Redis(port=valkey_port, db=services.settings.redis.limits_db, decode_responses=True) as limits:
        keys = list(limits.scan_iter("limits*"))
        assert len(keys) == 1
        assert 0 < limits.ttl(keys[0]) <= 60
        token = services.tokens.check(str(client.headers["Authorization"]).removeprefix("Bearer "))
        assert token.tier is Tier.STANDARD
        assert token.token_id in keys[0]
