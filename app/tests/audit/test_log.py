"""The audit log keeps every record, and every change to it is detected."""

from __future__ import annotations

import errno
import json
import os
import tempfile
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decalogo.audit.files import record_hash, records_backwards
from decalogo.audit.log import AuditLog
from decalogo.errors import UnavailableError


@pytest.fixture
def log(tmp_path: Path) -> AuditLog:
    audit = AuditLog(tmp_path / "audit")
    for number in range(10):
        audit.write("batch.upload", who="ana", batch=f"batch_{number}")
    return audit


def file_of(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "audit").glob("audit-*.jsonl")
    return path


def test_an_untouched_log_is_intact(log: AuditLog) -> None:
    found = log.verify()
    assert (found.records, found.problem) == (10, "")


def test_records_of_several_writers_make_one_chain(log: AuditLog, tmp_path: Path) -> None:
    def write() -> None:
        other = AuditLog(tmp_path / "audit")
        for _ in range(20):
            other.write("report.read", who="luis")

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert log.verify() == AuditLog(tmp_path / "audit").verify()
    assert log.verify().records == 90
    assert [record["seq"] for record in log.records()] == list(range(1, 91))


def test_a_changed_line_is_detected(log: AuditLog, tmp_path: Path) -> None:
    path = file_of(tmp_path)
    path.write_text(path.read_text().replace('"batch_4"', '"batch_9"'))
    assert "record 5 was changed" in log.verify().problem


def test_a_changed_line_with_a_new_hash_breaks_the_chain(log: AuditLog, tmp_path: Path) -> None:
    path = file_of(tmp_path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[4]["batch"] = "batch_9"
    lines[4]["hash"] = record_hash(lines[4])
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert "before number 6" in log.verify().problem


def test_a_removed_line_is_detected(log: AuditLog, tmp_path: Path) -> None:
    path = file_of(tmp_path)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:3] + lines[4:]))
    assert "before number 5" in log.verify().problem


def test_a_truncated_file_is_detected(log: AuditLog, tmp_path: Path) -> None:
    path = file_of(tmp_path)
    path.write_text("".join(path.read_text().splitlines(keepends=True)[:-2]))
    assert "truncated" in log.verify().problem


def test_half_a_line_after_a_crash_is_cut_off_by_the_next_writer(log: AuditLog, tmp_path: Path) -> None:
    with file_of(tmp_path).open("a") as file:
        file.write('{"seq": 11, "act')
    log.write("sign_in", who="ana")
    assert log.verify().records == 11
    assert log.newest(1)[0]["action"] == "sign_in"


def test_a_full_file_is_followed_by_another_that_continues_the_chain(tmp_path: Path) -> None:
    audit = AuditLog(tmp_path / "audit", max_bytes=600)
    for _ in range(12):
        audit.write("report.read", who="ana")
    assert len(list((tmp_path / "audit").glob("audit-*.jsonl"))) > 2
    assert audit.verify().records == 12
    assert [record["seq"] for record in audit.newest(5)] == [12, 11, 10, 9, 8]
    assert [record["seq"] for record in audit.newest(3, before=9)] == [8, 7, 6]


def test_expired_files_go_and_the_rest_stays_verifiable(tmp_path: Path) -> None:
    audit = AuditLog(tmp_path / "audit", max_bytes=600, retention_days=1e-9)
    for _ in range(12):
        audit.write("report.read", who="ana")
    assert audit.delete_expired() > 0
    found = audit.verify()
    assert found.problem == ""
    assert 0 < found.records < 12


def rewrite(path: Path, lines: list[dict[str, object]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def test_a_last_record_that_was_written_again_is_detected(log: AuditLog, tmp_path: Path) -> None:
    path = file_of(tmp_path)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[-1]["batch"] = "batch_x"
    lines[-1]["hash"] = record_hash(lines[-1])
    rewrite(path, lines)
    assert "record 10 is not the one that was written" in log.verify().problem


def test_removed_files_are_detected(tmp_path: Path) -> None:
    audit = AuditLog(tmp_path / "audit", max_bytes=600)
    for _ in range(12):
        audit.write("report.read", who="ana")
    files = sorted((tmp_path / "audit").glob("audit-*.jsonl"))
    for gone in (files[0], files[1], files[-1]):
        kept = gone.read_bytes()
        gone.unlink()
        assert audit.verify().problem, gone
        gone.write_bytes(kept)
    assert audit.verify().problem == ""
    for path in files:
        path.unlink()
    assert "truncated" in audit.verify().problem


@pytest.mark.parametrize("content", [b"", b"{", b"[]"])
def test_a_damaged_head_is_reported_and_repaired_by_the_next_record(
    log: AuditLog, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "audit" / "head").write_bytes(content)
    assert "`head` is missing or damaged" in log.verify().problem
    log.write("session.begin")
    assert log.verify().problem == ""


def test_a_line_that_is_no_record_is_detected(log: AuditLog, tmp_path: Path) -> None:
    with file_of(tmp_path).open("a") as file:
        file.write("null\n")
    assert "not a record" in log.verify().problem


def test_threads_share_a_write_and_every_record_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    audit, syncs = AuditLog(tmp_path / "audit"), []
    sync = os.fsync

    def slow_sync(handle: int) -> None:
        syncs.append(handle)
        if len(syncs) == 1:  # others arrive meanwhile
            all_waiting.wait()
        sync(handle)

    monkeypatch.setattr("decalogo.audit.log.os.fsync", slow_sync)
    all_waiting = threading.Event()
    threads = [threading.Thread(target=audit.write, args=(f"n{number}",)) for number in range(16)]
    for thread in threads:
        thread.start()
    while len(audit._waiting) + 1 < len(threads):
        time.sleep(0.001)
    all_waiting.set()
    for thread in threads:
        thread.join()
    assert len(syncs) < 6
    assert (audit.verify().records, audit.verify().problem) == (16, "")
    assert {record["action"] for record in audit.records()} == {f"n{number}" for number in range(16)}


def test_a_full_disk_leaves_no_record_of_what_was_refused(log: AuditLog, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int, data: object, offset: int) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("decalogo.storage.artifacts.os.pwrite", full)
        with pytest.raises(UnavailableError):
            log.write("batch.upload", batch="batch_x")
    assert (log.verify().records, log.verify().problem) == (10, "")
    assert log.write("batch.upload", batch="batch_y")["seq"] == 11
    assert log.verify().problem == ""


def test_the_oldest_files_go_when_all_together_are_too_large(tmp_path: Path) -> None:
    audit = AuditLog(tmp_path / "audit", max_bytes=600, total_bytes=1500, retention_days=0)
    for _ in range(30):
        audit.write("report.read", who="ana")
    assert audit.delete_expired() > 0
    assert sum(path.stat().st_size for path in (tmp_path / "audit").glob("audit-*.jsonl")) < 2400
    assert audit.verify().problem == ""
    assert audit.newest(1)[0]["action"] == "retention.audit"


@given(st.lists(st.text(max_size=40), max_size=30), st.integers(1, 200), st.text(max_size=20))
def test_records_read_from_the_end_are_those_read_from_the_start(texts: list[str], block: int, rest: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "audit-1.jsonl"
        whole = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        path.write_text(whole + rest.replace("\n", ""), encoding="utf-8")
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("decalogo.audit.files._BLOCK", block)
            assert [record["text"] for record in records_backwards(path)] == texts[::-1]
