"""Data folders that cannot be used are refused with the reason and a way out, before anything starts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from decalogo.embedded import lifecycle
from decalogo.embedded.instance import Instance, choose, read_instance
from decalogo.embedded.layout import SOCKET_PATH_LIMIT, Layout
from decalogo.errors import EmbeddedError


def test_a_path_too_long_for_a_socket_is_refused_with_its_excess() -> None:
    longest = SOCKET_PATH_LIMIT - len("/run/supervisor.sock")
    with pytest.raises(EmbeddedError, match="3 bytes too long for a Unix socket"):
        Layout(Path("/" + "x" * (longest + 2))).prepare()


@pytest.mark.parametrize("sign", ['"', "%", ";", "#", ","])
def test_a_path_the_supervisor_would_misread_is_refused(tmp_path: Path, sign: str) -> None:
    with pytest.raises(EmbeddedError, match="--data"):
        Layout(tmp_path / f"a{sign}b").prepare()


def test_a_place_where_nothing_can_be_written_is_refused() -> None:
    with pytest.raises(EmbeddedError, match=r"cannot write in /proc/decalogo.*--data"):
        Layout(Path("/proc/decalogo")).prepare()


def test_a_file_in_the_way_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(EmbeddedError, match="cannot write in"):
        Layout(tmp_path / "data").prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_another_users_data_is_left_alone(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    Instance(8000, 7000, 2).write(layout.instance)
    os.chown(tmp_path, 4242, 4242)
    with pytest.raises(EmbeddedError, match="user with id 4242"):
        layout.prepare()
    assert not layout.secrets.exists()


def test_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "data")
    layout.prepare()
    assert {folder.stat().st_mode & 0o077 for folder in layout.folders} == {0}


def test_choices_are_remembered(tmp_path: Path) -> None:
    # Below what a system gives outgoing connections, or another test's connection may hold one of them.
    before = Instance(port=25123, valkey_port=25124, workers=5, metrics_port=25125)
    before.write(tmp_path / "embedded.json")
    assert choose(read_instance(tmp_path / "embedded.json"), port=None, workers=None) == before


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 1}', '{"schema_version": 9, "port": 1}'])
def test_a_damaged_record_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "embedded.json").write_text(text)
    with pytest.raises(EmbeddedError, match="Remove that file"):
        read_instance(tmp_path / "embedded.json")


def test_data_that_it_did_not_make_is_not_deleted(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    with pytest.raises(EmbeddedError, match="nothing is deleted"):
        lifecycle.remove_data(Layout(tmp_path))
    assert (tmp_path / "logs").is_dir()


def test_deleting_leaves_what_others_put_there(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "data")
    layout.prepare()
    Instance(8000, 7000, 2).write(layout.instance)
    (layout.data / "notes.txt").write_text("mine")
    elsewhere = tmp_path / "big-disk"
    elsewhere.mkdir()
    (elsewhere / "file").write_text("kept")
    layout.artifacts.rmdir()
    layout.artifacts.symlink_to(elsewhere)
    lifecycle.remove_data(layout)
    assert [path.name for path in layout.data.iterdir()] == ["notes.txt"]
    assert (elsewhere / "file").read_text() == "kept"
