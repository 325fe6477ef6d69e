"""Make the state that an appliance of this version leaves after a power failure, for the tests of later versions.

    cd app && ../.venv/bin/python -m tests.upgrade.make_state

This writes ``tests/data/state-<version>.tar.gz``, once per release. The archive contains the append-only file of a
killed Redis, the artifacts, a backup taken shortly before, and ``expected.json`` with text and state of each document.
Documents are in every state; one waits in the queue `suspect`, one in the queue `slow`.
"""

from __future__ import annotations

import json
import signal
import tarfile
import tempfile
from collections.abc import Callable
from pathlib import Path

from decalogo import __version__
from decalogo.access.tokens import Tier, TokenStore
from decalogo.batches.backup import write_backup
from decalogo.batches.idempotency import record_name
from decalogo.batches.ledger import open_ledger
from decalogo.batches.queues import QUEUES
from decalogo.batches.states import Document, DocumentState, Handling, NewDocument, Options
from decalogo.connections import connect
from decalogo.ids import new_id
from decalogo.storage.artifacts import ArtifactStore
from tests.conftest import DATA
from tests.faults.processes import Processes

LIMITS = {"soft_time_limit_seconds": 3, "time_limit_seconds": 5, "slow_soft_time_limit_seconds": 6,
          "slow_time_limit_seconds": 8, "visibility_timeout_seconds": 60}  # fmt: skip
KEY = "the-same-again"


class Maker:
    """Appliance whose documents are brought into every state."""

    def __init__(self, folder: Path) -> None:
        self.processes = Processes(folder)
        queue = self.processes.settings.queue.model_copy(update=LIMITS)
        self.processes.settings = self.processes.settings.model_copy(update={"queue": queue})
        self.ledger = open_ledger(self.processes.settings)
        self.store = ArtifactStore(self.processes.settings.storage.path)
        self.texts: dict[str, str] = {}

    def submit(self, *texts: str, handling: Handling = Handling()) -> list[str]:  # noqa: B008
        """Submit one batch; return the ids of its documents."""
        documents = []
        for text in texts:
            document_id = new_id("doc")
            self.store.put(f"documents/{document_id}", text.encode())
            documents.append(NewDocument(document_id, f"{text}.txt", "", "00", len(text)))
            self.texts[document_id] = text
        self.ledger.admit(new_id("batch"), "alcaldia", Options(), documents, handling=handling)
        return [document.document_id for document in documents]

    def document(self, document_id: str) -> Document:
        """Return an existing document."""
        found = self.ledger.document(document_id)
        assert found is not None
        return found

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait up to a minute."""
        self.processes.wait(condition, 60, what)

    def make(self) -> str:
        """Bring documents into every state, then kill all processes; return a valid token."""
        self.processes.start_all()
        client = connect(self.processes.settings.redis, self.processes.settings.redis.ledger_db)
        token = TokenStore(client).create("upgrade", Tier.STANDARD, tenant="alcaldia")
        key = Handling(idempotency=record_name("alcaldia", KEY), fingerprint="print")
        ended = self.submit("ok 1", "ok 2", "damaged", "exit", "pages 60", handling=key)
        self.wait(lambda: all(self.document(d).finished_at for d in ended), "ended")
        self.processes.signal("suspect", signal.SIGKILL)
        (slow,) = self.submit("pages 25")
        self.wait(lambda: bool(self.document(slow).result_key), "partial once")
        lost = self.submit("sleep 2 lost", "sleep 2 lost too")
        self.wait(lambda: all(self.document(d).state == DocumentState.RUNNING for d in lost), "running")
        self.processes.signal("worker1", signal.SIGKILL)
        self.processes.signal("worker2", signal.SIGKILL)
        self.wait(lambda: all(self.document(d).state == DocumentState.QUEUED for d in lost), "recovered")
        self.processes.start("worker1")
        self.submit("sleep 2 running", "sleep 2 running too")
        cancelled = self.submit("ok cancelled", "ok kept", *["ok waiting"] * 5)
        self.ledger.cancel(cancelled[:1])
        broker = connect(self.processes.settings.redis, self.processes.settings.redis.broker_db)
        self.wait(lambda: sum(int(broker.llen(name)) for name in QUEUES) >= 9, "published")
        running = [d for d in self.texts if "running" in self.texts[d]]
        self.wait(lambda: all(self.document(d).state == DocumentState.RUNNING for d in running), "running again")
        with (self.processes.folder / "backup.tar").open("wb") as target:
            write_backup(client, self.store, target)
        expected = {d: [text, self.document(d).state] for d, text in self.texts.items()}
        self.processes.stop_all()
        about = {"token": token, "documents": expected}
        (self.processes.folder / "expected.json").write_text(json.dumps(about, indent=1))
        assert {state for _, state in expected.values()} == set(DocumentState)
        return token


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="decalogo-state-") as name:
        maker = Maker(Path(name) / "whole")
        try:
            maker.make()
        finally:
            maker.processes.stop_all()
        with tarfile.open(DATA / f"state-{__version__}.tar.gz", "w:gz") as archive:
            for part in ("redis/appendonlydir", "artifacts", "backup.tar", "expected.json"):
                archive.add(maker.processes.folder / part, part)
