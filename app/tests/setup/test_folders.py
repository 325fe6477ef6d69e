"""The folders of the artifact store in the container form, used by real users of the system."""

from __future__ import annotations

import os
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from decalogo.errors import UnavailableError
from decalogo.evaluation.documents.raw_pages import Recognised
from decalogo.evaluation.pdf.ocr_cache import OcrCache
from decalogo.setup.folders import WORKER_ID, lay_out
from decalogo.setup.secrets import APP_ID
from decalogo.storage.artifacts import ArtifactStore

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to other users")
RESULT, DOCUMENT = "results/doc_x.1.json", "documents/doc_x"


@pytest.fixture
def store() -> Iterator[ArtifactStore]:
    # Not in tmp_path, which other users cannot reach.
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield ArtifactStore(Path(name) / "artifacts")


def as_user(user: int, action: Callable[[], object]) -> None:
    """Run an action in a process of this user and of the services' group."""
    child = os.fork()
    if not child:
        try:
            os.setgroups([])
            os.setresgid(APP_ID, APP_ID, APP_ID)
            os.setresuid(user, user, user)
            os.umask(0o022)
            action()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def refused(action: Callable[[], object]) -> None:
    with pytest.raises((PermissionError, UnavailableError)):
        action()


def test_a_worker_writes_results_and_changes_no_document(store: ArtifactStore) -> None:
    assert lay_out(store.root)
    assert not lay_out(store.root)
    as_user(APP_ID, lambda: store.put(DOCUMENT, b"upload"))

    def work() -> None:
        assert store.read(DOCUMENT) == b"upload"
        store.put(RESULT, b"{}")
        OcrCache(store.ocr_cache).put("a" * 64, Recognised((), 1.0, 0))
        document = store.path(DOCUMENT)
        refused(lambda: document.write_bytes(b"changed"))
        refused(document.unlink)
        refused(lambda: document.with_name("doc_y").write_bytes(b"more"))
        refused(lambda: document.rename(store.path(RESULT)))
        for folder in ("documents", "reviews", "search", "incoming", "."):
            refused(lambda folder=folder: (store.root / folder / "planted").mkdir())  # type: ignore[misc]
        refused(lambda: (store.root / "documents").rename(store.root / "results/documents"))

    as_user(WORKER_ID, work)
    assert store.read(DOCUMENT) == b"upload"


def test_api_and_scheduler_read_change_and_delete_documents_and_results(store: ArtifactStore) -> None:
    lay_out(store.root)
    as_user(APP_ID, lambda: store.put(DOCUMENT, b"upload"))
    as_user(WORKER_ID, lambda: store.put(RESULT, b"{}"))

    def change() -> None:
        assert store.read(DOCUMENT) == b"upload"
        store.put(DOCUMENT, b"changed")
        store.put(RESULT, b"falsified")
        store.delete(DOCUMENT)

    as_user(APP_ID, change)  # the user of both
    assert store.read(RESULT) == b"falsified"
    assert not store.exists(DOCUMENT)


def test_a_store_of_the_embedded_form_has_one_user_who_changes_documents(store: ArtifactStore) -> None:
    store.root.mkdir()
    os.chown(store.root, WORKER_ID, APP_ID)
    as_user(WORKER_ID, lambda: store.put(DOCUMENT, b"upload"))
    as_user(WORKER_ID, lambda: store.put(DOCUMENT, b"changed"))
    assert store.read(DOCUMENT) == b"changed"


def test_the_api_deletes_what_workers_wrote(store: ArtifactStore) -> None:
    lay_out(store.root)

    def work() -> None:
        store.put_all({RESULT: b"{}", "pages/doc_x.1.json.gz": b"", "parts/doc_x.1.0": b""})
        OcrCache(store.ocr_cache).put("b." + "a" * 64, Recognised((), 1.0, 0))

    def delete() -> None:
        assert store.read(RESULT) == b"{}"
        store.delete_attempts("doc_x")
        assert OcrCache(store.ocr_cache).discard({"b"}) == 1
        store.put("parts/doc_x.2.0", b"from a joined host")

    as_user(WORKER_ID, work)
    as_user(APP_ID, delete)
    as_user(WORKER_ID, lambda: store.delete_parts("doc_x"))
    assert [path.name for path in store.root.rglob("*") if path.is_file()] == []


def test_a_store_of_an_older_version_is_changed_as_a_whole(store: ArtifactStore) -> None:
    store.put_all({RESULT: b"{}", DOCUMENT: b"upload"})
    for path in [store.root, *store.root.rglob("*")]:
        os.chown(path, APP_ID, APP_ID)
    store.root.chmod(0o750)

    assert lay_out(store.root)

    as_user(WORKER_ID, lambda: store.put("results/doc_x.2.json", b"{}"))
    as_user(WORKER_ID, lambda: refused(lambda: store.put(DOCUMENT, b"changed")))
    as_user(APP_ID, lambda: store.put(DOCUMENT, b"again"))
    as_user(APP_ID, lambda: store.delete_attempts("doc_x"))
    assert not store.exists(RESULT)
