"""Redis killed, frozen, out of memory or with a truncated log: work continues and no accepted document is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.queues import NORMAL
from decalogo.batches.states import BatchState, Document, DocumentState, NewDocument, Options
from decalogo.connections import connect
from decalogo.errors import UnavailableError
from decalogo.ids import new_id
from decalogo.settings import QueueSettings
from decalogo.storage.artifacts import ArtifactStore
from tests.faults.processes import Processes

pytestmark = pytest.mark.timeout(900)


def submit(processes: Processes, text: str, count: int) -> str:
    ledger, store = open_ledger(processes.settings), ArtifactStore(processes.settings.storage.path)
    documents = []
    for _ in range(count):
        document_id = new_id("doc")
        store.put(f"documents/{document_id}", text.encode())
        documents.append(NewDocument(document_id, "x", "", "00", len(text)))
    job_id = new_id("batch")
    ledger.admit(job_id, "tests", Options(), documents)
    return job_id


def finish(processes: Processes, job_id: str, seconds: float = 90) -> list[Document]:
    ledger = open_ledger(processes.settings)

    def done() -> bool:
        processes.heal()
        return counts(ledger, job_id)["queued"] + counts(ledger, job_id)["running"] == 0

    processes.wait(done, seconds, "finished")
    return ledger.documents(job_id, limit=10_000)


def counts(ledger: Ledger, job_id: str) -> dict[str, int]:
    batch = ledger.batch(job_id)
    assert batch is not None
    return dict(batch.counts)


def test_a_killed_redis_only_delays_the_work(processes: Processes) -> None:
    processes.start_all()
    job_id = submit(processes, "sleep 0.1", 120)
    ledger = open_ledger(processes.settings)
    for _ in range(3):
        before = counts(ledger, job_id)["succeeded"]
        processes.wait(lambda b=before: counts(ledger, job_id)["succeeded"] > min(b + 5, 119), 60, "work continues")  # type: ignore[misc]
        processes.signal("redis", signal.SIGKILL)
        processes.running["redis"].wait(60)
        processes.heal()
    assert {d.state for d in finish(processes, job_id)} == {DocumentState.SUCCEEDED}


def test_an_admitted_batch_survives_an_immediate_kill_of_redis(processes: Processes) -> None:
    processes.start("redis")
    for _ in range(10):
        job_id = submit(processes, "ok", 3)
        processes.signal("redis", signal.SIGKILL)
        processes.running["redis"].wait(60)
        processes.heal()
        assert counts(open_ledger(processes.settings), job_id)["queued"] == 3


def test_a_frozen_redis_makes_no_document_dead(processes: Processes) -> None:
    processes.start_all()
    job_id = submit(processes, "sleep 0.3", 30)
    ledger = open_ledger(processes.settings)
    processes.wait(lambda: counts(ledger, job_id)["succeeded"] > 3, 60, "running")
    processes.signal("redis", signal.SIGSTOP)
    time.sleep(3 * processes.settings.queue.lease_seconds)
    processes.signal("redis", signal.SIGCONT)
    documents = finish(processes, job_id)
    assert {d.state for d in documents} == {DocumentState.SUCCEEDED}
    assert max(d.attempts for d in documents) <= 2


def test_redis_frozen_for_thirty_seconds_with_the_default_lease_loses_and_duplicates_nothing(tmp_path: Path) -> None:
    processes = Processes(tmp_path / "whole", lease_seconds=QueueSettings().lease_seconds)  # type: ignore[call-arg]
    try:
        processes.start_all()
        ledger, store = processes.ledger, processes.store
        job_id = submit(processes, "sleep 0.2", 200)
        processes.wait(lambda: counts(ledger, job_id)["succeeded"] > 3, 60, "first results")
        processes.wait(lambda: counts(ledger, job_id)["running"] > 0, 60, "running")
        before = {name: process.pid for name, process in processes.running.items()}
        processes.signal("redis", signal.SIGSTOP)
        time.sleep(30)
        thawed = time.time()
        processes.signal("redis", signal.SIGCONT)
        documents = finish(processes, job_id, 300)
        assert {d.state for d in documents} == {DocumentState.SUCCEEDED}
        assert {d.result_key for d in documents} == {f"results/{d.document_id}.{d.attempts}.json" for d in documents}
        assert len(list((store.root / "results").rglob("*.json"))) == len(documents)
        # Workers that could not renew get one lease to do so. Only a claim whose reply came after its process stopped
        # waiting may expire: at most one for each of the four processes. Such a claim may have been executed before the
        # freeze, so times count from the end of the freeze.
        losses = [loss for d in documents for loss in d.losses]
        assert len(losses) <= 4
        assert all(loss["cause"] == "lease-expired" and -0.01 < loss["ended_at"] - thawed < 90 for loss in losses)
        # No process was restarted: workers resumed by themselves.
        assert {name: process.pid for name, process in processes.running.items()} == before
    finally:
        processes.stop_all()


def test_a_message_delivered_ten_times_under_three_schedulers_gives_one_result(processes: Processes) -> None:
    for name in ("redis", "scheduler1", "scheduler2", "scheduler3"):
        processes.start(name)
    job_id = submit(processes, "sleep 0.1", 20)
    broker = connect(processes.settings.redis, processes.settings.redis.broker_db)
    # A scheduler that takes longer than the grace period for its first messages is helped by another one.
    processes.wait(lambda: int(broker.llen(NORMAL)) >= 20, 60, "each is published")
    messages = broker.lrange(NORMAL, 0, -1)
    for message in messages:
        broker.rpush(NORMAL, *[message] * 9)
    for name in ("worker1", "worker2", "suspect"):
        processes.start(name)
    documents = finish(processes, job_id)
    assert {(d.state, d.attempts) for d in documents} == {(DocumentState.SUCCEEDED, 1)}
    processes.wait(lambda: int(broker.llen(NORMAL)) == 0, 60, "the copies are consumed")
    assert {d.attempts for d in processes.ledger.documents(job_id)} == {1}


def test_an_append_only_file_truncated_in_its_last_write_is_loaded(processes: Processes) -> None:
    processes.start("redis")
    first, second = submit(processes, "ok", 3), submit(processes, "ok", 3)
    processes.signal("redis", signal.SIGKILL)
    processes.running["redis"].wait(60)
    (log,) = (processes.folder / "redis" / "appendonlydir").glob("*.incr.aof")
    log.write_bytes(log.read_bytes()[:-7])
    processes.heal()
    ledger = open_ledger(processes.settings)
    assert counts(ledger, first)["queued"] == 3
    assert ledger.batch(second) is None or counts(ledger, second)["queued"] == 3


def test_an_append_only_file_damaged_in_the_middle_is_not_loaded(processes: Processes) -> None:
    processes.start("redis")
    for _ in range(3):
        submit(processes, "ok", 3)
    processes.signal("redis", signal.SIGKILL)
    processes.running["redis"].wait(60)
    (log,) = (processes.folder / "redis" / "appendonlydir").glob("*.incr.aof")
    content = bytearray(log.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 64] = bytes(64)
    log.write_bytes(content)
    opened = subprocess.run(processes.commands["redis"], check=False, capture_output=True, timeout=120)
    assert opened.returncode != 0
    assert b"Bad file format" in opened.stdout


def test_redis_out_of_memory_rejects_uploads_and_finishes_accepted_documents(processes: Processes) -> None:
    processes.start_all()
    job_id = submit(processes, "sleep 0.2", 40)
    with redis.Redis(port=processes.settings.redis.port, db=9) as client:
        client.config_set("maxmemory", int(client.info("memory")["used_memory"]) + (40 << 20))
        for n in range(36):
            client.set(f"ballast{n}", b"x" * (1 << 20))
        with pytest.raises(UnavailableError) as rejected:
            submit(processes, "ok", 1)
        assert rejected.value.extra["limit"] == "redis-memory"
        assert {d.state for d in finish(processes, job_id)} == {DocumentState.SUCCEEDED}
        client.flushdb()
    again = open_ledger(processes.settings)

    def admitted() -> bool:
        try:
            again.check_admission("tests")
        except UnavailableError:
            return False
        return True

    processes.wait(admitted, 30, "admission opens again by itself")


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk for Redis")
def test_a_full_disk_under_redis_stops_it_and_loses_nothing(processes: Processes) -> None:
    disk = processes.folder / "redis"
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], check=True)
    try:
        processes.start("redis")
        accepted = [submit(processes, "ok", 3) for _ in range(5)]
        ballast = disk / "ballast"
        with ballast.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(b"x" * 4096)
        with suppress(redis.RedisError, UnavailableError):  # rejected, or the connection breaks
            for _ in range(50):
                accepted.append(submit(processes, "ok " + "y" * 1000, 3))
        ballast.unlink()
        if processes.running["redis"].poll() is None:
            processes.signal("redis", signal.SIGKILL)
            processes.running["redis"].wait(60)
        processes.start_all()
        for job_id in accepted:
            assert {d.state for d in finish(processes, job_id)} == {DocumentState.SUCCEEDED}
    finally:
        processes.stop_all()
        subprocess.run(["umount", str(disk)], check=True)


def test_twenty_killed_workers_under_load_lose_no_document(processes: Processes) -> None:
    processes.start_all()
    job_id = submit(processes, "ok", 600)
    ledger = open_ledger(processes.settings)
    for n in range(20):
        name = ("worker1", "worker2")[n % 2]
        processes.wait(lambda: bool(ledger.live_workers()), 60, "a worker lives")
        time.sleep(0.35)
        processes.signal(name, signal.SIGKILL)
        processes.running[name].wait(60)
        processes.heal()
    documents = finish(processes, job_id, 120)
    assert {d.state for d in documents} == {DocumentState.SUCCEEDED}
    assert ledger.batch(job_id).state is BatchState.FINISHED  # type: ignore[union-attr]
