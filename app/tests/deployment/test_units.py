"""The units for systemd are accepted by systemd itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNITS = Path(__file__).resolve().parents[3] / "config/systemd"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
@pytest.mark.parametrize("unit", ["decalogo.service", "decalogo-worker@.service"])
def test_systemd_finds_nothing_wrong_with_a_unit(unit: str, tmp_path: Path) -> None:
    instance = tmp_path / unit.replace("@", "@1")
    # The two things that exist only where it is installed.
    text = (UNITS / unit).read_text(encoding="utf-8").replace("Requires=docker.service\n", "")
    instance.write_text(text, encoding="utf-8")

    done = subprocess.run(["systemd-analyze", "verify", str(instance)], capture_output=True, text=True, timeout=60)

    assert (done.returncode, done.stderr) == (0, "")


def test_a_stopping_worker_has_time_to_hand_back_what_it_holds() -> None:
    from decalogo.settings import QueueSettings

    line = next(
        line for line in (UNITS / "decalogo-worker@.service").read_text().splitlines() if "TimeoutStopSec" in line
    )
    assert int(line.removeprefix("TimeoutStopSec=").removesuffix("s")) > QueueSettings().soft_shutdown_seconds  # type: ignore[call-arg]
