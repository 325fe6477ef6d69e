"""Accepted documents reach a terminal state, whatever dies: real workers, real faults."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from celery import Celery

from decalogo.batches.queues import QUEUES, WORK_QUEUES
from decalogo.batches.states import DocumentState, Priority
from decalogo.connections import connect
from tests.worker.conftest import Appliance

pytestmark = pytest.mark.timeout(900)


def test_documents_are_evaluated_and_their_results_stored(appliance: Appliance) -> None:
    appliance.start("scheduler")
    appliance.start("worker", "--concurrency", "2")
    job_id, _ = appliance.submit(["ok"] * 20 + ["damaged"])
    documents = appliance.wait_finished(job_id)
    assert [d.state for d in documents[:20]] == [DocumentState.SUCCEEDED] * 20
    for document in documents[:20]:
        assert json.loads(appliance.store.read(document.result_key))["text"] == "ok"
    assert documents[20].state is DocumentState.FAILED
    assert documents[20].problem is not None
    assert documents[20].problem["type"] == "/problems/document-damaged"


def test_a_running_worker_reports_its_settings_and_queues(appliance: Appliance) -> None:
    worker = appliance.start("worker", "--concurrency", "3")
    appliance.wait(lambda: bool(appliance.ledger.live_workers()), 60, "worker alive")
    client = Celery(broker=appliance.settings.redis.url(appliance.settings.redis.broker_db))
    appliance.wait(lambda: bool(client.control.ping(timeout=1)), 60, "it answers remote control after it is alive")
    inspect = client.control.inspect(timeout=5)

    def told(ask: Callable[[], dict[str, Any] | None]) -> Any:
        answers: list[dict[str, Any]] = []
        appliance.wait(lambda: bool(answers.append(ask() or {}) or answers[-1]), 60, "it answers")  # type: ignore[func-returns-value]
        (answer,) = answers[-1].values()
        return answer

    conf = told(inspect.conf)
    expected = {
        "task_serializer": "json", "accept_content": ["json"], "timezone": "UTC", "enable_utc": True,
        "task_track_started": True, "task_time_limit": 3600, "task_soft_time_limit": 3300, "task_acks_late": True,
        "task_reject_on_worker_lost": False, "worker_prefetch_multiplier": 1, "worker_disable_prefetch": True,
        "worker_max_tasks_per_child": 1000, "task_default_queue": "decalogo_batch_tasks", "task_ignore_result": True,
    }  # fmt: skip
    assert {name: conf[name] for name in expected} == expected
    stats = told(inspect.stats)
    assert (stats["pid"], stats["pool"]["max-concurrency"]) == (worker.pid, 3)
    assert {queue["name"] for queue in told(inspect.active_queues)} == set(WORK_QUEUES)


def test_an_unexpected_error_ends_as_a_dead_letter_with_its_message(appliance: Appliance) -> None:
    appliance.start("scheduler")
    appliance.start("worker", "--concurrency", "1")
    appliance.start("worker", "--concurrency", "1", "--queues", "suspect")
    job_id, _ = appliance.submit(["raise", "ok"])
    raised, fine = appliance.wait_finished(job_id)
    assert fine.state is DocumentState.SUCCEEDED
    assert raised.state is DocumentState.DEAD
    assert raised.attempts == 3
    assert raised.problem is not None
    assert "an error nobody foresaw" in raised.problem["detail"]


def test_a_killed_process_only_delays_its_document(appliance: Appliance) -> None:
    appliance.start("scheduler")
    appliance.start("worker", "--concurrency", "2")
    appliance.start("worker", "--concurrency", "1", "--queues", "suspect")
    job_id, _ = appliance.submit([f"kill-once {appliance.folder / 'mark'}", "ok"])
    once, other = appliance.wait_finished(job_id)
    assert (once.state, once.attempts) == (DocumentState.SUCCEEDED, 2)
    assert (other.state, other.attempts) == (DocumentState.SUCCEEDED, 1)


def test_a_killed_worker_loses_no_document(appliance: Appliance) -> None:
    appliance.start("scheduler")
    first = appliance.start("worker", "--concurrency", "2")
    marks = [appliance.folder / "mark0", appliance.folder / "mark1"]
    job_id, _ = appliance.submit([*(f"hang-once {mark}" for mark in marks), *["ok"] * 6])
    appliance.wait(lambda: all(mark.exists() for mark in marks), 60, "both processes run")
    os.killpg(first.pid, signal.SIGKILL)
    appliance.start("worker", "--concurrency", "2")
    appliance.start("worker", "--concurrency", "1", "--queues", "suspect")
    documents = appliance.wait_finished(job_id)
    assert {d.state for d in documents} == {DocumentState.SUCCEEDED}
    assert [d.attempts for d in documents[:2]] == [2, 2]


def test_the_late_result_of_a_frozen_worker_is_fenced(appliance: Appliance) -> None:
    appliance.start("scheduler")
    frozen = appliance.start("worker", "--concurrency", "1")
    job_id, (document_id,) = appliance.submit(["sleep 10"])
    appliance.wait_running(document_id)
    os.killpg(frozen.pid, signal.SIGSTOP)
    appliance.start("worker", "--concurrency", "1", "--queues", "suspect")
    (document,) = appliance.wait_finished(job_id)
    assert document.attempts == 2
    os.killpg(frozen.pid, signal.SIGCONT)
    log = appliance.folder / "worker1.log"
    # The result is fenced, unless the parent process first ends the process that no longer owns a document.
    ended = ('"fenced"', "no longer wanted")
    appliance.wait(lambda: any(mark in log.read_text() for mark in ended), 60, "the late attempt ended")
    after = appliance.ledger.document(document_id)
    assert after is not None
    assert (after.result_key, after.state) == (document.result_key, DocumentState.SUCCEEDED)
    assert not appliance.store.exists(f"results/{document_id}.1.json")


def test_a_stopped_worker_returns_documents_it_cannot_finish(appliance: Appliance) -> None:
    queue = appliance.settings.queue.model_copy(update={"lease_seconds": 30.0})  # no pause outlasts it
    appliance.settings = appliance.settings.model_copy(update={"queue": queue})
    appliance.start("scheduler")
    first = appliance.start("worker", "--concurrency", "1")
    mark = appliance.folder / "mark"
    job_id, _ = appliance.submit([f"hang-once {mark}"])
    appliance.wait(mark.exists, 60, "the process runs it")
    first.terminate()
    assert first.wait(100) == 0
    appliance.start("worker", "--concurrency", "1")
    (document,) = appliance.wait_finished(job_id)
    assert (document.state, document.attempts) == (DocumentState.SUCCEEDED, 2)


def published(appliance: Appliance, contents: dict[Priority, int]) -> dict[Priority, str]:
    """Admit documents of each priority and wait until all are in the broker's lists."""
    jobs = {priority: appliance.submit(["ok"] * count, priority)[0] for priority, count in contents.items()}
    appliance.start("scheduler")
    broker = connect(appliance.settings.redis, appliance.settings.redis.broker_db)
    total = sum(contents.values())
    appliance.wait(lambda: sum(broker.llen(name) for name in QUEUES) == total, 60, "published")
    return jobs


def test_higher_priorities_go_first(appliance: Appliance) -> None:
    jobs = published(appliance, {Priority.LOW: 4, Priority.NORMAL: 4, Priority.HIGH: 4})
    appliance.start("worker", "--concurrency", "1")
    done = {priority: appliance.wait_finished(job_id) for priority, job_id in jobs.items()}
    assert max(d.finished_at for d in done[Priority.HIGH]) < min(d.started_at for d in done[Priority.NORMAL])
    assert max(d.finished_at for d in done[Priority.NORMAL]) < min(d.started_at for d in done[Priority.LOW])


def test_the_health_of_worker_and_scheduler_follows_their_progress(appliance: Appliance) -> None:
    worker = appliance.start("worker", "--concurrency", "1")
    home = Path(appliance.folder / "worker0" / "decalogo-worker.heartbeat")
    appliance.wait(home.exists, 60, "first heartbeat")
    before = home.stat().st_mtime
    appliance.wait(lambda: home.stat().st_mtime > before, 60, "the heartbeat moves")
    os.kill(worker.pid, signal.SIGSTOP)
    assert appliance.ledger.live_workers()
    appliance.wait(lambda: not appliance.ledger.live_workers(), 60, "the ledger reports it as silent")
