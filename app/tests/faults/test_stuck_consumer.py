"""A worker whose connection is open and brings nothing any more: it ends itself, and its successor does the work."""

from __future__ import annotations

import pytest

from decalogo.batches.states import DocumentState
from tests.faults.deaf_redis import DeafRedis
from tests.queue.conftest import Appliance

pytestmark = pytest.mark.timeout(200)
PATIENCE = 4.0


def test_a_worker_that_is_connected_and_takes_nothing_is_restarted(appliance: Appliance) -> None:
    appliance.start("scheduler")
    between = DeafRedis(appliance.settings.redis.port)
    try:
        direct = appliance.settings
        queue = direct.queue.model_copy(update={"watchdog_seconds": PATIENCE})
        through = direct.redis.model_copy(update={"port": between.port})
        appliance.settings = direct.model_copy(update={"redis": through, "queue": queue})
        worker = appliance.start("worker", "--concurrency", "1")
        job_id, _ = appliance.submit(["ok"] * 3)
        appliance.wait_finished(job_id, 60)
        between.deaf.set()
        appliance.wait(lambda: between.swallowed > 0, 30, "the consumer's connection is swallowed")
        job_id, _ = appliance.submit(["ok"] * 3)
        appliance.wait(lambda: worker.poll() is not None, 60, "the watchdog ends the worker")
        log = (appliance.folder / "worker1.log").read_text()
        assert "idle while work waits" in log
        assert {d.attempts for d in appliance.ledger.documents(job_id)} == {0}
        between.deaf.clear()
        appliance.start("worker", "--concurrency", "1")  # what the restart policy does
        documents = appliance.wait_finished(job_id, 60)
        assert {(d.state, d.attempts) for d in documents} == {(DocumentState.SUCCEEDED, 1)}
    finally:
        between.close()
