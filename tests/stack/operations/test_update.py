"""Update and rollback of containers, with real data."""

from __future__ import annotations

import pytest

from appliance import Appliance, docker
from papers import small_documents
from versions import current_version, follow_source, git, release, served_version


def test_an_update_and_a_rollback_keep_batches_and_tokens(
    appliance: Appliance, tmp_path_factory: pytest.TempPathFactory
) -> None:
    venv = appliance.folder / ".venv"
    if venv.is_symlink():
        venv.unlink()  # the update installs the new version, which must not happen to this repository's environment
    source = follow_source(appliance, tmp_path_factory.mktemp("source") / "decalogo")
    release(source, "91.1.0")
    before = current_version(appliance.folder)
    commit = git(appliance.folder, "rev-parse", "HEAD")
    token = appliance.run("token", "create", "update", "--tier", "premium").strip()
    first = appliance.client(token).upload(small_documents(2))["job_id"]
    appliance.client(token).follow(first)

    appliance.run("update", "91.1.0")
    try:
        assert served_version(appliance) == "91.1.0"
        second = appliance.client(token).upload(small_documents(2))["job_id"]
        appliance.client(token).follow(second)
        assert list((appliance.folder / "var/backups").glob("before-update-*.tar"))
    finally:
        appliance.run("rollback")

    assert served_version(appliance) == before
    assert git(appliance.folder, "rev-parse", "HEAD") == commit
    for job_id in (first, second):
        assert appliance.client(token).follow(job_id)[-1]["succeeded"] == 2


def test_what_uses_disk_space_is_listed(appliance: Appliance) -> None:
    listed = appliance.run("disk")

    assert f"volume {appliance.name}_artifacts" in listed
    assert f"image decalogo/app:{appliance.name}" in listed
    assert "free\t" in listed


def test_cleaning_leaves_the_images_of_other_tags(appliance: Appliance) -> None:
    docker("tag", f"decalogo/app:{appliance.name}", "decalogo/app:0.0.1")

    appliance.run("disk", "--clean")

    tags = docker("image", "ls", "--format", "{{.Tag}}", "decalogo/app").split()
    assert appliance.name in tags
    assert "0.0.1" not in tags


def test_a_scheduled_backup_is_read_back(appliance: Appliance) -> None:
    folder = appliance.folder / "var/drill"
    folder.mkdir()
    (appliance.folder / "var/backup-schedule").write_text(f"day\n2\n{folder}\n")

    appliance.run("backup", "--scheduled")

    (file,) = folder.glob("decalogo-*.tar")
    appliance.run("restore", str(file), "--check")
    file.write_bytes(file.read_bytes()[:-20_000])
    with pytest.raises(AssertionError, match="backup"):
        appliance.run("restore", str(file), "--check")
    (appliance.folder / "var/backup-schedule").unlink()
