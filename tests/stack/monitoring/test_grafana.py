"""Grafana is a default service: left out where its image is out of reach, and started from the image that is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from observing import Prometheus

from appliance import REPOSITORY, Appliance, docker

STAND_IN = Path(__file__).parent / "grafana-stand-in"
DASHBOARDS = {f"decalogo-{path.stem}" for path in (REPOSITORY / "grafana/dashboards").glob("*.json")}


@pytest.fixture(scope="module", autouse=True)
def _without_the_image(appliance: Appliance) -> None:
    if appliance.compose("--profile", "grafana", "ps", "--quiet", "grafana").strip():
        pytest.skip("Grafana's image is here; doctor checks it")


@pytest.fixture(scope="module")
def stand_in(appliance: Appliance) -> Iterator[Appliance]:
    """The appliance with an image in place of Grafana's."""
    image, before = f"grafana-stand-in:{appliance.name}", appliance.environment
    docker("build", "--quiet", "--tag", image, "--build-arg", f"APP_IMAGE=decalogo/app:{appliance.name}", str(STAND_IN))
    appliance.environment = {**before, "GRAFANA_IMAGE": image}
    appliance.run("up")
    yield appliance
    appliance.environment = {**before, "GRAFANA": "off"}
    appliance.run("up")
    appliance.environment = before
    docker("image", "rm", "--force", image)


def test_an_image_out_of_reach_is_left_out_for_plain_compose_too(appliance: Appliance) -> None:
    assert (appliance.folder / "compose.override.yaml").read_text() == (
        appliance.folder / "compose.no-grafana.yaml"
    ).read_text()
    assert "grafana" not in appliance.compose("config", "--services").split()


def test_the_service_is_confined_and_sees_its_provisioning(stand_in: Appliance, prometheus: Prometheus) -> None:
    assert not (stand_in.folder / "compose.override.yaml").exists()
    seen = prometheus.http.get("/grafana/seen", auth=prometheus.login).json()

    assert seen["user"] == [472, 472]
    assert seen["writable"] == []
    assert seen["provisioned"] == ["dashboards/decalogo.yaml", "datasources/prometheus.yaml"]


def test_its_login_is_that_of_the_operator_pages(stand_in: Appliance, prometheus: Prometheus) -> None:
    assert stand_in.compose("ps", "--quiet", "--status", "running", "grafana")
    assert prometheus.http.get("/grafana/api/search", auth=("operator", "guess")).status_code == 401
    found = prometheus.http.get("/grafana/api/search", auth=prometheus.login).json()
    assert {board["uid"] for board in found} == DASHBOARDS


def test_the_doctor_checks_health_data_source_and_dashboards(stand_in: Appliance) -> None:
    docker("exec", *stand_in.container_ids("grafana"), "true")
    report = stand_in.run("doctor")
    assert "ok    Grafana" in report
