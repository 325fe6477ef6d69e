"""One embedded appliance for the package."""

from collections.abc import Iterator

import pytest

from appliance import Appliance


@pytest.fixture(scope="package")
def appliance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Appliance]:
    clone = Appliance(tmp_path_factory.mktemp("embedded") / "decalogo", "decalogo-embedded", own_venv=True)
    clone.run("up", "--embedded")
    yield clone
    clone.delete()
