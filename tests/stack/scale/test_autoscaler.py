"""The number of workers follows the queue: a burst scales up, quiet scales down, and no document is lost on the way."""

import time
from collections.abc import Iterator

import pytest
from conftest import SYNTHETIC

from appliance import Appliance, docker
from client import TERMINAL, Client
from papers import small_text

DOCUMENTS = 240
# Small containers, so that memory and processors do not limit the number.
QUICK = (
    SYNTHETIC
    + """
  autoscaler: &quick
    environment:
      DECALOGO_AUTOSCALE__TARGET_DRAIN_SECONDS: 30
      DECALOGO_AUTOSCALE__OVERCOMMIT: 100
  docker-proxy: *quick
"""
)


@pytest.fixture(scope="module", autouse=True)
def autoscaled(appliance: Appliance) -> Iterator[None]:
    """Switch the autoscaler on, quick enough for a test, and off again."""
    override = appliance.folder / "compose.override.yaml"
    override.write_text(QUICK, encoding="utf-8")
    appliance.run("up", "--autoscale", "1-4")
    yield
    override.write_text(SYNTHETIC, encoding="utf-8")
    appliance.run("up", "--autoscale", "off")


def workers(appliance: Appliance) -> int:
    """Return how many run, by one question to the engine: between two, a container may be removed."""
    project, service = f"project={appliance.name}", "service=worker"
    filters = [part for label in (project, service) for part in ("--filter", f"label=com.docker.compose.{label}")]
    return len(docker("ps", "--quiet", *filters).split())


def test_a_burst_scales_up_and_quiet_scales_down(appliance: Appliance, client: Client) -> None:
    assert workers(appliance) == 1
    job_id = client.upload([(f"plan-{n}.txt", small_text(n)) for n in range(DOCUMENTS)])["job_id"]

    most, deadline = 1, time.monotonic() + 1200
    while client.get(f"/api/v1/batch/status/{job_id}")["state"] != "finished":
        most = max(most, workers(appliance))
        assert time.monotonic() < deadline
        time.sleep(1)  # between two looks
    while workers(appliance) > 1:
        assert time.monotonic() < deadline
        time.sleep(1)  # between two looks

    assert most == 4
    counts = client.get(f"/api/v1/batch/status/{job_id}")["counts"]
    assert counts["succeeded"] == sum(counts[state] for state in TERMINAL) == DOCUMENTS
    assert max(document["attempts"] for document in client.documents(job_id)) == 1


def test_the_docker_socket_proxy_is_for_the_autoscaler_alone_and_does_only_what_it_should(appliance: Appliance) -> None:
    (proxy,) = appliance.inspect("docker-proxy")
    networks = list(proxy["NetworkSettings"]["Networks"])
    assert [name.removeprefix(f"{appliance.name}_") for name in networks] == ["engine"]
    assert proxy["HostConfig"]["CapDrop"] == ["ALL"]
    others = [container for container in appliance.inspect() if container["Id"] != proxy["Id"]]
    assert not any("docker.sock" in mount["Source"] for container in others for mount in container["Mounts"])

    ask = "import httpx, sys; print(httpx.request(sys.argv[1], 'http://docker-proxy:8080' + sys.argv[2]).status_code)"
    for method, path, status in (
        ("GET", "/workers", 200),
        ("DELETE", "/workers/" + appliance.container_ids("redis")[0], 409),
        ("GET", "/containers/json", 404),
        ("POST", "/containers/create", 404),
    ):
        code = appliance.compose("exec", "-T", "autoscaler", "python", "-c", ask, method, path)
        assert int(code) == status, (method, path)
