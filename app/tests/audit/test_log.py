"""The audit log keeps every record, and every change to it is detected."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from decalogo.audit.log import AuditLog


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
    from decalogo.audit.log import record_hash

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
