"""Deletion, retention and sweeping: what is gone is gone from Redis and disk, and nothing else is."""

from __future__ import annotations

import os
import time

import pytest
import redis

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.states import BatchState, DocumentState, Handling, NewDocument, Options
from decalogo.batches.upkeep import Upkeep
from decalogo.connections import connect
from decalogo.settings import Settings
from decalogo.storage.artifacts import ArtifactStore


@pytest.fixture
def ledger(settings: Settings) -> Ledger:
    return open_ledger(settings)


@pytest.fixture
def store(settings: Settings) -> ArtifactStore:
    return ArtifactStore(settings.storage.path)


@pytest.fixture
def upkeep(ledger: Ledger, store: ArtifactStore, settings: Settings) -> Upkeep:
    return Upkeep(ledger, store, settings.storage)


def finished_batch(ledger: Ledger, store: ArtifactStore, job_id: str, count: int = 2) -> list[str]:
    ids = [f"doc_{job_id}_{n}" for n in range(count)]
    for name in ids:
        store.put(f"documents/{name}", b"text")
    ledger.admit(job_id, "t", Options(), [NewDocument(name, "x", "", "00", 4) for name in ids])
    for name in ids:
        claim = ledger.claim(name, f"task-{name}")
        assert claim is not None
        keys = (f"results/{name}.1.json", f"pages/{name}.1.json.gz")
        for key in keys:
            store.put(key, b"{}")
        assert ledger.finish(claim, DocumentState.SUCCEEDED, result_key=keys[0], pages_key=keys[1])
    return ids


def files(store: ArtifactStore) -> list[str]:
    return sorted(str(p.relative_to(store.root)) for p in store.root.rglob("*") if p.is_file())


def test_a_deleted_batch_is_gone_from_redis_and_from_disk(
    upkeep: Upkeep, ledger: Ledger, store: ArtifactStore, settings: Settings
) -> None:
    finished_batch(ledger, store, "batch_gone")
    assert upkeep.delete("batch_gone") == 2
    assert files(store) == []
    client = connect(settings.redis, settings.redis.ledger_db)
    assert [key for key in client.scan_iter() if "gone" in key] == []
    assert client.zcard("finished") == 0
    assert ledger.batches("t") == []


def test_deleting_one_batch_leaves_the_others(upkeep: Upkeep, ledger: Ledger, store: ArtifactStore) -> None:
    finished_batch(ledger, store, "batch_a")
    finished_batch(ledger, store, "batch_b")
    upkeep.delete("batch_a")
    assert [b.job_id for b in ledger.batches("t")] == ["batch_b"]
    assert len(files(store)) == 6


def test_an_attempt_on_a_deleted_document_is_refused(upkeep: Upkeep, ledger: Ledger) -> None:
    ledger.admit("batch_x", "t", Options(), [NewDocument("doc_x", "x", "", "00", 4)])
    claim = ledger.claim("doc_x", "task")
    assert claim is not None
    upkeep.delete("batch_x")
    assert not ledger.finish(claim, DocumentState.SUCCEEDED, result_key="results/doc_x.1.json")
    assert ledger.batch("batch_x") is None
    assert ledger.document("doc_x") is None


def test_a_cancelled_batch_is_finished_and_can_be_retried(upkeep: Upkeep, ledger: Ledger) -> None:
    names = ["doc_1", "doc_2", "doc_3"]
    ledger.admit("batch_c", "t", Options(), [NewDocument(n, "x", "", "00", 4) for n in names])
    claim = ledger.claim("doc_1", "task")
    assert claim is not None
    assert upkeep.cancel("batch_c") == 3
    assert upkeep.cancel("batch_c") == 0
    assert not ledger.finish(claim, DocumentState.SUCCEEDED, result_key="results/late")
    batch = ledger.batch("batch_c")
    assert batch is not None
    assert (batch.state, batch.counts["cancelled"]) == (BatchState.FINISHED, 3)
    assert upkeep.retry("batch_c") == names
    batch = ledger.batch("batch_c")
    assert batch is not None
    assert (batch.state, batch.counts["queued"], batch.finished_at) == (BatchState.QUEUED, 3, 0)


def test_retention_deletes_what_finished_long_ago(ledger: Ledger, store: ArtifactStore, settings: Settings) -> None:
    finished_batch(ledger, store, "batch_old")
    ledger.admit("batch_running", "t", Options(), [NewDocument("doc_r", "x", "", "00", 4)])
    keep = Upkeep(ledger, store, settings.storage.model_copy(update={"retention_days": 1}))
    assert keep.apply_retention() == 0
    expire = Upkeep(ledger, store, settings.storage.model_copy(update={"retention_days": 0.0}))
    assert expire.apply_retention() == 1
    assert [b.job_id for b in ledger.batches("t")] == ["batch_running"]
    assert files(store) == []


def test_a_batch_that_cannot_be_deleted_stops_neither_the_others_nor_the_sweep(
    ledger: Ledger, store: ArtifactStore, settings: Settings
) -> None:
    for job_id in ("batch_bad", "batch_1", "batch_2"):
        finished_batch(ledger, store, job_id)
    connect(settings.redis, settings.redis.ledger_db).set("document:doc_batch_bad_1", "no hash")
    store.put("documents/doc_nobody", b"an upload cut off before it was admitted")
    times = {"retention_days": 0.0, "orphan_grace_seconds": -5}
    upkeep = Upkeep(ledger, store, settings.storage.model_copy(update=times))
    upkeep.run()
    assert [b.job_id for b in ledger.batches("t")] == ["batch_bad"]
    assert {name.partition(".")[0].rpartition("/")[2] for name in files(store)} == {"doc_batch_bad_1"}
    assert upkeep.apply_retention() == 0
    connect(settings.redis, settings.redis.ledger_db).delete("document:doc_batch_bad_1")
    upkeep.run()
    assert ledger.batches("t") == []
    assert files(store) == []


def test_retention_ends_when_redis_is_away(store: ArtifactStore, settings: Settings) -> None:
    class Away(Ledger):
        def finished_before(self, age_seconds: float, *, offset: int = 0, limit: int = 100) -> list[str]:
            return ["batch_1", "batch_2"]

        def forget(self, job_id: str, *, finished_for: float | None = None) -> list[tuple[str, str, str]]:
            raise redis.ConnectionError("away")

    away = Away(connect(settings.redis, settings.redis.ledger_db), settings.queue)
    with pytest.raises(redis.ConnectionError):
        Upkeep(away, store, settings.storage).apply_retention()


def test_retention_leaves_a_batch_alone_that_is_retried_in_that_moment(
    store: ArtifactStore, settings: Settings
) -> None:
    class RetriedMeanwhile(Ledger):
        def finished_before(self, age_seconds: float, *, offset: int = 0, limit: int = 100) -> list[str]:
            found = super().finished_before(age_seconds, offset=offset, limit=limit)
            self.revive(["doc_c"])
            return found

    ledger = RetriedMeanwhile(connect(settings.redis, settings.redis.ledger_db), settings.queue)
    store.put("documents/doc_c", b"text")
    ledger.admit("batch_c", "t", Options(), [NewDocument("doc_c", "x", "", "00", 4)])
    ledger.cancel(["doc_c"])
    upkeep = Upkeep(ledger, store, settings.storage.model_copy(update={"retention_days": 0.0}))
    assert upkeep.apply_retention() == 0
    batch = ledger.batch("batch_c")
    assert batch is not None
    assert batch.counts["queued"] == 1
    assert store.exists("documents/doc_c")


def test_only_a_batch_that_has_been_finished_for_so_long_is_forgotten(ledger: Ledger, store: ArtifactStore) -> None:
    ids = finished_batch(ledger, store, "batch_f")
    assert ledger.forget("batch_f", finished_for=60) == []
    assert [name for name, *_ in ledger.forget("batch_f", finished_for=0)] == ids


def test_deleting_an_old_batch_leaves_its_idempotency_key_to_a_newer_one(
    upkeep: Upkeep, ledger: Ledger, settings: Settings
) -> None:
    client = connect(settings.redis, settings.redis.ledger_db)
    for number, job_id in enumerate(("batch_old", "batch_new")):
        client.delete("idempotency:abc")  # a day has passed
        document = NewDocument(f"doc_{number}", "x", "", "00", 4)
        ledger.admit(job_id, "t", Options(), [document], handling=Handling("", "idempotency:abc", "mark"))
    upkeep.delete("batch_old")
    assert client.get("idempotency:abc") == "batch_new mark"
    upkeep.delete("batch_new")
    assert not client.exists("idempotency:abc")


def test_nothing_grows_from_round_to_round(ledger: Ledger, store: ArtifactStore, settings: Settings) -> None:
    upkeep = Upkeep(ledger, store, settings.storage.model_copy(update={"retention_days": 0.0}))
    client = connect(settings.redis, settings.redis.ledger_db)
    sizes = []
    for number in range(6):
        finished_batch(ledger, store, f"batch_{number}", 5)
        upkeep.apply_retention()
        kept = [key for key in client.scan_iter() if not key.startswith("drained:")]  # these expire by themselves
        sizes.append((sorted(kept), files(store)))
    assert sizes[1:] == sizes[:-1]
    assert all(0 < client.ttl(key) <= 400 for key in client.scan_iter("drained:*"))


def test_the_sweep_takes_old_orphans_only(upkeep: Upkeep, ledger: Ledger, store: ArtifactStore) -> None:
    finished_batch(ledger, store, "batch_s", 1)
    store.put("results/doc_batch_s_0.7.json", b"a late writer's")
    store.put("documents/doc_nobody", b"an upload cut off before it was admitted")
    store.put("documents/doc_new", b"an upload going on now")
    half = store.root / "incoming" / "half"
    half.write_bytes(b"half")
    long_ago = time.time() - 10 * 86_400
    for path in [p for p in store.root.rglob("*") if p.is_file() and p.name != "doc_new"]:
        os.utime(path, (long_ago, long_ago))
    assert upkeep.sweep() == 3
    assert len(files(store)) == 4
    assert store.exists("documents/doc_new")
