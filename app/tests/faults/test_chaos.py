"""A short run of random faults; ``python -m tests.faults.chaos --minutes 60`` is the long one."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from tests.faults.chaos import run

MINUTES = float(os.environ.get("CHAOS_MINUTES", "1"))


@pytest.mark.timeout(60 * MINUTES + 900)
def test_random_faults_lose_and_duplicate_nothing(tmp_path: Path) -> None:
    seed = int(os.environ.get("CHAOS_SEED") or random.randrange(10**6))
    report = run(seed, MINUTES, tmp_path)
    print(report)
    assert report.accepted >= 50 * MINUTES
    assert report.ok(), report
