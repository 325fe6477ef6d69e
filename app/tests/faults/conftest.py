"""The fixtures of the queue's tests, and a whole appliance with a Redis of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.processes import Processes
from tests.worker.conftest import appliance

__all__ = ["appliance"]


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    whole = Processes(tmp_path / "whole")
    yield whole
    whole.stop_all()
