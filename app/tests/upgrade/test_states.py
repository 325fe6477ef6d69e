"""The state of every released version is opened by this one, and its documents are finished.

``make_state.py`` makes the state of a version.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from decalogo import __version__
from decalogo.access.tokens import TokenStore
from decalogo.batches.backup import restore_backup
from decalogo.batches.format import FORMAT
from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.queues import QUEUES, SLOW
from decalogo.batches.states import TERMINAL, BatchState, Document, DocumentState
from decalogo.connections import connect
from decalogo.storage.artifacts import ArtifactStore
from tests.conftest import DATA
from tests.faults.processes import Processes

pytestmark = pytest.mark.timeout(900)

STATES = sorted(DATA.glob("state-*.tar.gz"))
ENDS = {"damaged": DocumentState.FAILED, "exit": DocumentState.DEAD, "pages 60": DocumentState.PARTIAL}


class Opened:
    """Appliance of this version with the data of an earlier one."""

    def __init__(self, archive: Path, folder: Path) -> None:
        self.processes = Processes(folder)
        with tarfile.open(archive) as packed:
            packed.extractall(folder, filter="data")
        settings = self.processes.settings
        # The limits of the maker are too short for a slow machine, and retention must not delete an old state.
        queue = settings.queue.model_copy(
            update={
                "soft_time_limit_seconds": 60, "time_limit_seconds": 70, "slow_soft_time_limit_seconds": 100,
                "slow_time_limit_seconds": 110, "visibility_timeout_seconds": 200,
            }
        )  # fmt: skip
        storage = settings.storage.model_copy(update={"retention_days": 36_500})
        self.processes.settings = settings.model_copy(update={"queue": queue, "storage": storage})
        about = json.loads((folder / "expected.json").read_text())
        self.token: str = about["token"]
        self.expected: dict[str, tuple[str, str]] = about["documents"]

    @property
    def ledger(self) -> Ledger:
        return open_ledger(self.processes.settings)

    def documents(self) -> dict[str, Document]:
        ledger = self.ledger
        found = {document_id: ledger.document(document_id) for document_id in self.expected}
        assert None not in found.values()
        return {document_id: document for document_id, document in found.items() if document is not None}

    def finish(self) -> None:
        """Run until no document is unfinished, and compare every document with its expected state."""
        self.processes.wait(lambda: all(d.state in TERMINAL for d in self.documents().values()), 120, "all ended")
        store = ArtifactStore(self.processes.settings.storage.path)
        for document_id, document in self.documents().items():
            text, before = self.expected[document_id]
            if before == DocumentState.CANCELLED:
                assert document.state is DocumentState.CANCELLED
                continue
            assert document.state is ENDS.get(text, DocumentState.SUCCEEDED), (text, document)
            if document.state is DocumentState.SUCCEEDED:
                assert json.loads(store.read(document.result_key))["text"] == text
                assert document.result_key == f"results/{document_id}.{document.attempts}.json"
        batches = self.ledger.batches("alcaldia", limit=100)
        assert {batch.state for batch in batches} == {BatchState.FINISHED}
        assert sum(batch.counts["total"] for batch in batches) == len(self.expected)
        assert [d.document_id for d in self.ledger.dead()] == [
            d for d, (text, _) in self.expected.items() if text == "exit"
        ]


@pytest.fixture(params=STATES, ids=lambda path: path.name.partition(".")[0])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    found = Opened(request.param, tmp_path / "whole")
    yield found
    found.processes.stop_all()


def test_there_is_a_state_of_the_current_version() -> None:
    assert DATA / f"state-{__version__}.tar.gz" in STATES


def test_the_append_only_file_after_a_power_failure_is_opened_and_its_documents_are_finished(opened: Opened) -> None:
    opened.processes.start("redis")
    before = {document_id: document.state for document_id, document in opened.documents().items()}
    assert before == {document_id: state for document_id, (_, state) in opened.expected.items()}
    broker = connect(opened.processes.settings.redis, opened.processes.settings.redis.broker_db)
    assert sum(int(broker.llen(name)) for name in QUEUES) > 0
    broker.delete(SLOW)  # its message carries the maker's limits; recovery sends another one
    client = connect(opened.processes.settings.redis, opened.processes.settings.redis.ledger_db)
    client.hset(f"token:{opened.token.split('_')[1]}", "expires", "0")  # a state may be older than its token is valid
    assert TokenStore(client).check(opened.token).tenant == "alcaldia"
    for name in ("worker1", "worker2", "suspect", "scheduler1"):
        opened.processes.start(name)
    opened.finish()
    assert client.get("ledger:format") == str(FORMAT)


def test_a_backup_is_restored_and_its_documents_are_finished(opened: Opened) -> None:
    folder = opened.processes.folder
    (folder / "redis" / "appendonlydir").rename(folder / "appendonlydir-not-used")
    (folder / "artifacts").rename(folder / "artifacts-not-used")
    opened.processes.start("redis")
    settings = opened.processes.settings
    client = connect(settings.redis, settings.redis.ledger_db)
    with (folder / "backup.tar").open("rb") as archive:
        restored = restore_backup(client, ArtifactStore(settings.storage.path), archive)
    assert restored["documents"] == len(opened.expected)
    client.hset(f"token:{opened.token.split('_')[1]}", "expires", "0")  # a state may be older than its token is valid
    assert TokenStore(client).check(opened.token).tenant == "alcaldia"
    for name in ("worker1", "worker2", "suspect", "scheduler1"):
        opened.processes.start(name)
    opened.finish()
