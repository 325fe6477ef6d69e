"""Links that show one report without a token: they expire, can be revoked, are counted, and lead nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from decalogo.api.services import Services
from tests.api.conftest import problem
from tests.api.working import evaluated


@pytest.fixture
def shared(client: httpx.Client, services: Services) -> tuple[str, str, str]:
    """Id of a document, address of its link, id of the link."""
    _, document = evaluated(client, services)
    made = client.post(f"/api/v1/documents/{document}/shares", json={"days": 7})
    assert made.status_code == 201, made.text
    return document, made.json()["url"], made.json()["id"]


def test_a_link_shows_the_report_to_somebody_without_a_token(
    client: httpx.Client, shared: tuple[str, str, str]
) -> None:
    document, url, _ = shared
    with httpx.Client(base_url=client.base_url, trust_env=False, timeout=60) as stranger:
        page = stranger.get(url)
        assert page.status_code == 200
        assert "text/html" in page.headers["content-type"]
        assert page.headers["x-robots-tag"] == "noindex"
        assert stranger.get(f"/api/v1/documents/{document}/result").status_code == 401
    (status,) = client.get(f"/api/v1/documents/{document}/shares").json()
    assert status["uses"] == 1
    assert "url" not in status


def test_a_revoked_link_leads_nowhere(client: httpx.Client, shared: tuple[str, str, str]) -> None:
    _, url, share = shared
    assert client.delete(f"/api/v1/shares/{share}").status_code == 204
    assert client.get(url).status_code == 404
    problem(client.delete(f"/api/v1/shares/{share}"), 404, "not-found")


def test_another_tenant_can_neither_make_see_nor_revoke_a_link(
    client: httpx.Client, shared: tuple[str, str, str], serve: Callable[..., httpx.Client]
) -> None:
    document, url, share = shared
    other = serve(tenant="other")
    assert other.post(f"/api/v1/documents/{document}/shares", json={}).status_code == 404
    assert other.get(f"/api/v1/documents/{document}/shares").status_code == 404
    assert other.delete(f"/api/v1/shares/{share}").status_code == 404
    assert client.get(url).status_code == 200


def test_a_link_of_a_deleted_batch_leads_nowhere(client: httpx.Client, services: Services) -> None:
    job, _document = evaluated(client, services)
    url = client.post(f"/api/v1/batch/{job}/shares", json={}).json()["url"]
    assert client.get(url).status_code == 200
    client.delete(f"/api/v1/batch/{job}")
    assert client.get(url).status_code == 404


def test_a_guessed_link_is_not_found(client: httpx.Client) -> None:
    assert client.get("/shared/" + "x" * 43).status_code == 404
    assert client.get("/shared/short").status_code == 404
