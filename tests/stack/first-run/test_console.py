"""The console behind nginx, in a real browser: the same working day as in the embedded form, and a zone of its own."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import journey
import pytest
import review_journey
from journey import Visitor

from appliance import Appliance
from client import Client
from papers import REAL_PLAN


@pytest.fixture(scope="module")
def visitor(appliance: Appliance) -> Iterator[Visitor]:
    if journey.chromium_path() is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed")
        pytest.skip("Chromium is not installed")
    with journey.browser() as opened:
        yield Visitor(opened, appliance.run("url").strip())


def test_a_working_day_in_the_browser(appliance: Appliance, visitor: Visitor, tmp_path: Path) -> None:
    token = appliance.run("token", "create", "browser", "--tier", "premium").strip()
    journey.working_day(visitor, token, REAL_PLAN, tmp_path)


def test_two_reviewers_sign_and_look_again_after_the_rubric_changed(
    appliance: Appliance, visitor: Visitor, tmp_path: Path
) -> None:
    plan, rubric = tmp_path / "plan.txt", "/var/lib/decalogo/artifacts/office.yaml"
    plan.write_text(review_journey.SHORT_PLAN, encoding="utf-8")
    tokens = [appliance.run("token", "create", name, *review_journey.REVIEWER).strip() for name in ("ana", "luis")]
    assert visitor.context.browser
    ana, luis = (Visitor(visitor.context.browser, visitor.url) for _ in range(2))

    def install(content: bytes) -> None:
        write = f"import sys; open('{rubric}', 'w', encoding='utf-8').write(sys.stdin.read())"
        appliance.compose("exec", "-T", "api", "python", "-c", write, stdin=content.decode())

    def evaluate_again(document: str) -> None:
        install(review_journey.other_rubric())
        review_journey.evaluate_again(ana, document)

    before = appliance.environment
    install(review_journey.shipped_rubric())
    appliance.environment = {**before, "DECALOGO_EVALUATION__RUBRIC": rubric}
    try:
        appliance.run("up", "--scale", "worker=2")
        review_journey.two_reviewers(ana, luis, (tokens[0], tokens[1]), plan, evaluate_again, tmp_path)
    finally:
        appliance.environment = before
        appliance.run("up", "--scale", "worker=2")
    assert "all intact" in appliance.run("audit", "verify")


def test_turning_pages_never_meets_the_limit_of_the_api(client: Client) -> None:
    # Three times the burst of the API's zone.
    answers = [client.send("GET", "/sign-in", headers={"Accept": "text/html"}).status_code for _ in range(60)]

    assert set(answers) == {200}


def test_pages_keep_their_policy_behind_nginx(client: Client) -> None:
    page = client.send("GET", "/sign-in", headers={"Accept": "text/html"})

    policy = page.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert page.headers.get_list("content-security-policy") == [policy]


def test_static_files_may_be_kept_for_good_and_nothing_else(client: Client) -> None:
    page = client.send("GET", "/sign-in", headers={"Accept": "text/html"})
    address = re.search(r'href="(/static/[^"]+\.css)"', page.text)
    assert address
    style: httpx.Response = client.send("GET", address[1])

    assert "immutable" in style.headers["cache-control"]
    assert page.headers["cache-control"] == "no-store"


def test_while_the_api_is_away_a_person_gets_a_page_that_repeats_itself(appliance: Appliance, client: Client) -> None:
    appliance.compose("stop", "api")
    try:
        page = client.send("GET", "/batches", headers={"Accept": "text/html"})
        problem = client.send("GET", "/batches", headers={"Accept": "application/json"})
    finally:
        appliance.compose("up", "--detach", "--no-deps", "--wait", "api")

    assert page.status_code == problem.status_code == 503
    assert "El servicio no responde" in page.text
    assert page.headers["refresh"] == "5"
    assert problem.json()["type"] == "/problems/unavailable"
    assert client.ask("GET", "/sign-in", headers={"Accept": "text/html"}).status_code == 200
