"""Start, query and stop the supervisor of an embedded appliance.

The running supervisor holds a lock on ``run/lock``. A lock ends with its process, so that a pid or socket file left by
a power cut is not mistaken for a running appliance.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from xmlrpc.client import Fault, ProtocolError, ServerProxy

from supervisor.xmlrpc import SupervisorTransport

from decalogo.embedded.layout import Layout
from decalogo.embedded.logs import tail
from decalogo.errors import EmbeddedError

POLL_SECONDS = 0.2
SERVER = "valkey"  # the others need it: it starts first and stops last


@dataclass(frozen=True, slots=True)
class ServiceState:
    """State of a service; ``pid`` is 0 if it does not run, ``started`` is Unix seconds."""

    name: str
    state: str
    pid: int
    started: int
    description: str


def take_lock(layout: Layout) -> IO[bytes] | None:
    """Take the lock of the data folder to start a supervisor; ``None`` if a supervisor holds it."""
    for _ in range(3):
        if handle := try_lock(layout):
            return handle
        time.sleep(0.1)  # a command that only tests the lock releases it immediately
    return None


def try_lock(layout: Layout) -> IO[bytes] | None:
    """Take the lock of the data folder; ``None`` if it is held."""
    handle = layout.lock.open("ab")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def is_running(layout: Layout) -> bool:
    """Return whether a supervisor runs for this data folder."""
    try:
        handle = try_lock(layout)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise EmbeddedError(f"cannot open {layout.lock}: {error.strerror}") from error
    if handle is None:
        return True
    handle.close()
    return False


def spawn(layout: Layout, configuration: Path, environment: Mapping[str, str], lock: IO[bytes]) -> None:
    """Start the supervisor in a new session and pass the lock on to it; write its pid into the lock file."""
    layout.socket.unlink(missing_ok=True)  # we hold the lock, so an existing socket is stale
    with (layout.logs / "supervisord.out").open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - fixed interpreter and file
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=layout.data,
            env=dict(environment),
            start_new_session=True,
            pass_fds=(lock.fileno(),),
        )
    lock.truncate(0)
    lock.write(b"%d\n" % process.pid)
    lock.flush()


class Supervisor:
    """Client of a running supervisor over its Unix socket."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def _call(self, method: str, *arguments: object) -> Any:
        # A new transport per call, because it cannot be used after a refused connection. The address is not used: the
        # transport connects to the socket.
        transport = SupervisorTransport(None, None, f"unix://{self._layout.socket}")
        server = ServerProxy("http://127.0.0.1", transport=transport)
        try:
            return getattr(server.supervisor, method)(*arguments)
        except Fault as error:
            raise EmbeddedError(f"the supervisor rejects {method}{arguments}: {error.faultString}") from error
        except (OSError, ProtocolError, HTTPException) as error:
            raise EmbeddedError(f"the supervisor does not respond at {self._layout.socket}: {error}") from error
        finally:
            transport.close()

    def wait_until_answering(self, deadline: float) -> None:
        """Wait until the supervisor responds; ``deadline`` is in ``time.monotonic()`` seconds."""
        while True:
            try:
                self._call("getState")
            except EmbeddedError:
                if not is_running(self._layout):
                    end = tail(self._layout.logs / "supervisord.out", lines=20)
                    raise EmbeddedError(f"the supervisor ended immediately:\n{end}") from None
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL_SECONDS)
            else:
                return

    def states(self) -> list[ServiceState]:
        """Return all services, sorted by name.

        The supervisor says STARTING during the first seconds of a process, also of one that already works. Such a
        process counts as running: one that crashes at its start is in BACKOFF between its attempts.
        """
        return [
            ServiceState(
                item["name"],
                "RUNNING" if item["statename"] == "STARTING" and item["pid"] else item["statename"],
                item["pid"],
                item["start"],
                item["description"] or "just started",
            )
            for item in self._call("getAllProcessInfo")
        ]

    def start(self, name: str) -> None:
        """Start a service without waiting for it; do nothing if it runs."""
        try:
            self._call("startProcess", name, False)
        except EmbeddedError as error:
            if "ALREADY_STARTED" not in error.detail:
                raise

    def replace(self, name: str) -> None:
        """Stop a service, and start it with the current configuration file."""
        self._call("reloadConfig")  # reads the changed file
        self._call("stopProcessGroup", name)
        self._call("removeProcessGroup", name)
        self._call("addProcessGroup", name)
        self.start(name)

    def shutdown(self, *, last: str) -> None:
        """Request a stop of all services, ``last`` after the others, and then of the supervisor; do not wait."""
        for service in self.states():
            if service.name != last and service.pid:
                with suppress(EmbeddedError):  # it has just ended
                    self._call("stopProcess", service.name, False)
        self._call("shutdown")


def stop(layout: Layout, *, patience_seconds: float) -> bool:
    """Stop the supervisor and wait for its end; return whether it ended without a kill.

    It is killed if it does not respond, or after ``patience_seconds``.
    """
    deadline = time.monotonic() + patience_seconds
    try:
        Supervisor(layout).shutdown(last=SERVER)
    except EmbeddedError:
        deadline = time.monotonic()
    while is_running(layout):
        if time.monotonic() > deadline:
            _kill(layout)
            return False
        time.sleep(POLL_SECONDS)
    return True


def _kill(layout: Layout) -> None:
    """Kill the supervisor that holds the lock. Its services are found by their mark afterwards."""
    try:
        pid = int(layout.lock.read_text(encoding="ascii"))
        os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError) as error:
        raise EmbeddedError(
            f"the supervisor of {layout.data} does not respond and cannot be killed: {error}"
        ) from error
    while is_running(layout):
        time.sleep(POLL_SECONDS)
