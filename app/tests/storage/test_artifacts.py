"""Artifact store: files are complete or absent, and keys cannot leave the store."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import pytest

from decalogo.errors import UnavailableError
from decalogo.storage.artifacts import ArtifactStore


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(tmp_path / "artifacts")


def test_a_committed_file_exists_with_its_size_and_hash(store: ArtifactStore) -> None:
    with store.writer("documents/doc_1") as writer:
        writer.write(b"abc")
        writer.write(memoryview(b"defg"))
        assert not store.exists("documents/doc_1")
        writer.commit()
    assert store.read("documents/doc_1") == b"abcdefg"
    assert (writer.size, writer.sha256) == (7, hashlib.sha256(b"abcdefg").hexdigest())


def test_a_file_without_commit_leaves_nothing(store: ArtifactStore) -> None:
    with store.writer("documents/doc_1") as writer:
        writer.write(b"half")
    assert [p for p in store.root.rglob("*") if p.is_file()] == []


def test_files_stored_together_all_exist(store: ArtifactStore) -> None:
    files = {"results/doc_1.1.json": b"{}", "pages/doc_1.1.json.gz": b"pages", "results/doc_2.1.json": b"[]"}
    store.put_all(files)
    assert {key: store.read(key) for key in files} == files


def test_files_stored_together_are_never_incomplete(store: ArtifactStore) -> None:
    store.put("results/doc_1.1.json", b"before")
    (store.path("pages/doc_1.1.json.gz") / "in the way").mkdir(parents=True)
    with pytest.raises(UnavailableError):
        store.put_all({"results/doc_1.1.json": b"after", "pages/doc_1.1.json.gz": b"pages"})
    assert store.read("results/doc_1.1.json") in {b"before", b"after"}
    assert list(store.root.glob("incoming*/*")) == []


@pytest.mark.parametrize(
    "key",
    ["documents/../../etc/passwd", "documents/", "documents", "documents/.hidden", "documents/a/b", "documents/a b"],
)
def test_a_key_cannot_leave_the_store(store: ArtifactStore, key: str) -> None:
    with pytest.raises(ValueError, match="not an artifact key"):
        store.path(key)


def test_deleting_twice_is_not_an_error(store: ArtifactStore) -> None:
    store.put("results/doc_1.1.json", b"{}")
    store.delete("results/doc_1.1.json")
    store.delete("results/doc_1.1.json")
    assert not store.exists("results/doc_1.1.json")


def test_an_unusable_store_is_reported_as_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(UnavailableError):
        ArtifactStore(tmp_path / "file").free_bytes()


def test_a_full_disk_is_reported_as_unavailable(store: ArtifactStore) -> None:
    # /dev/full answers every write as a full disk does.
    store.root.mkdir(parents=True)
    with store.writer("documents/doc_1") as writer:
        writer._file.close()
        writer._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115 (the writer closes it)
        with pytest.raises(UnavailableError, match="No space left"):
            writer.write(b"x")


def test_a_store_that_cannot_create_files_is_reported_as_unavailable(store: ArtifactStore) -> None:
    store.root.mkdir(parents=True)
    (store.root / "incoming").write_text("not a folder")
    with pytest.raises(UnavailableError, match="cannot be written"):
        store.put("documents/doc_1", b"x")


def test_a_disk_that_cannot_be_read_is_reported_as_unavailable(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    store.put("documents/a", b"x")
    monkeypatch.setattr("decalogo.storage.artifacts.os.open", broken)
    with pytest.raises(UnavailableError, match="cannot be read"):
        store.read("documents/a")
