"""A second checkout with the same project name must not touch the appliance of the first one."""

from __future__ import annotations

import subprocess

import pytest

from appliance import Appliance


@pytest.fixture(scope="module")
def second(appliance: Appliance, tmp_path_factory: pytest.TempPathFactory) -> Appliance:
    """Return a second clone that was never started; it shares the first one's name and nothing else."""
    return Appliance(tmp_path_factory.mktemp("second") / "decalogo", appliance.name)


@pytest.mark.parametrize("command", [("down", "--volumes", "--yes"), ("down",), ("up",), ("token", "create", "x")])
def test_the_second_refuses_and_names_the_first(appliance: Appliance, second: Appliance, command: tuple[str]) -> None:
    before = sorted(appliance.container_ids())

    done = subprocess.run(
        ["./appliance", *command],
        cwd=second.folder,
        env=second.environment,
        capture_output=True,
        text=True,
        timeout=800,
    )

    assert done.returncode == 1
    assert str(appliance.folder) in done.stderr
    assert sorted(appliance.container_ids()) == before
    assert appliance.run("status")
