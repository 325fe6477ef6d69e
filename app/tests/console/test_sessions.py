"""Sessions: cookies, forged requests, revocation, tenants; on a real API and a real Valkey."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest

from decalogo.access.tokens import Scope, Tier
from decalogo.api.services import Services

ORIGIN = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


@contextmanager
def browser(base: httpx.Client) -> Iterator[httpx.Client]:
    """A client that behaves as a browser does: no token in a header, cookies kept."""
    with httpx.Client(base_url=base.base_url, headers=ORIGIN, timeout=300, trust_env=False) as opened:
        yield opened


def token(services: Services, tenant: str = "office", scopes: frozenset[Scope] = frozenset(Scope)) -> str:
    return services.tokens.create("ana", Tier.PREMIUM, tenant=tenant, scopes=scopes)


def sign_in(visitor: httpx.Client, text: str) -> str:
    """Sign in and return the session's CSRF value."""
    answer = visitor.post("/sign-in", data={"token": text})
    assert answer.status_code == 303, answer.text
    found = re.search(r'name="csrf" content="([^"]+)"', visitor.get("/batches").text)
    assert found
    return found[1]


def test_a_page_without_a_session_leads_to_the_sign_in_page_and_back(client: httpx.Client, services: Services) -> None:
    with browser(client) as visitor:
        answer = visitor.get("/batches?state=finished")
        assert answer.status_code == 303
        assert answer.headers["location"] == "/sign-in?next=%2Fbatches%3Fstate%3Dfinished"
        answer = visitor.post("/sign-in", data={"token": token(services), "next": "/batches?state=finished"})
        assert answer.headers["location"] == "/batches?state=finished"


@pytest.mark.parametrize("target", ["https://example.org/", "//example.org/", "/\\example.org", "/api/v1/docs"])
def test_signing_in_never_leads_to_another_site(client: httpx.Client, services: Services, target: str) -> None:
    with browser(client) as visitor:
        answer = visitor.post("/sign-in", data={"token": token(services), "next": target})
        assert answer.headers["location"] == "/batches"


def test_the_cookie_is_for_this_site_and_not_for_scripts(client: httpx.Client, services: Services) -> None:
    with browser(client) as visitor:
        answer = visitor.post("/sign-in", data={"token": token(services)})
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "dcl_" not in cookie


def test_a_wrong_token_is_refused_without_saying_why(client: httpx.Client) -> None:
    with browser(client) as visitor:
        answer = visitor.post("/sign-in", data={"token": "dcl_abcd_" + "x" * 52})
        assert answer.status_code == 401
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://example.org"}, {}],
)
def test_a_form_of_another_site_changes_nothing(
    client: httpx.Client,
    services: Services,
    headers: dict[str, str],
) -> None:
    with browser(client) as visitor:
        csrf = sign_in(visitor, token(services))
        del visitor.headers["Sec-Fetch-Site"]
        answer = visitor.post("/administration/tokens", data={"csrf": csrf, "name": "evil"}, headers=headers)
        assert answer.status_code == 403
        answer = visitor.post("/upload", files={"files": ("a.txt", b"salud")}, headers=headers)
        assert answer.status_code == 403
    assert [known.name for known in services.tokens.list() if known.name == "evil"] == []


def test_a_form_without_the_value_of_its_session_changes_nothing(client: httpx.Client, services: Services) -> None:
    with browser(client) as visitor:
        sign_in(visitor, token(services))
        assert visitor.post("/administration/tokens", data={"name": "evil"}).status_code == 403
        answer = visitor.post("/api/v1/batch/upload", files={"files": ("a.txt", b"salud")})
        assert answer.status_code == 403
        assert answer.json()["type"] == "/problems/cross-site"


def test_the_api_takes_a_session_with_its_value(client: httpx.Client, services: Services) -> None:
    with browser(client) as visitor:
        csrf = sign_in(visitor, token(services))
        answer = visitor.post(
            "/api/v1/batch/upload", files={"files": ("a.txt", b"salud")}, headers={"X-CSRF-Token": csrf}
        )
        assert answer.status_code == 202, answer.text
        assert visitor.get("/api/v1/batch").json()["batches"][0]["job_id"] == answer.json()["job_id"]


def test_a_session_ends_with_its_token(client: httpx.Client, services: Services) -> None:
    text = token(services)
    with browser(client) as visitor:
        sign_in(visitor, text)
        services.tokens.revoke(text.split("_")[1])
        assert visitor.get("/batches").status_code == 303
        assert visitor.get("/api/v1/batch").status_code == 401


def test_a_rotated_token_ends_the_sessions_of_the_old_secret(client: httpx.Client, services: Services) -> None:
    text = token(services)
    with browser(client) as visitor:
        sign_in(visitor, text)
        services.tokens.rotate(text.split("_")[1])
        assert visitor.get("/batches").status_code == 303


def test_signing_out_everywhere_ends_every_session(client: httpx.Client, services: Services) -> None:
    text = token(services)
    with browser(client) as one, browser(client) as other:
        csrf = sign_in(one, text)
        sign_in(other, text)
        assert one.post("/sign-out", data={"csrf": csrf, "everywhere": "1"}).status_code == 303
        assert other.get("/batches").status_code == 303


def test_a_sign_in_link_works_once(client: httpx.Client, services: Services) -> None:
    code = services.sessions.link(token(services))
    with browser(client) as visitor, browser(client) as other:
        assert visitor.get(f"/sign-in/{code}").status_code == 200  # a preview does not use it up
        assert visitor.post(f"/sign-in/{code}").headers["location"] == "/batches"
        assert visitor.get("/batches").status_code == 200
        assert other.post(f"/sign-in/{code}").status_code == 401


def test_another_tenant_sees_nothing_on_any_page(
    client: httpx.Client,
    services: Services,
    serve: Callable[..., httpx.Client],
) -> None:
    owner = serve(tier="premium", tenant="office")
    batch = owner.post("/api/v1/batch/upload", files={"files": ("a.txt", b"salud")}).json()
    job, document = batch["job_id"], batch["documents"][0]["document_id"]
    paths = (
        f"/batches/{job}",
        f"/batches/{job}/comparison",
        f"/batches/{job}/compare",
        f"/batches/{job}/search?q=salud",
        f"/batches/{job}/delete",
        f"/documents/{document}",
        f"/documents/{document}/points/P1",
        f"/documents/{document}/answers/P1-D1-Q1",
        f"/documents/{document}/review",
        f"/documents/{document}/read/1",
        f"/documents/{document}/pages/1.webp",
    )
    with browser(client) as stranger:
        csrf = sign_in(stranger, token(services, tenant="other"))
        for path in paths:
            assert stranger.get(path).status_code == 404, path
        for path in (f"/batches/{job}/delete", f"/batches/{job}/cancel", f"/documents/{document}/retry"):
            assert stranger.post(path, data={"csrf": csrf}).status_code == 404, path
    assert owner.get(f"/api/v1/batch/status/{job}").status_code == 200


def test_only_operators_see_the_administration(client: httpx.Client, services: Services) -> None:
    with browser(client) as visitor:
        csrf = sign_in(visitor, token(services, scopes=frozenset({Scope.READ, Scope.SUBMIT})))
        assert visitor.get("/administration").status_code == 403
        assert visitor.post("/administration/tokens", data={"csrf": csrf, "name": "x"}).status_code == 403


def test_pages_forbid_frames_inline_scripts_and_other_sites(client: httpx.Client, services: Services) -> None:
    with browser(client) as visitor:
        sign_in(visitor, token(services))
        assert "default-src" in visitor.get("/sign-in/x").headers["content-security-policy"]
        for path in ("/batches", "/administration", "/batches/none"):
            answer = visitor.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert "<script>" not in answer.text
            assert " style=" not in answer.text
            assert " onclick" not in answer.text


def test_names_of_strangers_are_never_markup(client: httpx.Client, services: Services) -> None:
    with browser(client) as visitor:
        csrf = sign_in(visitor, token(services))
        name = "<img src=x onerror=alert(1)>\u202etxt.fdp"
        answer = visitor.post("/api/v1/batch/upload", files={"files": (name, b"salud")}, headers={"X-CSRF-Token": csrf})
        page = visitor.get(f"/batches/{answer.json()['job_id']}").text
        assert "<img" not in page
        assert "&lt;img" in page
