"""Retention and the orphan sweep: they delete what is expired or unreferenced, and nothing else."""

from __future__ import annotations

import os
import time

import pytest
import redis

from decalogo.api.schemas import BatchStatus
from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.states import NewDocument, Options
from decalogo.connections import connect
from decalogo.retention import Retention
from decalogo.settings import Settings
from decalogo.storage.artifacts import ArtifactStore
from tests.batches.helpers import files, finished_batch


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return open_ledger(settings)


@pytest.fixture
def store(settings: Settings) -> ArtifactStore:
    return ArtifactStore(settings.storage.path)


@pytest.fixture
def retention(ledger: Ledger, store: ArtifactStore, settings: Settings) -> Retention:
    return Retention(ledger, store, settings.storage)


def test_batches_are_deleted_after_the_retention_time(ledger: Ledger, store: ArtifactStore, settings: Settings) -> None:
    finished_batch(ledger, store, "batch_old")
    ledger.admit("batch_running", "t", Options(), [NewDocument("doc_r", "x", "", "00", 4)])
    keep = Retention(ledger, store, settings.storage.model_copy(update={"retention_days": 1}))
    assert keep.delete_expired() == 0
    expire = Retention(ledger, store, settings.storage.model_copy(update={"retention_days": 1e-9}))
    assert expire.delete_expired() == 1
    assert [b.job_id for b in ledger.batches("t")] == ["batch_running"]
    assert files(store) == []


def test_a_retention_of_zero_keeps_batches_for_ever(
    ledger: Ledger, store: ArtifactStore, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DECALOGO_STORAGE__RETENTION_DAYS", "0")
    finished_batch(ledger, store, "batch_kept")

    keep = Retention(ledger, store, settings.storage.model_copy(update={"retention_days": 0}))

    assert Settings().storage.retention_days == 0
    assert keep.delete_expired() == 0
    assert BatchStatus.of(ledger.batches("t")[0], "", 0).expires_at is None


def test_a_batch_that_cannot_be_deleted_stops_neither_the_others_nor_the_sweep(
    ledger: Ledger, store: ArtifactStore, settings: Settings
) -> None:
    for job_id in ("batch_bad", "batch_1", "batch_2"):
        finished_batch(ledger, store, job_id)
    connect(settings.redis, settings.redis.ledger_db).set("document:doc_batch_bad_1", "no hash")
    store.put("documents/doc_nobody", b"an upload cut off before it was admitted")
    times = {"retention_days": 1e-9, "orphan_grace_seconds": -5}
    retention = Retention(ledger, store, settings.storage.model_copy(update=times))
    retention.run()
    assert [b.job_id for b in ledger.batches("t")] == ["batch_bad"]
    assert {name.partition(".")[0].rpartition("/")[2] for name in files(store)} == {
        f"doc_batch_bad_{n}" for n in (0, 1)
    }
    assert retention.delete_expired() == 0
    connect(settings.redis, settings.redis.ledger_db).delete("document:doc_batch_bad_1")
    retention.run()
    assert ledger.batches("t") == []
    assert files(store) == []


def test_retention_stops_when_redis_is_unreachable(store: ArtifactStore, settings: Settings) -> None:
    class Away(Ledger):
        def finished_before(self, age_seconds: float, *, offset: int = 0, limit: int = 100) -> list[str]:
            return ["batch_1", "batch_2"]

        def delete(self, job_id: str, *, finished_for: float | None = None) -> list[str]:
            raise redis.ConnectionError("away")

    away = Away(connect(settings.redis, settings.redis.ledger_db), settings.queue)
    with pytest.raises(redis.ConnectionError):
        Retention(away, store, settings.storage).delete_expired()


def test_a_batch_that_is_retried_in_that_moment_is_kept(store: ArtifactStore, settings: Settings) -> None:
    class RetriedMeanwhile(Ledger):
        def finished_before(self, age_seconds: float, *, offset: int = 0, limit: int = 100) -> list[str]:
            found = super().finished_before(age_seconds, offset=offset, limit=limit)
            self.retry(["doc_c"])
            return found

    ledger = RetriedMeanwhile(connect(settings.redis, settings.redis.ledger_db), settings.queue)
    store.put("documents/doc_c", b"text")
    ledger.admit("batch_c", "t", Options(), [NewDocument("doc_c", "x", "", "00", 4)])
    ledger.cancel(["doc_c"])
    retention = Retention(ledger, store, settings.storage.model_copy(update={"retention_days": 1e-9}))
    assert retention.delete_expired() == 0
    batch = ledger.batch("batch_c")
    assert batch is not None
    assert batch.counts["queued"] == 1
    assert store.exists("documents/doc_c")


def test_nothing_accumulates_from_run_to_run(ledger: Ledger, store: ArtifactStore, settings: Settings) -> None:
    retention = Retention(ledger, store, settings.storage.model_copy(update={"retention_days": 1e-9}))
    client = connect(settings.redis, settings.redis.ledger_db)
    sizes = []
    for number in range(6):
        finished_batch(ledger, store, f"batch_{number}", 5)
        retention.delete_expired()
        # The first expire, and an API of another test may move the second to its audit log.
        kept = [key for key in client.scan_iter() if not key.startswith("completed:") and not key.startswith("audit")]
        sizes.append((sorted(kept), files(store)))
    assert sizes[1:] == sizes[:-1]
    assert all(0 < client.ttl(key) <= 400 for key in client.scan_iter("completed:*"))


def test_the_sweep_deletes_old_orphans_only(retention: Retention, ledger: Ledger, store: ArtifactStore) -> None:
    finished_batch(ledger, store, "batch_s", 1)
    store.put("results/doc_batch_s_0.7.json", b"a late writer's")
    store.put("documents/doc_nobody", b"an upload cut off before it was admitted")
    store.put("documents/doc_new", b"an upload going on now")
    half = store.root / "incoming" / "half"
    half.write_bytes(b"half")
    long_ago = time.time() - 10 * 86_400
    for path in [p for p in store.root.rglob("*") if p.is_file() and p.name != "doc_new"]:
        os.utime(path, (long_ago, long_ago))
    assert retention.sweep_orphans() == 3
    assert len(files(store)) == 4
    assert store.exists("documents/doc_new")
