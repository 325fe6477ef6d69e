"""A dead letter says what is known of each lost attempt: how it ended, where it was, and how much memory it held."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from decalogo.connections import connect
from tests.conftest import environment
from tests.faults.test_documents import LIMITS, start
from tests.worker.conftest import Appliance

pytestmark = pytest.mark.timeout(300)
MIB = 1 << 20


def shown(appliance: Appliance, document_id: str) -> dict[str, Any]:
    """Return what `decalogo dead show` tells."""
    command = [sys.executable, "-m", "decalogo", "dead", "show", document_id]
    told = subprocess.run(command, env=environment(appliance.settings), check=True, capture_output=True).stdout
    return dict(json.loads(told))


def test_a_dead_letter_tells_of_each_lost_attempt_how_where_and_with_how_much_memory(appliance: Appliance) -> None:
    start(appliance, child_address_space_bytes=2 << 30, lease_seconds=10)  # a busy machine is no silent worker
    attacks = ["hoard 150 SIGKILL", "hoard 90 SIGSEGV", "exit", "memory 4096"]
    job_id, ids = appliance.submit(attacks)
    appliance.wait_finished(job_id)
    told = [shown(appliance, document_id) for document_id in ids]
    for letter in told:
        assert letter["state"] == "dead"
        assert [loss["attempt"] for loss in letter["losses"]] == [1, 2, 3]
        assert letter["problem"]["reason"].startswith(letter["losses"][-1]["reason"])
        assert all(loss["host"] and loss["peak_memory_bytes"] > 10 * MIB for loss in letter["losses"])
    killed, crashed, left, hungry = (letter["losses"] for letter in told)
    for losses, name, least in ((killed, "SIGKILL", 150), (crashed, "SIGSEGV", 90)):
        for loss in losses:
            assert (loss["cause"], loss["signal"], loss["stage"], loss["page"]) == ("signal", name, "extract", 7)
            assert least * MIB < loss["peak_memory_bytes"] < (least + 400) * MIB
            assert 0.5 < loss["seconds"] < 30
    assert {(loss["cause"], loss["exit_status"], loss["stage"]) for loss in left} == {("exit", 0, "start")}
    assert {(loss["cause"], loss["stage"]) for loss in hungry} == {("memory", "start")}
    assert "2048 MiB" in hungry[0]["reason"]

    appliance.store.put(f"documents/{ids[0]}", b"raise")
    assert appliance.ledger.retry([ids[0]])
    appliance.wait_finished(job_id)
    again = [(loss["attempt"], loss["cause"]) for loss in shown(appliance, ids[0])["losses"]]
    assert again == [(4, "error"), (5, "error"), (6, "error")]  # the forgiven ones are forgotten


def test_a_document_killed_at_the_hard_limit_is_told_so(appliance: Appliance) -> None:
    start(appliance, **LIMITS, lease_seconds=10)
    _, (document_id,) = appliance.submit(["stuck"])
    appliance.wait(lambda: bool(appliance.ledger.document(document_id).losses), 60, "lost")  # type: ignore[union-attr]
    loss = shown(appliance, document_id)["losses"][0]
    assert loss["cause"] == "time-limit"
    assert "within 5 s" in loss["reason"]
    assert loss["seconds"] > 4


def test_a_lost_worker_is_told_by_what_it_last_said(appliance: Appliance) -> None:
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
