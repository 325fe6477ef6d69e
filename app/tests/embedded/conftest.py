"""An appliance as an operator starts it: the command, a data folder, a free port."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from decalogo.embedded.instance import free_port
from decalogo.embedded.layout import Layout
from decalogo.embedded.orphans import find_orphans
from decalogo.embedded.supervisor import Supervisor

COMMAND = [sys.executable, "-m", "decalogo"]


@dataclass
class Operator:
    """Types `decalogo embedded …` for one data folder."""

    data: Path
    port: int
    variables: dict[str, str] = field(default_factory=dict)
    user: int | None = None

    @property
    def layout(self) -> Layout:
        return Layout.at(self.data)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def run(self, command: str, *arguments: str, status: int = 0, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run one embedded command and check its exit status."""
        done = subprocess.run(
            [*COMMAND, "embedded", command, "--data", str(self.data), *arguments],
            env={**os.environ, **self.variables}, capture_output=True, text=True, timeout=880, input=stdin,
            user=self.user, group=self.user, extra_groups=None if self.user is None else [], cwd=self.data.parent,
        )  # fmt: skip
        assert done.returncode == status, f"{command}: status {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def up(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        return self.run("up", "--port", str(self.port), "--timeout", "200", *arguments, status=status)

    def client(self, *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
        """Run a decalogo command with the appliance's environment."""
        return self.run("run", "--", *arguments, status=status)

    def pid(self, service: str) -> int:
        return next(state.pid for state in Supervisor(self.layout).states() if state.name == service)

    def processes(self) -> list[int]:
        """Return the pids of every process that belongs to this data folder."""
        return find_orphans(self.layout)


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.2)


@contextmanager
def operator_for_a_while() -> Iterator[Operator]:
    """Return an operator with an empty data folder; stop and delete everything at the end."""
    # Not tmp_path: its names may be too long for a Unix socket.
    folder = Path(tempfile.mkdtemp(prefix="dcl-"))
    operator = Operator(folder / "data", free_port())
    try:
        yield operator
    finally:
        if operator.layout.run.exists():
            operator.run("down")
            assert operator.processes() == []
        shutil.rmtree(folder)


@pytest.fixture
def operator() -> Iterator[Operator]:
    with operator_for_a_while() as operator:
        yield operator


@pytest.fixture(scope="module")
def running() -> Iterator[Operator]:
    """Return one appliance for the tests of a module that leave it as it was."""
    with operator_for_a_while() as operator:
        operator.up()
        yield operator
