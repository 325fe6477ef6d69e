"""``decalogo audit`` where there is a log, and where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from decalogo.audit.log import AuditLog
from decalogo.cli.audit import app
from decalogo.settings import get_settings


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder that the settings name; it does not exist yet."""
    folder = tmp_path / "audit"
    monkeypatch.setenv("DECALOGO_AUDIT__PATH", str(folder))
    get_settings.cache_clear()
    yield folder
    get_settings.cache_clear()


@pytest.mark.parametrize("command", ["verify", "export", "list"])
def test_a_place_without_a_log_is_not_called_intact(place: Path, command: str) -> None:
    done = CliRunner().invoke(app, [command])
    assert done.exit_code == 1
    assert str(place) in done.output
    assert "./appliance audit" in done.output
    assert "intact" not in done.output


def test_a_log_is_verified_and_exported(place: Path) -> None:
    log = AuditLog(place)
    log.write("batch.delete", who="Ana")
    assert "1 record, all intact" in CliRunner().invoke(app, ["verify"]).output
    assert '"action":"batch.delete"' in CliRunner().invoke(app, ["export"]).output
