"""A backup is read back before an operator relies on it."""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Callable

import pytest

from decalogo.batches.backup import write_backup
from decalogo.batches.backup_check import check_backup
from decalogo.batches.ledger import open_ledger
from decalogo.batches.states import NewDocument, Options
from decalogo.connections import connect
from decalogo.errors import RequestError
from decalogo.settings import Settings
from decalogo.storage.artifacts import ArtifactStore

TEXT = b"plan"
Change = Callable[[tarfile.TarInfo, bytes], bytes | None]


@pytest.fixture
def archive(settings: Settings) -> bytes:
    """Return a backup of one batch with two documents."""
    ledger, store = open_ledger(settings), ArtifactStore(settings.storage.path)
    for name in ("doc_1", "doc_2"):
        store.put(f"documents/{name}", TEXT)
    digest = hashlib.sha256(TEXT).hexdigest()
    ledger.admit("batch_1", "t", Options(), [NewDocument(n, n, "", digest, 4) for n in ("doc_1", "doc_2")])
    target = io.BytesIO()
    write_backup(connect(settings.redis, settings.redis.ledger_db), store, target)
    return target.getvalue()


def altered(archive: bytes, change: Change) -> io.BytesIO:
    """Return a copy whose members were changed; ``None`` leaves a member out."""
    target = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(archive)) as old, tarfile.open(fileobj=target, mode="w") as new:
        for member in old:
            content = old.extractfile(member)
            assert content
            changed = change(member, content.read())
            if changed is not None:
                member.size = len(changed)
                new.addfile(member, io.BytesIO(changed))
    target.seek(0)
    return target


def test_a_whole_backup_passes_with_its_counts(archive: bytes) -> None:
    assert check_backup(io.BytesIO(archive)) == {"batches": 1, "documents": 2, "files": 2}


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda m, b: None if m.name.endswith("doc_2") else b, "the upload of doc_2 is missing"),
        (lambda m, b: b"other" if m.name.endswith("doc_1") else b, "the upload of doc_1 is changed"),
        (lambda m, b: b.split(b"\n", 1)[1] if m.name == "ledger.jsonl" else b, "instead of"),
        (lambda m, b: None if m.name == "manifest.json" else b, "no backup"),
        (lambda m, b: None if m.name == "gone.json" else b, "its end is missing"),
    ],
    ids=["a missing file", "a changed file", "a lost entry", "no manifest", "no end"],
)
def test_what_is_missing_or_changed_is_named(archive: bytes, change: Change, problem: str) -> None:
    with pytest.raises(RequestError, match=problem):
        check_backup(altered(archive, change))


def test_a_backup_that_was_cut_off_is_damaged(archive: bytes) -> None:
    with pytest.raises(RequestError, match=r"damaged|end is missing"):
        check_backup(io.BytesIO(archive[: len(archive) // 2]))


def test_a_batch_that_was_deleted_meanwhile_is_no_damage(settings: Settings) -> None:
    ledger, store = open_ledger(settings), ArtifactStore(settings.storage.path)
    ledger.admit("batch_1", "t", Options(), [NewDocument("doc_1", "x", "", "00", 4)])
    target = io.BytesIO()
    write_backup(connect(settings.redis, settings.redis.ledger_db), store, target)

    assert check_backup(io.BytesIO(target.getvalue()))["batches"] == 1
