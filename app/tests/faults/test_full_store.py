"""The disk of the artifact store fills up: workers keep their results until it has space."""

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
    pytest.mark.timeout(900),
    pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk for the store"),
]


def resize(disk: Path, size: int) -> bool:
    # Fails when more than `size` is in use by now.
    command = ["mount", "-o", f"remount,size={size}", str(disk)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0


def used(disk: Path) -> int:
    room = os.statvfs(disk)
    return (room.f_blocks - room.f_bfree) * room.f_frsize


def fill(disk: Path) -> None:
    """Fill the disk completely, although results are written meanwhile."""
    assert any(resize(disk, used(disk)) for _ in range(100)), f"{disk} could not be filled"


def let_leases_pass(processes: Processes, count: int) -> None:
    until = time.monotonic() + count * processes.settings.queue.lease_seconds
    processes.wait(lambda: time.monotonic() > until, 30, f"{count} leases")


def test_a_full_artifact_store_only_delays_documents(processes: Processes) -> None:
    disk = processes.settings.storage.path
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(disk)], check=True)
    try:
        processes.start_all()
        # Enough that the first worker does not finish them before the second is up.
        job_id = submit(processes, "sleep 0.5", 120)
        ledger = open_ledger(processes.settings)
        processes.wait(lambda: counts(ledger, job_id)["running"] == 4, 90, "four running")
        fill(disk)
        with pytest.raises(UnavailableError, match="No space left"):
            ArtifactStore(disk).put("documents/doc_1", b"x")
        let_leases_pass(processes, 1)  # results written just before are recorded by now
        held = counts(ledger, job_id)["succeeded"]
        # Far longer than three immediate attempts would take.
        let_leases_pass(processes, 2)
        assert counts(ledger, job_id)["succeeded"] == held
        assert counts(ledger, job_id)["running"] == 4
        assert resize(disk, 64 << 20)
        documents = finish(processes, job_id)
        assert {(d.state, d.attempts) for d in documents} == {(DocumentState.SUCCEEDED, 1)}
    finally:
        processes.stop_all()
        subprocess.run(["umount", str(disk)], check=True)
