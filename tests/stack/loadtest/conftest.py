"""A clone whose load tests have a Compose project and ports of their own."""

from collections.abc import Iterator

import pytest

from appliance import Appliance, docker
from ports import next_port

PROJECT = "decalogo-row"


@pytest.fixture(scope="package")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    """Return a clone that nothing was started in."""
    found = Appliance(tmp_path_factory.mktemp("loadtest") / "decalogo", PROJECT)
    ports = {f"LOADTEST_{name}_PORT": str(next_port()) for name in ("HTTP", "HTTPS", "UI")}
    ports["LOADTEST_NETWORK_PREFIX"] = found.environment["NETWORK_PREFIX"]
    found.environment = {**found.environment, **ports, "LOADTEST_PROJECT": PROJECT}
    yield found
    found.delete()


@pytest.fixture
def left_over() -> str:
    """Return the containers and volumes that there are of the appliance under test, a line each."""
    label = f"label=com.docker.compose.project={PROJECT}"
    containers = docker("ps", "--all", "--quiet", "--filter", label)
    return containers + docker("volume", "ls", "--quiet", "--filter", label)
