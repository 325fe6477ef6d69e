"""API processes killed during an upload: no accepted document is lost, and a retry of the client duplicates none."""

from __future__ import annotations

import sys
import time
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from decalogo.access.tokens import Tier, TokenStore
from decalogo.batches.states import DocumentState
from decalogo.connections import connect
from decalogo.embedded.instance import free_port
from decalogo.retention import Retention
from tests.faults.mortal_api import POINTS
from tests.faults.processes import Processes

pytestmark = pytest.mark.timeout(900)

UPLOAD = "/api/v1/batch/upload"
KEY = {"Idempotency-Key": "once and no more"}
PAYLOAD = {"documents": [{"content": f"ok {n}"} for n in range(5)]}


def start(processes: Processes, point: str, mark: Path) -> httpx.Client:
    """Start Redis and an API of one process that dies at ``point``; return a client with a token."""
    api = processes.settings.api.model_copy(update={"port": free_port(), "processes": 1})
    processes.settings = processes.settings.model_copy(update={"api": api})
    processes.commands["api"] = [sys.executable, "-m", "tests.faults.mortal_api", point, str(mark)]
    for name in ("redis", "api"):
        processes.start(name)
    store = TokenStore(connect(processes.settings.redis, processes.settings.redis.ledger_db))
    headers = {"Authorization": f"Bearer {store.create('client', Tier.STANDARD, tenant='alcaldia')}"}
    client = httpx.Client(base_url=f"http://127.0.0.1:{api.port}", headers=headers, timeout=120, trust_env=False)
    processes.wait(lambda: answers(client), 60, "the API answers")
    return client


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/api/v1/health").status_code == 200
    except httpx.TransportError:
        return False


def succeeded(processes: Processes, job_id: str) -> int:
    batch = processes.ledger.batch(job_id)
    return batch.counts["succeeded"] if batch else 0


@pytest.mark.parametrize("point", POINTS)
def test_an_api_killed_during_an_upload_loses_and_duplicates_nothing(
    processes: Processes, tmp_path: Path, point: str
) -> None:
    mark = tmp_path / "mark"
    with closing(start(processes, point, mark)) as client:
        with pytest.raises(httpx.TransportError):
            client.post(UPLOAD, json=PAYLOAD, headers=KEY)
        assert mark.exists()
        processes.wait(lambda: answers(client), 60, "gunicorn has started another process")

        again: list[httpx.Response] = []

        def accepted() -> bool:
            again.append(client.post(UPLOAD, json=PAYLOAD, headers=KEY))
            if again[-1].status_code == 409:  # the lock of the dead process expires after some seconds
                time.sleep(float(again[-1].headers["retry-after"]))
            return again[-1].status_code != 409

        processes.wait(accepted, 40, "the client's retry is accepted")
        assert again[-1].status_code == 202
        (listed,) = client.get("/api/v1/batch").json()["batches"]
        assert listed["job_id"] == again[-1].json()["job_id"]
        for name in ("worker1", "suspect", "scheduler1"):
            processes.start(name)
        processes.wait(lambda: succeeded(processes, listed["job_id"]) == 5, 90, "finished")
        results = client.get(f"/api/v1/batch/{listed['job_id']}/results").json()
        assert [entry["result"]["text"] for entry in results] == [f"ok {n}" for n in range(5)]
    ledger, store = processes.ledger, processes.store
    assert {(d.state, d.attempts) for d in ledger.documents(listed["job_id"])} == {(DocumentState.SUCCEEDED, 1)}
    no_grace = processes.settings.storage.model_copy(update={"orphan_grace_seconds": 0})
    # Files without an entry in the ledger remain only after a kill before it; the sweep deletes them.
    assert Retention(ledger, store, no_grace).sweep_orphans() == (5 if point == "before-ledger" else 0)


@pytest.mark.parametrize("point", POINTS[1:])
def test_a_recorded_batch_is_finished_without_a_retry_of_the_client(
    processes: Processes, tmp_path: Path, point: str
) -> None:
    with closing(start(processes, point, tmp_path / "mark")) as client:
        with pytest.raises(httpx.TransportError):
            client.post(UPLOAD, json=PAYLOAD)
        for name in ("worker1", "suspect", "scheduler1"):
            processes.start(name)
        processes.wait(lambda: answers(client), 60, "the API answers again")
        (listed,) = client.get("/api/v1/batch").json()["batches"]
        processes.wait(lambda: succeeded(processes, listed["job_id"]) == 5, 90, "finished")
