"""What is done through the API leaves a record that is on disk: who, from where, which document."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from decalogo.access.tokens import Scope, Tier
from decalogo.api.services import Services
from decalogo.audit.files import Record
from decalogo.audit.log import AuditLog
from decalogo.audit.pending import move_pending
from decalogo.connections import connect
from decalogo.errors import UnavailableError
from decalogo.retention import Retention
from decalogo.settings import Settings
from tests.api.conftest import problem, wait_until
from tests.api.working import PLAN, evaluated


def actions(services: Services) -> list[str]:
    """Return what was recorded, without uploads, whose records come within seconds."""
    return [record["action"] for record in services.audit_log.records() if record["action"] != "batch.upload"]


def of(services: Services, action: str) -> dict[str, Any]:
    """Return the one record of an action, as soon as it is in the log."""
    wait_until(lambda: any(record["action"] == action for record in services.audit_log.records()), 60)
    (found,) = (record for record in services.audit_log.records() if record["action"] == action)
    return found


def test_an_upload_is_recorded_with_the_hashes_of_its_documents(client: httpx.Client, services: Services) -> None:
    job, document = evaluated(client, services)
    found = of(services, "batch.upload")
    assert found["batch"] == job
    assert found["sha256"] == {document: hashlib.sha256(PLAN.encode()).hexdigest()}
    assert (found["who"], found["tenant"], found["address"]) == ("test", "alcaldia", "127.0.0.1")
    # The head of a new log follows its first record.
    wait_until(lambda: services.audit_log.verify().problem == "", 60)


def test_a_large_upload_has_one_hash_of_its_list(services: Services, serve: Callable[..., httpx.Client]) -> None:
    client = serve(tier="premium")
    files = [("files", (f"{n}.txt", f"Programa {n}".encode())) for n in range(60)]
    assert client.post("/api/v1/batch/upload", files=files).status_code == 202
    found = of(services, "batch.upload")
    assert found["documents"] == 60
    assert len(found["list_sha256"]) == 64
    assert "sha256" not in found


def test_reads_of_results_reports_originals_and_texts_are_recorded(client: httpx.Client, services: Services) -> None:
    job, document = evaluated(client, services)
    for path in (
        f"documents/{document}/result",
        f"documents/{document}/result?format=html",
        f"documents/{document}/summary",
        f"documents/{document}/file",
        f"documents/{document}/pages/1",
        f"documents/{document}/reviewed",
        f"batch/{job}/results?format=zip",
        f"batch/{job}/labels",
        f"batch/{job}/search?q=mujeres",
    ):
        assert client.get(f"/api/v1/{path}").status_code == 200, path
    found = [(r["action"], r.get("format")) for r in services.audit_log.records() if r["action"] != "batch.upload"]
    assert found == [
        ("result.read", "json"),
        ("result.read", "html"),
        ("summary.read", "docx"),
        ("original.read", None),
        ("document.read", None),
        ("reviewed.read", None),
        ("results.read", "zip"),
        ("labels.read", None),
        ("batch.search", None),
    ]


def test_repeated_reads_are_one_record_within_the_interval(client: httpx.Client, services: Services) -> None:
    _, document = evaluated(client, services)
    for _ in range(5):
        assert client.get(f"/api/v1/documents/{document}/result").status_code == 200
    assert actions(services).count("result.read") == 1


def test_without_an_interval_each_read_is_recorded(services: Services, serve: Callable[..., httpx.Client]) -> None:
    audit = services.settings.audit.model_copy(update={"read_interval_seconds": 0})
    every = replace(services, settings=services.settings.model_copy(update={"audit": audit}))
    client = serve(services=every)
    _, document = evaluated(client, every)
    for _ in range(3):
        client.get(f"/api/v1/documents/{document}/result")
    assert actions(services).count("result.read") == 3


def test_what_is_not_shown_is_not_recorded_as_read(
    client: httpx.Client, services: Services, serve: Callable[..., httpx.Client]
) -> None:
    _, document = evaluated(client, services)
    before = actions(services)
    other = serve(tenant="other")
    for path in ("result", "file", "summary", "pages/1", "reviewed"):
        problem(other.get(f"/api/v1/documents/{document}/{path}"), 404, "not-found")
    assert actions(services) == before


def test_changes_are_recorded(client: httpx.Client, services: Services) -> None:
    job, document = evaluated(client, services)
    client.patch(f"/api/v1/documents/{document}", json={"metadata": {"name": "Florencia"}})
    client.post(f"/api/v1/documents/{document}/retry")
    client.post(f"/api/v1/batch/{job}/cancel")
    client.delete(f"/api/v1/batch/{job}")
    assert actions(services) == ["document.describe", "document.retry", "batch.cancel", "batch.delete"]
    assert "Florencia" not in "".join(path.read_text() for path in services.settings.audit.path.glob("*.jsonl"))


def test_a_batch_that_retention_deletes_is_recorded_once(client: httpx.Client, services: Services) -> None:
    job, _ = evaluated(client, services)
    expire = services.settings.storage.model_copy(update={"retention_days": 1e-9})
    Retention(services.ledger, services.store, expire).delete_expired()
    found = of(services, "retention.delete")
    assert (found["batch"], found["documents"], found["tenant"]) == (job, 1, "alcaldia")


@pytest.fixture
def waiting_list(settings: Settings) -> redis.Redis:
    """Return a connection to a database in which no server of another test moves the waiting records."""
    return connect(settings.redis, 9)


def test_a_record_that_was_written_before_a_crash_is_not_written_again(
    waiting_list: redis.Redis, tmp_path: Path
) -> None:
    log = AuditLog(tmp_path / "log")
    waiting = [f'{{"action":"batch.upload","batch":"batch_{number}","time":{number}.5}}' for number in range(450)]
    waiting_list.rpush("audit", *waiting)
    log.write("batch.upload", batch="batch_0", time=0.5)  # the process died before it shortened the list
    log.write("session.begin")
    assert move_pending(waiting_list, log) == 450
    assert [record["batch"] for record in log.records() if "batch" in record] == [f"batch_{n}" for n in range(450)]
    assert next(record["time"] for record in log.records() if record.get("batch") == "batch_7") == 7.5
    assert log.verify().problem == ""
    assert (waiting_list.llen("audit"), waiting_list.exists("audit:moving")) == (0, 0)


def test_two_processes_that_move_records_together_lose_none(
    waiting_list: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = AuditLog(tmp_path / "log")
    waiting_list.rpush("audit", *(f'{{"action":"batch.upload","batch":"batch_{n}","time":{n}.5}}' for n in range(3)))
    write_all = AuditLog.write_all

    def stopped_past_the_lock(log: AuditLog, records: Sequence[Mapping[str, object]]) -> list[Record]:
        monkeypatch.undo()
        written = write_all(log, records)
        waiting_list.delete("audit:moving")  # its time is over; the other process moves the same records, and two more
        waiting_list.rpush("audit", *(f'{{"action":"batch.delete","batch":"batch_{n}","time":9.5}}' for n in range(2)))
        assert move_pending(waiting_list, log) == 5
        waiting_list.rpush("audit", *(f'{{"action":"batch.close","batch":"batch_{n}","time":9.5}}' for n in range(2)))
        return written

    monkeypatch.setattr(AuditLog, "write_all", stopped_past_the_lock)
    move_pending(waiting_list, log)
    actions = [record["action"] for record in log.records()]
    assert actions == ["batch.upload"] * 3 + ["batch.delete"] * 2 + ["batch.close"] * 2
    assert waiting_list.llen("audit") == 0


def test_records_wait_while_the_log_cannot_be_written(waiting_list: redis.Redis, tmp_path: Path) -> None:
    waiting_list.rpush("audit", '{"action":"batch.upload","batch":"batch_a"}')
    (tmp_path / "no-folder").write_text("a file where the folder should be")
    with pytest.raises(UnavailableError):
        move_pending(waiting_list, AuditLog(tmp_path / "no-folder"))
    assert waiting_list.llen("audit") == 1
    assert move_pending(waiting_list, AuditLog(tmp_path / "log")) == 1


def test_nothing_is_read_or_deleted_while_it_cannot_be_recorded(
    services: Services, serve: Callable[..., httpx.Client], tmp_path: Path
) -> None:
    (tmp_path / "no-folder").write_text("a file where the folder should be")
    silent = replace(services, audit_log=AuditLog(tmp_path / "no-folder"))
    client = serve(services=silent)
    job, document = evaluated(client, silent)
    problem(client.get(f"/api/v1/documents/{document}/result"), 503, "unavailable")
    problem(client.delete(f"/api/v1/batch/{job}"), 503, "unavailable")
    assert client.get(f"/api/v1/batch/status/{job}").status_code == 200


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_operators_page_through_the_log(client: httpx.Client, services: Services, limit: int) -> None:
    _, document = evaluated(client, services)
    succeeded = client.get(f"/api/v1/documents/{document}/result")
    assert succeeded.status_code == 200
    token = services.tokens.create("op", Tier.PREMIUM, scopes=frozenset({Scope.OPERATE}))
    seen, before = [], None
    while True:
        query = {"limit": limit} | ({"before": before} if before else {})
        page = client.get("/api/v1/audit", params=query, headers={"Authorization": f"Bearer {token}"}).json()
        seen += [record["seq"] for record in page["records"]]
        before = page["next_before"]
        if before is None:
            break
    assert len(seen) >= 1
    assert seen == list(range(seen[0], 0, -1))
    problem(client.get("/api/v1/audit"), 403, "forbidden")


def test_operators_filter_the_log(client: httpx.Client, services: Services) -> None:
    _, document = evaluated(client, services)
    assert client.get(f"/api/v1/documents/{document}/result").status_code == 200
    job = of(services, "batch.upload")["batch"]
    token = services.tokens.create("op", Tier.PREMIUM, scopes=frozenset({Scope.OPERATE}))

    def found(**query: Any) -> list[str]:
        answer = client.get("/api/v1/audit", params=query, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 200, answer.text
        return [record["action"] for record in answer.json()["records"]]

    assert found(action=["result.*", "share.read"]) == ["result.read"]
    assert found(subject=job) == ["batch.upload"]
    assert found(token="nobody") == []
    assert found(until="2020-01-01T00:00:00Z") == []
    assert sorted(found(since="2020-01-01T00:00:00Z")) == ["batch.upload", "result.read"]
    for since in ("noon", "0.5"):
        unclear = client.get("/api/v1/audit", params={"since": since}, headers={"Authorization": f"Bearer {token}"})
        problem(unclear, 422, "body-invalid")
