"""What `update` and `rollback` check before they change anything: the version, and their refusals."""

from __future__ import annotations

import subprocess

import pytest

from tests.deployment.checkout import Checkout

FORM = (
    "stack_runs() { true; }; stack_backup() { echo backup >>order; }; engine_answers() { false; };"
    'change_version() { echo "change $1 $2" >>order; }; check_after_change() { echo doctor >>order; };'
    "clean_engine() { :; }; check_free_space() { :; }; "
)


def git(checkout: Checkout, *arguments: str) -> str:
    author = ("-c", "user.name=Test", "-c", "user.email=test@example.org")
    command = ["git", *author, *arguments]
    return subprocess.run(command, cwd=checkout.folder, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def repository(checkout: Checkout) -> Checkout:
    """A checkout with three versions, of which the first is checked out; the third has another data format."""
    git(checkout, "init", "--quiet")
    (checkout.folder / "app").unlink()
    code = checkout.folder / "app/src/decalogo/batches"
    code.mkdir(parents=True)
    for version, data_format in (("1.0.0", 1), ("1.9.0", 1), ("1.10.0", 2)):
        (checkout.folder / "app/pyproject.toml").write_text(f'[project]\nversion = "{version}"\n')
        (code / "format.py").write_text(f"FORMAT: Final = {data_format}\n")
        git(checkout, "add", "app")
        git(checkout, "commit", "--quiet", "--message", version)
        git(checkout, "tag", f"v{version}")
    git(checkout, "checkout", "--quiet", "v1.0.0")
    (checkout.folder / "var/form").write_text("stack\n")
    return checkout


def order(checkout: Checkout) -> list[str]:
    path = checkout.folder / "order"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize(("asked", "tag"), [("", "v1.10.0"), ("1.9.0", "v1.9.0"), ("v1.9.0", "v1.9.0")])
def test_a_version_is_found_by_its_number_and_the_newest_without_one(
    repository: Checkout, asked: str, tag: str
) -> None:
    assert repository.run(f"resolve_version {asked}").stdout.strip() == git(repository, "rev-parse", tag)


def test_an_update_backs_up_then_changes_then_checks(repository: Checkout) -> None:
    done = repository.run(FORM + "update 1.9.0")

    assert done.returncode == 0, done.stderr
    assert order(repository) == ["backup", f"change stack {git(repository, 'rev-parse', 'v1.9.0')}", "doctor"]
    commit, version, backup, _ = (repository.folder / "var/previous").read_text().splitlines()
    assert (commit, version) == (git(repository, "rev-parse", "v1.0.0"), "1.0.0")
    assert backup.startswith(f"{repository.folder}/var/backups/before-update-")


@pytest.mark.parametrize(
    ("spoil", "arguments", "message"),
    [
        (":", "9.9.9", "there is no version 9.9.9; these are known: v1.10.0 v1.9.0 v1.0.0"),
        ("echo >>app/pyproject.toml", "1.9.0", "files of this checkout were changed"),
        ("stack_runs() { false; }", "1.9.0", "--no-backup"),
        ("rm -rf .git", "1.9.0", "not a clone"),
    ],
)
def test_what_stands_in_the_way_is_named_and_nothing_changes(
    repository: Checkout, spoil: str, arguments: str, message: str
) -> None:
    done = repository.run(FORM + f"{spoil}; update {arguments}")

    assert done.returncode == 1
    assert message in done.stderr
    assert not [step for step in order(repository) if step.startswith("change")]


def test_an_older_version_that_cannot_read_the_data_is_no_update(repository: Checkout) -> None:
    git(repository, "checkout", "--quiet", "v1.10.0")

    done = repository.run(FORM + "update 1.9.0")

    assert done.returncode == 1
    assert "1.9.0 cannot read the data of 1.10.0" in done.stderr
    assert order(repository) == []


def test_the_version_that_is_here_is_no_update(repository: Checkout) -> None:
    assert "already" in repository.run(FORM + "update 1.0.0").stderr
    assert order(repository) == []


@pytest.mark.parametrize(("version", "asks"), [("1.9.0", False), ("1.10.0", True)])
def test_a_rollback_asks_before_it_deletes_what_the_old_version_cannot_read(
    repository: Checkout, version: str, asks: bool
) -> None:
    old = git(repository, "rev-parse", "v1.0.0")
    git(repository, "checkout", "--quiet", f"v{version}")
    backup = repository.folder / "saved.tar"
    backup.touch()
    (repository.folder / "var/previous").write_text(f"{old}\n1.0.0\n{backup}\n")

    done = repository.run(FORM + "rollback")

    assert (done.returncode == 1) is asks
    assert order(repository) == ([] if asks else [f"change stack {old}", "doctor"])


def test_without_an_update_there_is_no_way_back(repository: Checkout) -> None:
    assert "no update to roll back" in repository.run(FORM + "rollback").stderr


@pytest.mark.parametrize(("then", "status"), [("true", 0), ("git checkout --quiet v1.9.0", 9)])
def test_the_doctor_finds_a_checkout_that_moved_under_running_processes(
    repository: Checkout, then: str, status: int
) -> None:
    done = repository.run(f"note_commit; {then}; runs_this_commit")

    assert done.returncode == status
    assert ("./appliance update" in done.stdout) is (status == 9)


RENEWABLE = (
    "builds_images() { true; }; packages_age() { echo 40; }; "
    'keep_packages_from() { echo "packages $PACKAGES_FROM" >>order; }; '
)


def test_an_update_renews_the_packages_of_the_images_and_a_rollback_returns_to_those_of_before(
    repository: Checkout,
) -> None:
    code = FORM + RENEWABLE + "PACKAGES_FROM=2025-11-01; "
    assert repository.run(code + "update 1.9.0").returncode == 0
    backup, packages, change, _ = order(repository)
    assert (backup, change.split(" ")[0]) == ("backup", "change")
    assert packages.startswith("packages 20")
    assert packages != "packages 2025-11-01"

    (repository.folder / "order").unlink()
    assert repository.run(code + "rollback --yes").returncode == 0

    assert order(repository)[0] == "packages 2025-11-01"


def test_an_update_without_another_version_renews_the_packages_and_starts_them(repository: Checkout) -> None:
    (repository.folder / "appliance").write_text('#!/bin/sh\necho "$*" >>order\n')
    done = repository.run(FORM + RENEWABLE + "update 1.0.0")

    assert done.returncode == 0, done.stderr
    packages, up = order(repository)
    assert packages.startswith("packages 20")
    assert up == "up"
