"""The OpenAPI document holds against whatever schemathesis makes of it, on a live server.

A run by hand with many cases: ``CONTRACT_EXAMPLES=150 pytest tests/api/test_contract.py -s`` (docs/reference/api.md).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from decalogo.access.tokens import Scope, Tier
from decalogo.connections import connect
from decalogo.settings import Settings
from tests.api.conftest import Live, running

EXAMPLES = int(os.environ.get("CONTRACT_EXAMPLES", "3"))
NO_LIMITS = {f"DECALOGO_API__PREMIUM__{name}_PER_MINUTE": "0" for name in ("UPLOADS", "STATUS", "READS", "CHANGES")} | {
    "DECALOGO_API__FAILED_AUTHENTICATIONS_PER_MINUTE": "0",
    "DECALOGO_API__EVENTS_SECONDS": "0.2",
}


def statuses(log: Path) -> dict[int, int]:
    """Return how many requests the server answered with each status."""
    counts: dict[int, int] = {}
    for line in log.read_text().split("\n"):
        entry = json.loads(line) if line.startswith("{") else {}
        if entry.get("message") == "request":
            counts[entry["status"]] = counts.get(entry["status"], 0) + 1
    return dict(sorted(counts.items()))


def schemathesis(live: Live, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).parent / "schemathesis"), "run", f"{live.url}/api/v1/openapi.json"]
    options = ["--header", f"Authorization: Bearer {live.token}", "--checks", "all", "--max-examples", str(EXAMPLES)]
    more = ["--seed", os.environ.get("CONTRACT_SEED", "20"), "--no-color", "--generation-database", "none"]
    folder.mkdir()
    shutil.copy(Path(__file__).with_name("schemathesis.toml"), folder)
    return subprocess.run([*command, *options, *more], check=False, capture_output=True, text=True, cwd=folder)


@pytest.mark.timeout(3600)
def test_every_answer_is_one_that_the_document_promises(settings: Settings, tmp_path: Path) -> None:
    log = tmp_path / "api.log"
    ledger = connect(settings.redis, settings.redis.ledger_db)
    ledger.zadd("workers", {"a-worker": time.time() + 86_400})  # or `ready` would rightly say 503
    with running(settings, log, NO_LIMITS, tier=Tier.PREMIUM, scopes=frozenset(Scope)) as live:
        done = schemathesis(live, tmp_path / "schemathesis")
    answered = statuses(log)
    print(f"{sum(answered.values())} requests, by status: {answered}")
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2000:]
    assert re.search(r"\d+ passed", done.stdout) or "No issues found" in done.stdout
    assert [status for status in answered if status >= 500] == []
    assert "Traceback" not in log.read_text()
