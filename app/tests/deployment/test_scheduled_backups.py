"""`backup --every day --keep 7`: the schedule, the check of each backup, and the ones that are kept."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.deployment.checkout import Checkout

# A form whose backups are empty files, and whose check accepts all but the word `bad`.
FORM = (
    "stack_backup() { [[ ! -e refuse ]] && cat content >$1; }; stack_check_backup() { ! grep -q bad $1; };"
    "refuse_other_checkout() { :; }; engine_answers() { false; }; is_root() { false; }; "
)
CRONTAB = """#!/bin/sh
if [ "$1" = -l ]; then cat "$NOTES/table" 2>/dev/null; else cat >"$NOTES/new" && mv "$NOTES/new" "$NOTES/table"; fi
"""


@pytest.fixture
def scheduled(checkout: Checkout, tmp_path: Path) -> Checkout:
    """Return a checkout with a crontab, and a daily backup that keeps two files."""
    (checkout.folder / "var/form").write_text("stack\n")
    (checkout.folder / "bin/crontab").write_text(CRONTAB)
    (checkout.folder / "bin/crontab").chmod(0o755)
    (checkout.folder / "content").write_text("good")
    (checkout.folder / "notes/table").write_text("5 5 * * * other\n")
    done = checkout.run(FORM + f"backup --every day --keep 2 --to {tmp_path}/kept")
    assert done.returncode == 0, done.stderr
    return checkout


def table(checkout: Checkout) -> str:
    return (checkout.folder / "notes/table").read_text()


def kept(checkout: Checkout) -> list[str]:
    return sorted(path.name for path in (checkout.folder / "kept").glob("*.tar"))


def test_the_schedule_is_one_line_of_the_crontab_next_to_others(scheduled: Checkout) -> None:
    assert table(scheduled).count("backup --scheduled") == 1
    scheduled.run(FORM + "backup --every week --to kept")
    assert table(scheduled).count("backup --scheduled") == 1
    assert "0 3 * * 0 " in table(scheduled)
    scheduled.run(FORM + "backup --every off")
    assert table(scheduled) == "5 5 * * * other\n"


def test_old_backups_go_once_a_newer_one_was_read_back(scheduled: Checkout) -> None:
    for day in ("01", "02", "03"):
        (scheduled.folder / f"kept/decalogo-202601{day}-030000.tar").touch()
    (scheduled.folder / "kept/mine.tar").touch()

    assert scheduled.run(FORM + "backup --scheduled").returncode == 0

    oldest, _newest, mine = kept(scheduled)
    assert (oldest, mine) == ("decalogo-20260103-030000.tar", "mine.tar")
    assert scheduled.run(FORM + "backup_is_recent").returncode == 0


def test_a_backup_that_cannot_be_read_back_removes_no_other(scheduled: Checkout) -> None:
    for day in ("01", "02", "03"):
        (scheduled.folder / f"kept/decalogo-202601{day}-030000.tar").touch()
    (scheduled.folder / "content").write_text("bad")

    done = scheduled.run(FORM + "backup --scheduled")

    assert done.returncode == 1
    assert "cannot be read back" in done.stderr
    assert len(kept(scheduled)) == 4
    assert not (scheduled.folder / "var/backup-status").exists()


@pytest.mark.parametrize(("age_hours", "status"), [(1, 0), (40, 1)])
def test_the_doctor_finds_a_backup_that_is_too_old(scheduled: Checkout, age_hours: int, status: int) -> None:
    (scheduled.folder / "var/backup-status").write_text(f"{int(time.time()) - age_hours * 3600}\n")
    assert scheduled.run(FORM + "backup_is_recent").returncode == status


def test_without_a_schedule_the_doctor_warns(checkout: Checkout) -> None:
    assert checkout.run("backup_is_recent").returncode == 9


@pytest.mark.parametrize("options", ["--every hour", "--every day --keep none", "--keep 3 file.tar", "--scheduled"])
def test_wrong_options_schedule_nothing(checkout: Checkout, options: str) -> None:
    (checkout.folder / "var/form").write_text("stack\n")
    assert checkout.run(FORM + f"backup {options}").returncode == 1
    assert not (checkout.folder / "var/backup-schedule").exists()


def test_without_cron_and_systemd_another_scheduler_runs_the_backup(checkout: Checkout, tmp_path: Path) -> None:
    (checkout.folder / "var/form").write_text("stack\n")
    (checkout.folder / "content").write_text("good")
    alone = FORM + 'have() { [[ "$1" != crontab ]] && command -v "$1" >/dev/null; }; '
    done = checkout.run(alone + f"backup --every day --keep 2 --to {tmp_path}/kept")
    assert done.returncode == 0, done.stderr
    assert "appliance backup --scheduled" in done.stderr
    written = checkout.run(alone + "backup --scheduled")
    assert written.returncode == 0, written.stderr
    assert len(kept(checkout)) == 1
