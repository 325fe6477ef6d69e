"""The records that somebody asks for, through the log and the command."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from decalogo.audit.log import AuditLog
from decalogo.audit.selection import Selection
from decalogo.cli.main import app
from decalogo.settings import get_settings

DAY = 86_400.0
START = datetime(2026, 3, 1, tzinfo=UTC).timestamp()


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AuditLog]:
    """Ten days with a record each, in several files, and the command set to this log."""
    audit = AuditLog(tmp_path / "audit", max_bytes=600)
    for day in range(10):
        action, token = ("batch.upload", "aaa") if day % 2 else ("token.rotate", "bbb")
        facts = {"batch": f"batch_{day}"} if day % 2 else {"of": "ccc"}
        audit.write_all([{"action": action, "token": token, "time": START + day * DAY, **facts}])
    monkeypatch.setenv("DECALOGO_AUDIT__PATH", str(tmp_path / "audit"))
    get_settings.cache_clear()
    yield audit
    get_settings.cache_clear()


@pytest.mark.parametrize(
    ("selection", "days"),
    [
        (Selection(), range(10)),
        (Selection(since=START + 7 * DAY), [7, 8, 9]),
        (Selection(until=START + 2 * DAY), [0, 1]),
        (Selection(actions=["token.*"]), [0, 2, 4, 6, 8]),
        (Selection(actions=["batch.upload", "session.begin"]), [1, 3, 5, 7, 9]),
        (Selection(token="ccc"), [0, 2, 4, 6, 8]),
        (Selection(token="aaa", since=START + 4 * DAY), [5, 7, 9]),
        (Selection(subject="batch_3"), [3]),
        (Selection(subject="batch"), []),
    ],
)
def test_every_criterion_must_hold(log: AuditLog, selection: Selection, days: list[int]) -> None:
    assert [record["seq"] - 1 for record in log.newest(100, selection=selection)] == sorted(days, reverse=True)


def test_a_record_that_entered_the_log_late_is_found(log: AuditLog) -> None:
    log.write_all([{"action": "batch.upload", "time": START + 9 * DAY - 60, "batch": "late"}])
    found = log.newest(100, selection=Selection(since=START + 9 * DAY))
    assert [record["seq"] for record in found] == [10]
    assert [r["batch"] for r in log.newest(1, selection=Selection(until=START + 9 * DAY))] == ["late"]


def test_the_limit_counts_selected_records_only(log: AuditLog) -> None:
    assert [r["seq"] for r in log.newest(2, selection=Selection(actions=["token.rotate"]))] == [9, 7]
    assert [r["seq"] for r in log.newest(2, before=7, selection=Selection(actions=["token.rotate"]))] == [5, 3]


def lines(*words: str) -> list[str]:
    done = CliRunner().invoke(app, ["audit", "list", *words])
    assert done.exit_code == 0, done.output
    return done.stdout.splitlines()


@pytest.mark.usefixtures("log")
def test_the_command_prints_who_when_and_what_the_newest_last() -> None:
    assert lines("--since", "2026-03-09", "--until", "2026-03-10T00:00") == [
        "9  2026-03-09 00:00:00Z  - (bbb)  -  token.rotate  of=ccc"
    ]
    assert [json.loads(line)["seq"] for line in lines("--json", "--limit", "2")] == [9, 10]
    assert lines("--since", "1h") == []


@pytest.mark.usefixtures("log")
def test_a_time_in_no_known_form_is_wrong_use() -> None:
    done = CliRunner().invoke(app, ["audit", "list", "--since", "yesterday"])
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --since takes 2026-03-01")


def test_the_scripts_of_the_appliance_record_hosts_and_nothing_else(log: AuditLog) -> None:
    for words in (("host.add", "--name", "north", "--address", "10.0.0.5"), ("host.revoke", "--host", "0123456789ab")):
        assert CliRunner().invoke(app, ["audit", "record", *words]).exit_code == 0
    (revoked, added) = log.newest(2)
    assert (added["action"], added["who"], added["name"], added["at"]) == (
        "host.add",
        "command line",
        "north",
        "10.0.0.5",
    )
    assert log.newest(1, selection=Selection(subject="0123456789ab")) == [revoked]
    assert CliRunner().invoke(app, ["audit", "record", "batch.delete"]).exit_code == 2
    assert log.verify().problem == ""
