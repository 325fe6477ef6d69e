"""Dead letters report every lost attempt: cause, stage, page and peak memory."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from decalogo.batches.states import DocumentState
from decalogo.connections import connect
from tests.conftest import environment
from tests.faults.test_documents import start
from tests.worker.conftest import Appliance

pytestmark = pytest.mark.timeout(900)
MIB = 1 << 20


def shown(appliance: Appliance, document_id: str) -> dict[str, Any]:
    """Return the output of `decalogo dead show`."""
    command = [sys.executable, "-m", "decalogo", "dead", "show", document_id]
    run = subprocess.run(command, env=environment(appliance.settings), check=True, capture_output=True)
    return dict(json.loads(run.stdout))


def test_a_dead_letter_reports_cause_stage_page_and_memory_of_each_lost_attempt(appliance: Appliance) -> None:
    start(appliance, lease_seconds=10)  # no lease may expire on a busy machine
    attacks = ["hoard 150 SIGKILL", "hoard 90 SIGSEGV", "exit"]
    job_id, ids = appliance.submit([*attacks, "ok"])
    *_, fine = appliance.wait_finished(job_id)
    assert (fine.state, fine.attempts) == (DocumentState.SUCCEEDED, 1)
    assert all(process.poll() is None for process in appliance.processes)
    letters = [shown(appliance, document_id) for document_id in ids[:3]]
    for letter in letters:
        assert letter["state"] == "dead"
        assert [loss["attempt"] for loss in letter["losses"]] == [1, 2, 3]
        assert letter["problem"]["reason"].startswith(letter["losses"][-1]["reason"])
        assert all(loss["host"] and loss["peak_memory_bytes"] > 10 * MIB for loss in letter["losses"])
    killed, crashed, left = (letter["losses"] for letter in letters)
    for losses, name, least in ((killed, "SIGKILL", 150), (crashed, "SIGSEGV", 90)):
        for loss in losses:
            assert (loss["cause"], loss["signal"], loss["stage"], loss["page"]) == ("signal", name, "extract", 7)
            assert least * MIB < loss["peak_memory_bytes"] < (least + 400) * MIB
            assert 0.5 < loss["seconds"] < 30
    assert {(loss["cause"], loss["exit_status"], loss["stage"]) for loss in left} == {("exit", 0, "start")}

    appliance.store.put(f"documents/{ids[0]}", b"raise")
    appliance.store.put(f"documents/{ids[2]}", b"ok")
    assert appliance.ledger.retry([ids[0], ids[2]]) == [ids[0], ids[2]]
    again, _, cured, _ = appliance.wait_finished(job_id)
    assert (again.state, cured.state) == (DocumentState.DEAD, DocumentState.SUCCEEDED)
    losses = [(loss["attempt"], loss["cause"]) for loss in shown(appliance, ids[0])["losses"]]
    assert losses == [(4, "error"), (5, "error"), (6, "error")]  # the retry cleared the earlier ones
    assert ids[2] not in {letter.document_id for letter in appliance.ledger.dead()}


def test_the_loss_of_a_whole_worker_is_reported_with_its_last_progress(appliance: Appliance) -> None:
    appliance.start("scheduler")
    worker = appliance.start("worker", "--concurrency", "1")
    _, (document_id,) = appliance.submit(["sleep 60"])
    appliance.wait_running(document_id)
    client = connect(appliance.settings.redis, appliance.settings.redis.ledger_db)
    appliance.wait(lambda: bool(client.hget(f"document:{document_id}", "progress")), 60, "progress recorded")
    os.killpg(worker.pid, signal.SIGKILL)
    appliance.wait(lambda: bool(appliance.ledger.document(document_id).losses), 60, "lost")  # type: ignore[union-attr]
    (loss,) = shown(appliance, document_id)["losses"]
    assert (loss["cause"], loss["stage"], loss["reason"]) == ("lease-expired", "start", "its lease expired")
    assert loss["peak_memory_bytes"] > 10 * MIB
