"""Real worker and scheduler processes, started like those of an appliance."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.batches.states import TERMINAL, BatchState, Document, NewDocument, Options, Priority
from decalogo.ids import new_id
from decalogo.settings import EvaluationSettings, Settings
from decalogo.storage.artifacts import ArtifactStore
from tests.conftest import environment
from tests.worker.faulty_evaluator import install


class Appliance:
    """Worker and scheduler processes on the test server."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder
        self.ledger: Ledger = open_ledger(settings)
        self.store = ArtifactStore(settings.storage.path)
        self.processes: list[subprocess.Popen[bytes]] = []
        install(folder / "plugins")

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start ``decalogo ARGUMENTS`` in its own process group."""
        name = f"{arguments[0]}{len(self.processes)}"
        home = self.folder / name
        home.mkdir()
        app = Path(__file__).parents[2]
        search = os.pathsep.join([str(self.folder / "plugins"), str(app / "src"), str(app)])
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "decalogo", *arguments],
                env={**environment(self.settings), "PYTHONPATH": search, "TMPDIR": str(home)},
                stdout=log, stderr=log, cwd=home, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def submit(
        self,
        contents: Sequence[str | bytes],
        priority: Priority = Priority.NORMAL,
        *,
        tenant: str = "tests",
        large: bool = False,
    ) -> tuple[str, list[str]]:
        """Admit a batch without publishing messages; return its id and the ids of its documents."""
        documents = []
        for content in contents:
            document_id = new_id("doc")
            self.store.put(f"documents/{document_id}", content.encode() if isinstance(content, str) else content)
            documents.append(NewDocument(document_id, "x.txt", "", "00", len(content), large))
        job_id = new_id("batch")
        self.ledger.admit(job_id, tenant, Options(priority=priority), documents)
        return job_id, [d.document_id for d in documents]

    def wait(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Poll until the condition holds; on failure show the logs."""
        seconds = max(seconds, 240)  # a busy machine needs minutes to start services
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                logs = "\n".join(f"--- {p.name}\n{p.read_text()[-3000:]}" for p in sorted(self.folder.glob("*.log")))
                pytest.fail(f"not within {seconds} s: {what}\n{logs}")
            time.sleep(0.05)

    def wait_finished(self, job_id: str, seconds: float = 90) -> list[Document]:
        """Wait until the batch is finished and return its documents."""
        self.wait(lambda: self.ledger.batch(job_id).state is BatchState.FINISHED, seconds, "batch finished")  # type: ignore[union-attr]
        documents = self.ledger.documents(job_id, limit=10_000)
        assert all(d.state in TERMINAL for d in documents)
        return documents

    def wait_running(self, document_id: str, seconds: float = 60) -> None:
        """Wait until a worker has claimed the document."""
        self.wait(lambda: self.ledger.document(document_id).state == "running", seconds, "running")  # type: ignore[union-attr]

    def stop(self) -> None:
        """Kill all processes with their children."""
        for process in self.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in self.processes:
            process.wait(100)


@pytest.fixture
def appliance(settings: Settings, tmp_path: Path) -> Iterator[Appliance]:
    evaluation = EvaluationSettings(evaluator="faulty")
    running = Appliance(settings.model_copy(update={"evaluation": evaluation}), tmp_path)
    yield running
    running.stop()
