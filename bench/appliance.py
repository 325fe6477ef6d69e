"""An embedded appliance in a temporary folder, whose processes the other scripts measure and kill."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from prometheus_client.parser import text_string_to_metric_families

from decalogo.client.appliance import Appliance, SubmitOptions
from decalogo.client.connection import Connection
from decalogo.client.multipart import FilePart
from decalogo.embedded.config import environment, identity
from decalogo.embedded.instance import Instance, free_port, read_instance
from decalogo.embedded.layout import Layout
from decalogo.embedded.supervisor import Supervisor

POLL_SECONDS = 0.05
PER_UPLOAD = 1000


class Embedded:
    """A running appliance; use it as a context manager.

    Args:
        processes: worker processes of the service ``worker``.
        settings: further ``DECALOGO_*`` variables.
    """

    def __init__(self, processes: int = 2, settings: Mapping[str, str] | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="decalogo-bench-"))
        self.layout = Layout.at(self.folder / "data")
        self._variables = {**os.environ, **(settings or {})}
        self._options = ["--port", str(free_port()), "--workers", str(processes)]

    def __enter__(self) -> Self:
        """Start it."""
        try:
            self._run("up", *self._options)
        except BaseException:
            self.__exit__(None, None, None)
            raise
        token = Path(self._run("token").strip()).read_text(encoding="utf-8").strip()
        self.token = token
        self.client = Appliance(Connection(self.instance.url, token))
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        """Stop it and delete its data."""
        with suppress(subprocess.CalledProcessError):
            self._run("down")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, command: str, *options: str) -> str:
        line = [sys.executable, "-m", "decalogo", "embedded", command, "--data", str(self.layout.data), *options]
        return subprocess.run(line, env=self._variables, stdout=subprocess.PIPE, text=True, check=True).stdout

    @property
    def instance(self) -> Instance:
        """Its ports."""
        found = read_instance(self.layout.instance)
        assert found is not None
        return found

    def run_python(self, code: str) -> None:
        """Run Python code with the settings of the service ``scheduler``."""
        own = {**environment(self.layout, self.instance), **identity(self.layout, "scheduler")}
        subprocess.run([sys.executable, "-c", code], env={**self._variables, **own}, check=True)

    def make_token(self, name: str) -> str:
        """Return a token of another tenant."""
        return self._run("run", "--", "token", "create", name).strip()

    def submit(self, contents: list[bytes], suffix: str) -> str:
        """Upload one batch, by as many uploads as it takes, and return its id."""
        job_id = ""
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            files = [Path(folder) / f"{number:04}{suffix}" for number in range(len(contents))]
            for file, content in zip(files, contents, strict=True):
                file.write_bytes(content)
            for first in range(0, len(files), PER_UPLOAD):
                parts = [FilePart.of(file) for file in files[first : first + PER_UPLOAD]]
                job_id = str(self.client.submit(parts, SubmitOptions(job_id=job_id))["job_id"])
        return job_id

    def documents(self, job_id: str) -> list[dict[str, Any]]:
        """Return the documents of a batch."""
        return list(self.client.documents(job_id))

    def counts(self, job_id: str) -> Mapping[str, int]:
        """Return the number of documents of a batch by state."""
        counts: Mapping[str, int] = self.client.status(job_id)["counts"]
        return counts

    def pid(self, service: str) -> int:
        """Return the main process of a service; 0 while it does not run."""
        return next(state.pid for state in Supervisor(self.layout).states() if state.name == service)

    def kill(self, pid: int) -> None:
        """Kill a process and its descendants, the main process first."""
        for victim in family(pid):
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)

    def metrics(self, service: str) -> Counter[str]:
        """Return the metrics of a service, summed over their labels; those with a ``state`` also by ``name:state``."""
        text = httpx.get(f"http://127.0.0.1:{self.instance.metrics()[service]}/metrics", trust_env=False).text
        found: Counter[str] = Counter()
        for family_of in text_string_to_metric_families(text):
            for sample in family_of.samples:
                found[sample.name] += sample.value  # type: ignore[assignment]
                if state := sample.labels.get("state"):
                    found[f"{sample.name}:{state}"] += sample.value  # type: ignore[assignment]
        return found


def children(pid: int) -> list[int]:
    """Return the child processes of a process."""
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def family(pid: int) -> list[int]:
    """Return a process and its descendants."""
    return [pid, *(one for child in children(pid) for one in family(child))] if pid else []


def wait(condition: Callable[[], object], seconds: float, what: str) -> float:
    """Poll until a condition holds; return the seconds it took.

    Raises:
        TimeoutError: it did not hold in time.
    """
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            raise TimeoutError(f"not within {seconds:g} s: {what}")
        time.sleep(POLL_SECONDS)
    return time.monotonic() - began
