"""One appliance for the scenario, sized by a profile; its evaluator waits three seconds over a document."""

from collections.abc import Iterator

import pytest

from appliance import Appliance
from client import Client

PROFILE = "2c4g"
SECONDS_A_DOCUMENT = 3
SYNTHETIC = f"""
services:
  worker: &synthetic
    environment:
      DECALOGO_EVALUATION__EVALUATOR: synthetic
      DECALOGO_SYNTHETIC__CPU_SECONDS: 0
      DECALOGO_SYNTHETIC__WAIT_SECONDS: {SECONDS_A_DOCUMENT}
      DECALOGO_SYNTHETIC__MEMORY_MIB: 0
      # A stopped worker finishes its documents also on a busy machine.
      DECALOGO_QUEUE__SOFT_SHUTDOWN_SECONDS: 7
  suspect: *synthetic
"""


@pytest.fixture(scope="package")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    clone = Appliance(tmp_path_factory.mktemp("scale") / "decalogo", "decalogo-scale")
    (clone.folder / "compose.override.yaml").write_text(SYNTHETIC, encoding="utf-8")
    try:
        clone.run("up", "--profile", PROFILE)
        yield clone
    finally:
        clone.delete()


@pytest.fixture(scope="package")
def client(appliance: Appliance) -> Client:
    return appliance.client(appliance.run("token", "create", "tests", "--tier", "premium").strip())
