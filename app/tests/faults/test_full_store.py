"""The artifact store's disk fills up while documents are in work: workers hold their results until there is room."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from decalogo.batches.ledger import open_ledger
from decalogo.batches.states import DocumentState
from decalogo.errors import UnavailableError
from decalogo.storage.artifacts import ArtifactStore
from tests.faults.processes import Processes
from tests.faults.test_redis_faults import counts, finish, submit

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk for the store"),
]


def resize(disk: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(disk)], check=True)


def used(disk: Path) -> int:
    room = os.statvfs(disk)
    return (room.f_blocks - room.f_bfree) * room.f_frsize


def test_a_full_artifact_store_costs_time_and_no_attempt(processes: Processes) -> None:
    disk = processes.settings.storage.path
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], check=True)
    try:
        processes.start_all()
        job_id = submit(processes, "sleep 0.5", 8)
        ledger = open_ledger(processes.settings)
        processes.wait(lambda: counts(ledger, job_id)["running"] == 4, 30, "four in work")
        resize(disk, used(disk))
        with pytest.raises(UnavailableError, match="No space left"):
            ArtifactStore(disk).put("documents/doc_1", b"x")
        held = counts(ledger, job_id)["succeeded"]
        # Far longer than the three attempts that a result refused at once would have used up.
        until = time.monotonic() + 2 * processes.settings.queue.lease_seconds
        processes.wait(lambda: time.monotonic() > until, 30, "two leases")
        assert counts(ledger, job_id)["succeeded"] == held
        assert counts(ledger, job_id)["running"] == 4
        resize(disk, 64 << 20)
        documents = finish(processes, job_id)
        assert {(d.state, d.attempts) for d in documents} == {(DocumentState.SUCCEEDED, 1)}
    finally:
        processes.stop_all()
        subprocess.run(["umount", str(disk)], check=True)
