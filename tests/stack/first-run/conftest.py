"""One appliance for the scenario: cloned, started with two workers, and deleted with its data at the end."""

from collections.abc import Iterator

import pytest

from appliance import Appliance
from client import Client


@pytest.fixture(scope="package")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    clone = Appliance(tmp_path_factory.mktemp("first-run") / "decalogo", "decalogo-first-run")
    # Values that a test checks, whatever profile fits this machine; and HTTPS on one interface only.
    own = {"REDIS_MAXMEMORY": "2gb", "REDIS_MEMORY": "4g", "HTTPS_PORT": f"127.0.0.1:{clone.https_port}"}
    clone.environment = {**clone.environment, **own}
    try:
        clone.run("up", "--scale", "worker=2")
        yield clone
    finally:
        clone.delete()


@pytest.fixture(scope="package")
def client(appliance: Appliance) -> Client:
    return appliance.client(appliance.run("token", "create", "tests", "--tier", "premium").strip())
