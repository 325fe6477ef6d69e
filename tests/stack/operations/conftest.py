"""One appliance for what its operator does: settings, updates, backups, bundles and diagnoses."""

from collections.abc import Iterator

import pytest

from appliance import Appliance
from client import Client


@pytest.fixture(scope="package")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    clone = Appliance(tmp_path_factory.mktemp("operations") / "decalogo", "decalogo-operations")
    # On one interface, because over IPv6 all clients would share one address, which doctor reports.
    clone.environment = {**clone.environment, "HTTPS_PORT": f"127.0.0.1:{clone.https_port}"}
    try:
        clone.run("up", "--scale", "worker=2")
        yield clone
    finally:
        clone.delete()


@pytest.fixture(scope="package")
def client(appliance: Appliance) -> Client:
    return appliance.client(appliance.run("token", "create", "tests", "--tier", "premium").strip())
