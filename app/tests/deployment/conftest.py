"""A checkout of its own for each test of the scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.deployment.checkout import Checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)
