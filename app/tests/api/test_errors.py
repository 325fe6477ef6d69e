"""Every error is a problem document, and tells a stranger nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from decalogo.access.tokens import Scope, Tier, Token, digest, mint
from decalogo.api.services import Services
from decalogo.embedded.instance import free_port
from decalogo.settings import RedisSettings, Settings
from tests.api.conftest import problem, wait_until

API = "/api/v1"


def test_without_a_token_nothing_but_health_is_told(client: httpx.Client) -> None:
    del client.headers["Authorization"]
    for method, address in (
        ("POST", "batch/upload"),
        ("GET", "batch"),
        ("GET", "batch/status/batch_x"),
        ("GET", "batch/batch_x/documents"),
        ("GET", "batch/batch_x/results"),
        ("GET", "documents/doc_x"),
        ("GET", "documents/doc_x/result"),
        ("GET", "documents/doc_x/pages/1"),
    ):
        answer = client.request(method, f"{API}/{address}")
        problem(answer, 401, "unauthorized")
        assert answer.headers["www-authenticate"] == 'Bearer realm="decalogo"'
    assert client.get(f"{API}/health").status_code == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Basic eDp5", "dcl_a_b", "Bearer dcl_aaaa_" + "b" * 52])
def test_a_wrong_token_is_refused(client: httpx.Client, header: str) -> None:
    answer = client.get(f"{API}/batch", headers={"Authorization": header})
    problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_token_is_refused_at_once(client: httpx.Client, services: Services) -> None:
    assert client.get(f"{API}/batch").status_code == 200
    services.tokens.revoke(services.tokens.list()[0].token_id)
    problem(client.get(f"{API}/batch"), 401, "unauthorized")


def test_a_scope_that_is_missing_is_named(client: httpx.Client, services: Services) -> None:
    token_id, text, kept = mint()
    services.tokens.register(
        Token(token_id, "reader", "alcaldia", Tier.STANDARD, frozenset({Scope.READ}), 0.0, 0.0), kept
    )
    reader = {"Authorization": f"Bearer {text}"}
    assert client.get(f"{API}/batch", headers=reader).status_code == 200
    refused = client.post(f"{API}/batch/upload", json={}, headers=reader)
    assert problem(refused, 403, "forbidden")["scope"] == "submit"


def test_an_address_that_is_not_there(client: httpx.Client) -> None:
    for address in (
        "/nope",
        "/api/v1/nope",
        "/api/v2/health",
        "/api/v1/health/",
        "/docs",
        f"{API}/docs/assets/../app.py",
    ):
        problem(client.get(address), 404, "not-found")


def test_a_method_that_is_not_possible_names_those_that_are(client: httpx.Client) -> None:
    answer = client.put(f"{API}/batch/upload")
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"


def test_what_nobody_expected_is_a_clean_problem(serve: Callable[..., httpx.Client], services: Services) -> None:
    class Broken:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError("secret internals")

    client = serve(services=replace(services, listing=Broken()))  # type: ignore[arg-type]
    answer = client.get(f"{API}/batch")
    problem(answer, 500, "internal")
    assert "secret internals" not in answer.text


def test_without_redis_it_is_alive_but_not_ready(serve: Callable[..., httpx.Client], settings: Settings) -> None:
    from decalogo.api.services import open_services
    from tests.api.conftest import InProcess

    away = settings.model_copy(update={"redis": RedisSettings(port=free_port())})
    server = InProcess(open_services(away))
    try:
        with httpx.Client(base_url=server.url, trust_env=False, timeout=120) as client:
            assert client.get(f"{API}/health").json()["state"] == "alive"
            answer = client.get(f"{API}/ready")
            checks = problem(answer, 503, "unavailable")["checks"]
            assert checks["redis"] != "ok"
            assert checks["workers"] != "ok"
            assert checks["artifacts"] == "ok"
            known = client.get(f"{API}/batch", headers={"Authorization": f"Bearer {mint()[1]}"})
            problem(known, 503, "unavailable")
            assert int(known.headers["retry-after"]) >= 1
    finally:
        server.stop()


def test_it_is_ready_once_a_worker_is_heard_of(client: httpx.Client, services: Services) -> None:
    assert problem(client.get(f"{API}/ready"), 503, "unavailable")["checks"] == {
        "redis": "ok",
        "artifacts": "ok",
        "workers": "no worker is alive",
    }
    services.ledger.renew("worker@here", [])
    answer = client.get(f"{API}/ready")
    assert answer.json() == {"state": "ready", "checks": {"redis": "ok", "artifacts": "ok", "workers": "ok"}}


def test_a_store_that_cannot_be_written_is_not_ready(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings
) -> None:
    services.ledger.renew("worker@here", [])
    settings.storage.path.parent.mkdir(exist_ok=True)
    settings.storage.path.write_text("a file where a folder should be")
    body = problem(serve().get(f"{API}/ready"), 503, "unavailable")
    assert body["checks"]["artifacts"] != "ok"
    assert body["checks"]["redis"] == "ok"


def test_a_request_id_is_kept_if_it_is_sound_and_made_if_not(client: httpx.Client) -> None:
    assert client.get(f"{API}/health", headers={"X-Request-ID": "abc-1.2_3"}).headers["x-request-id"] == "abc-1.2_3"
    made = set()
    for bad in ("", "a b", "x" * 65, "ünï".encode().decode("latin-1"), '"><script>'):
        answer = client.get(f"{API}/health", headers=[(b"X-Request-ID", bad.encode("latin-1"))])
        assert answer.headers["x-request-id"] != bad
        made.add(answer.headers["x-request-id"])
    assert len(made) == 5


def test_the_admin_token_of_setup_works_from_the_start(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings
) -> None:
    token_id, text, kept = mint()
    folder: Path = settings.secrets_dir
    folder.mkdir()
    (folder / "admin-token.sha256").write_text(f"{token_id} {kept}\n")
    assert digest(text.split("_", 2)[2]) == kept
    client = serve(own=True)
    admin = {"Authorization": f"Bearer {text}"}
    wait_until(lambda: client.get(f"{API}/batch", headers=admin).status_code == 200, 60)


def test_a_limit_of_a_tier_can_be_set_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DECALOGO_API__STANDARD__DOCUMENTS_PER_BATCH", "70")
    monkeypatch.setenv("DECALOGO_API__PREMIUM__PRIORITIES", '["high"]')
    api = Settings().api  # type: ignore[call-arg]
    assert (api.standard.documents_per_batch, api.standard.priorities) == (70, ("normal", "low"))
    assert (api.premium.documents_per_batch, api.premium.priorities) == (1000, ("high",))


def test_links_name_the_public_address_where_there_is_one(
    serve: Callable[..., httpx.Client], services: Services, settings: Settings
) -> None:
    api = settings.api.model_copy(update={"public_url": "https://decalogo.example/"})
    client = serve(services=replace(services, settings=settings.model_copy(update={"api": api})))
    accepted = client.post(f"{API}/batch/upload", json={"documents": [{"content": "x"}]})
    status = f"https://decalogo.example/api/v1/batch/status/{accepted.json()['job_id']}"
    assert accepted.headers["location"] == accepted.json()["links"]["status"] == status
