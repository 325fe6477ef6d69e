"""One appliance for all faults, a stream of documents that flows through them, and at the end the table."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from ground import SYNTHETIC, Ground, children, stop, wait
from journal import Injury, Journal
from stream import Book, Stream

from client import Client
from papers import small_documents


class Attack:
    """Faults on the running appliance. Each is recorded with the documents that ran at that moment."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.journal = Journal()
        self.book = Book()
        self.token = ground.appliance.run("token", "create", "tests", "--tier", "premium").strip()
        self.client = self.another_client()
        self.stream = Stream(self.another_client(), small_documents(30), self.book, ground.much_waits)

    def another_client(self) -> Client:
        """Return a client for use in another thread."""
        return self.ground.appliance.client(self.token)

    @contextmanager
    def fault(self, name: str, *, at_work: int = 4) -> Iterator[list[str]]:
        """Wait for work, run the block, which causes the fault, and wait until the running documents have results."""
        documents = self.ground.at_work(at_work)
        began = time.time()
        yield documents
        self.ground.wait_ended(documents)
        self.journal.injuries.append(Injury(name, began, time.time(), frozenset(documents)))

    def kill(self, *processes: int) -> None:
        """Kill processes of containers from outside, without a warning."""
        assert processes
        assert min(processes) > 1, "a container without a process"
        for process in processes:
            with suppress(ProcessLookupError):  # one that an earlier fault ended, and that was still listed
                os.kill(process, signal.SIGKILL)

    def some_of(self, worker: str) -> list[int]:
        """Return every other worker process of a worker, so that some of them have a document."""
        found: list[int] = []

        def are_there() -> bool:
            found[:] = children(self.ground.main_process(worker))
            return len(found) >= 2

        wait(are_there, "the processes of a worker")
        return found[1::2]

    def read_logs(self) -> None:
        """Take down what the containers logged so far."""
        for service in ("worker", "suspect", "scheduler"):
            self.journal.read(self.ground.ids(service))

    @contextmanager
    def frozen(self, container: str, seconds: float) -> Iterator[None]:
        """Freeze the processes of a container for ``seconds``.

        By signals: the engine's own `pause` gives up or hangs when a health check starts a process meanwhile.
        """
        processes = stop(self.ground.main_process(container))
        try:
            yield
            time.sleep(seconds)  # the duration of the fault
        finally:
            for process in processes:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGCONT)


@pytest.fixture(scope="package")
def attack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attack]:
    if os.geteuid() != 0:
        pytest.skip("needs root: processes of containers are killed from outside, and small disks are mounted")
    ground = Ground(tmp_path_factory.mktemp("faults"), "decalogo-faults", SYNTHETIC)
    try:
        ground.start()
        attack = Attack(ground)
        attack.stream.start()
        yield attack
    finally:
        ground.delete()


@pytest.fixture(scope="package")
def report_folder() -> Path | None:
    """Where the table goes as JSON and Markdown, if anywhere: the environment's FAULTS_REPORT."""
    name = os.environ.get("FAULTS_REPORT")
    return Path(name) if name else None
