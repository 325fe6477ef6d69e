"""A worker whose open connection delivers no messages stops itself, and its successor does the work.

A worker that is idle because Redis is frozen keeps running.
"""

from __future__ import annotations

import time

import pytest

from decalogo.batches.queues import NORMAL
from decalogo.batches.states import DocumentState
from decalogo.connections import connect
from tests.faults.deaf_redis import DeafRedis
from tests.worker.conftest import Appliance

pytestmark = pytest.mark.timeout(900)
LIMIT_SECONDS = 4.0


def go_through(between: DeafRedis, appliance: Appliance) -> None:
    """Route the workers through the proxy, with a short limit of the watchdog."""
    direct = appliance.settings
    queue = direct.queue.model_copy(update={"watchdog_seconds": LIMIT_SECONDS})
    redis = direct.redis.model_copy(update={"port": between.port})
    appliance.settings = direct.model_copy(update={"redis": redis, "queue": queue})


def test_a_connected_worker_that_gets_no_messages_is_restarted(appliance: Appliance) -> None:
    appliance.start("scheduler")
    between = DeafRedis(appliance.settings.redis.port)
    try:
        go_through(between, appliance)
        worker = appliance.start("worker", "--concurrency", "1")
        job_id, _ = appliance.submit(["ok"] * 3)
        appliance.wait_finished(job_id)
        between.deaf.set()
        appliance.wait(lambda: bool(between.swallowed), 30, "the consumer's connection is swallowed")
        job_id, _ = appliance.submit(["ok"] * 3)
        appliance.wait(lambda: worker.poll() is not None, 60, "the watchdog ends the worker")
        log = (appliance.folder / "worker1.log").read_text()
        assert "worker is idle while messages wait" in log
        assert "Traceback" not in log
        assert {d.attempts for d in appliance.ledger.documents(job_id)} == {0}
        between.deaf.clear()
        appliance.start("worker", "--concurrency", "1")  # what the restart policy does
        documents = appliance.wait_finished(job_id)
        assert {(d.state, d.attempts) for d in documents} == {(DocumentState.SUCCEEDED, 1)}
    finally:
        between.close()


def test_a_worker_that_was_idle_when_redis_froze_is_not_stopped(appliance: Appliance) -> None:
    broker = connect(appliance.settings.redis, appliance.settings.redis.broker_db)
    appliance.start("scheduler")
    job_id, _ = appliance.submit(["ok"] * 3)
    appliance.wait(lambda: int(broker.llen(NORMAL)) >= 3, 60, "messages wait before the worker starts")
    between = DeafRedis(appliance.settings.redis.port)
    try:
        go_through(between, appliance)
        between.deaf.set()  # so that it is still idle when Redis freezes
        worker = appliance.start("worker", "--concurrency", "1")
        # The watchdog observes at the start, before the first request for a message: idle while messages wait.
        appliance.wait(lambda: bool(between.swallowed), 60, "the worker asks for a message")
        between.awake.clear()
        time.sleep(LIMIT_SECONDS + 1)
        between.hear()
        between.awake.set()
        documents = appliance.wait_finished(job_id)
        assert {(d.state, d.attempts) for d in documents} == {(DocumentState.SUCCEEDED, 1)}
        assert worker.poll() is None
        assert "worker is idle while messages wait" not in (appliance.folder / "worker1.log").read_text()
    finally:
        between.close()
