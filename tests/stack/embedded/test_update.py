"""Update and rollback of local processes, with real data."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from appliance import Appliance
from papers import small_documents
from versions import current_version, follow_source, release, served_version


@pytest.fixture(scope="module")
def updated(appliance: Appliance, tmp_path_factory: pytest.TempPathFactory) -> Appliance:
    """The appliance, whose origin is a repository with two later versions."""
    source = follow_source(appliance, tmp_path_factory.mktemp("source") / "decalogo")
    release(source, "91.1.0")
    release(source, "92.0.0", format_step=1)
    return appliance


def test_an_update_changes_the_running_version_and_a_rollback_changes_it_back(updated: Appliance) -> None:
    before = current_version(updated.folder)
    token = updated.run("token", "create", "keeper").strip()
    first = updated.client(token).upload(small_documents(3))["job_id"]
    updated.client(token).follow(first)

    updated.run("update", "91.1.0")

    assert served_version(updated) == "91.1.0"
    second = updated.client(token).upload(small_documents(2))["job_id"]
    updated.client(token).follow(second)
    (backup,) = (updated.folder / "var/backups").glob("before-update-*.tar")
    assert backup.stat().st_mode & 0o077 == 0
    with tarfile.open(backup) as archive:
        assert sum(name.startswith("artifacts/documents/") for name in archive.getnames()) >= 3

    updated.run("rollback")

    assert served_version(updated) == before
    client = updated.client(token)
    assert client.follow(first)[-1]["succeeded"] == 3
    assert client.follow(second)[-1]["succeeded"] == 2, "the data format is the same, so nothing is lost"


def test_a_version_with_another_data_format_is_left_by_way_of_the_backup(updated: Appliance) -> None:
    token = updated.run("token", "create", "restorer").strip()
    kept = updated.client(token).upload(small_documents(2))["job_id"]
    updated.client(token).follow(kept)
    with pytest.raises(AssertionError, match="data format"):
        updated.run("update")  # the newest; this "version" brings no migration, so its services do not start

    with pytest.raises(AssertionError, match=r"cannot read the data.*--yes"):
        updated.run("rollback")
    updated.run("rollback", "--yes")

    assert served_version(updated) == current_version(updated.folder) != "92.0.0"
    assert updated.client(token).follow(kept)[-1]["succeeded"] == 2


def test_local_changes_and_unknown_versions_are_refused_before_anything_stops(updated: Appliance) -> None:
    with pytest.raises(AssertionError, match="there is no version 93"):
        updated.run("update", "93")
    readme = updated.folder / "README.md"
    text = readme.read_text()
    readme.write_text(f"{text}\nchanged\n")
    with pytest.raises(AssertionError, match=r"README\.md"):
        updated.run("update", "91.1.0")
    readme.write_text(text)
    assert updated.run("status")


def test_the_way_back_is_open_once(updated: Appliance) -> None:
    assert not Path(updated.folder / "var/previous").exists()
    with pytest.raises(AssertionError, match="no update to roll back"):
        updated.run("rollback")
