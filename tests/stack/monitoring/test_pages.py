"""Pages for operators: they require the login, Flower is read-only, and guessing is limited."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from observing import Prometheus, wait_for

from appliance import Appliance

RUNBOOKS = ("/runbooks/", "/runbooks/NoWorker.md")
PAGES = ("/prometheus/classic/graph", "/alertmanager/api/v2/alerts", "/flower/workers", *RUNBOOKS)


@pytest.mark.parametrize("page", [*PAGES, "/grafana/"])
def test_a_page_needs_the_login(prometheus: Prometheus, page: str) -> None:
    assert prometheus.http.get(page).status_code == 401
    assert prometheus.http.get(page, auth=("operator", "guess")).status_code == 401


@pytest.mark.parametrize("page", PAGES)
def test_a_page_opens_with_it(prometheus: Prometheus, page: str) -> None:
    wait_for(lambda: prometheus.http.get(page, auth=prometheus.login).status_code == 200, page, 600)


def test_grafana_without_its_image_says_so(appliance: Appliance, prometheus: Prometheus) -> None:
    if appliance.compose("ps", "--quiet", "grafana").strip():
        pytest.skip("Grafana's image is here")
    answer = prometheus.http.get("/grafana/", auth=prometheus.login)

    assert answer.status_code == 503
    assert "Grafana" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/metrics", "/api/v1/metrics", "/flower/api/workers"])
def test_inner_addresses_are_not_there(prometheus: Prometheus, path: str) -> None:
    assert prometheus.http.get(path, auth=prometheus.login).status_code == 404


def test_flower_changes_nothing(prometheus: Prometheus) -> None:
    refused = prometheus.http.post("/flower/worker/shutdown/any", auth=prometheus.login)

    assert refused.status_code in (403, 404)


def test_flower_knows_both_workers(worked: str, prometheus: Prometheus) -> None:
    def page() -> str:
        return prometheus.http.get("/flower/workers", auth=prometheus.login).text

    wait_for(lambda: page().count("worker@") >= 2, "two workers in Flower", 600)


def test_guessing_is_limited(prometheus: Prometheus) -> None:
    # Right or wrong, requests past the burst are refused before the password is looked at.
    def ask(_number: int) -> int:
        return prometheus.client.send("GET", "/runbooks/NoWorker.md", auth=prometheus.login).status_code

    with ThreadPoolExecutor(4) as pool:
        codes = set(pool.map(ask, range(900)))

    assert codes == {200, 429}
