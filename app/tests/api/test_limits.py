"""Rate limits: counted in Redis, told in headers, and true."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
import redis
from fastapi import Request

from decalogo.access.tokens import Tier
from decalogo.api.rate_limits import RateLimits, address_key
from decalogo.api.services import Services
from decalogo.connections import connect
from decalogo.embedded.instance import free_port
from decalogo.errors import RateLimitedError
from decalogo.settings import ApiSettings, RedisSettings, TierSettings
from tests.api.conftest import problem
from tests.api.uploading import UPLOAD

API = "/api/v1"
TEXT: dict[str, Any] = {"documents": [{"content": "plan"}]}


def with_api(services: Services, **changes: Any) -> Services:
    """The same services under other limits."""
    api = ApiSettings(**changes)
    limits = RateLimits(connect(services.settings.redis, services.settings.redis.limits_db), api)
    return replace(services, settings=services.settings.model_copy(update={"api": api}), rate_limits=limits)


def test_a_standard_token_uploads_ten_times_a_minute_and_is_told_when_again(client: httpx.Client, still: None) -> None:
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


def test_status_is_asked_a_hundred_times_a_minute(client: httpx.Client, still: None) -> None:
    job_id = client.post(UPLOAD, json=TEXT).json()["job_id"]
    codes = [client.get(f"{API}/batch/status/{job_id}").status_code for _ in range(103)]
    assert codes == [200] * 100 + [429] * 3


def test_a_limit_holds_across_processes_and_for_one_token_only(
    serve: Callable[..., httpx.Client], services: Services, still: None
) -> None:
    first, second = serve(services=services), serve(services=replace(services))
    assert first.base_url != second.base_url
    second_token = second.headers["Authorization"]
    second.headers["Authorization"] = first.headers["Authorization"]
    codes = [(first, second)[n % 2].post(UPLOAD, json=TEXT).status_code for n in range(12)]
    assert codes == [202] * 10 + [429] * 2
    second.headers["Authorization"] = second_token
    assert second.post(UPLOAD, json=TEXT).status_code == 202


def test_the_reported_wait_is_exact(
    redis_settings: RedisSettings, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    two = ApiSettings(standard=TierSettings(reads_per_minute=2))
    limits = RateLimits(connect(redis_settings, redis_settings.limits_db), two)
    token = services.tokens.check(services.tokens.create("test", Tier.STANDARD))
    start = time.time()
    moment = [start]
    monkeypatch.setattr(time, "time", lambda: moment[0])

    def count_at(second: float) -> tuple[bool, float]:
        """Return whether the request is allowed, and the seconds until the next one is free."""
        moment[0] = start + second
        request = Request({"type": "http", "path": "/", "headers": [], "state": {"token": token}})
        try:
            limits.count(request, "reads")
        except RateLimitedError as error:
            return False, round(cast(float, error.extra["retry_after"]), 3)
        return True, int(request.state.rate_limit["RateLimit"].rpartition("t=")[2])

    assert count_at(0) == (True, 60)
    assert count_at(20) == (True, 40)
    assert count_at(30) == (False, 30)
    assert count_at(59.9) == (False, 0.1)
    assert count_at(60.01) == (True, 20)
    assert count_at(79.9)[0] is False
    assert count_at(80.1)[0] is True


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
    client = serve(services=replace(services, rate_limits=RateLimits(away, services.settings.api)))
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


def test_requests_of_two_tiers_at_the_same_time_keep_their_own_limits(
    redis_settings: RedisSettings, services: Services
) -> None:
    limits = RateLimits(connect(redis_settings, redis_settings.limits_db), services.settings.api)
    allowed = {Tier.STANDARD: 300, Tier.PREMIUM: 3000}
    tokens = {tier: services.tokens.check(services.tokens.create("test", tier)) for tier in allowed}

    def amount_for(tier: Tier) -> bool:
        state = {"token": tokens[tier]}
        limits.count(Request({"type": "http", "path": "/", "headers": [], "state": state}), "reads")
        return f"q={allowed[tier]};" in state["rate_limit"]["RateLimit-Policy"]  # type: ignore[index]

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(amount_for, [Tier.STANDARD, Tier.PREMIUM] * 140))


def test_a_redis_that_hangs_does_not_stop_other_requests(
    serve: Callable[..., httpx.Client], services: Services
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:  # accepts connections and never answers
        hanging = connect(RedisSettings(port=silent.getsockname()[1], socket_timeout_seconds=10), 2, retries=0)
        client = serve(services=replace(services, rate_limits=RateLimits(hanging, services.settings.api)))
        with ThreadPoolExecutor(1) as pool:
            upload = pool.submit(client.post, UPLOAD, json=TEXT)
            with silent.accept()[0]:
                assert client.get(f"{API}/health").status_code == 200
                assert not upload.done()
                problem(upload.result(), 503, "unavailable")


def test_the_environment_cannot_disable_the_limits(
    redis_settings: RedisSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("RATELIMIT_SWALLOW_ERRORS=true\n")
    monkeypatch.setenv("RATELIMIT_ENABLED", "false")
    limits = RateLimits(connect(redis_settings, 2), ApiSettings(failed_authentications_per_minute=1))

    def count() -> None:
        limits.count_failure(Request({"type": "http", "path": "/", "headers": [], "state": {}}))

    count()
    with pytest.raises(RateLimitedError):
        count()
