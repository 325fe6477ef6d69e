"""Starting, asking and stopping the one supervisor of an embedded appliance.

The running supervisor holds a lock on ``run/lock``. A lock dies with its process, so a pid or socket file left by a
power cut is never mistaken for a running appliance.
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
SERVER = "valkey"  # the service that the others need: first to start, last to stop


@dataclass(frozen=True, slots=True)
class ServiceState:
    """One service as the supervisor sees it; ``pid`` is 0 when it does not run, ``started`` is Unix seconds."""

    name: str
    state: str
    pid: int
    started: int
    description: str


def take_lock(layout: Layout) -> IO[bytes] | None:
    """Take the data folder's lock to start a supervisor; ``None`` if one holds it."""
    for _ in range(3):
        if handle := try_lock(layout):
            return handle
        time.sleep(0.1)  # a command that only asked whether it is held lets go at once
    return None


def try_lock(layout: Layout) -> IO[bytes] | None:
    """Take the data folder's lock; ``None`` if somebody holds it."""
    handle = layout.lock.open("ab")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.close()
        return None
    return handle


def is_running(layout: Layout) -> bool:
    """Say whether a supervisor works in this data folder."""
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
    """Start the supervisor in a session of its own, handing it the lock, which then also tells its pid."""
    layout.socket.unlink(missing_ok=True)  # we hold the lock: a socket that is there is stale
    with (layout.logs / "supervisord.out").open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own interpreter and file
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
    """The interface of a running supervisor, over its Unix socket."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout

    def _call(self, method: str, *arguments: object) -> Any:
        # A transport of its own for each call: after a refused connection it cannot be used again. The address is
        # never dialled: the transport goes to the socket.
        transport = SupervisorTransport(None, None, f"unix://{self._layout.socket}")
        server = ServerProxy("http://127.0.0.1", transport=transport)
        try:
            return getattr(server.supervisor, method)(*arguments)
        except Fault as error:
            raise EmbeddedError(f"the supervisor refuses {method}{arguments}: {error.faultString}") from error
        except (OSError, ProtocolError, HTTPException) as error:
            raise EmbeddedError(f"the supervisor does not answer at {self._layout.socket}: {error}") from error
        finally:
            transport.close()

    def wait_until_answering(self, deadline: float) -> None:
        """Wait until the interface answers; ``deadline`` in ``time.monotonic()`` seconds."""
        while True:
            try:
                self._call("getState")
            except EmbeddedError:
                if not is_running(self._layout):
                    end = tail(self._layout.logs / "supervisord.out", lines=20)
                    raise EmbeddedError(f"the supervisor ended at once:\n{end}") from None
                if time.monotonic() > deadline:
                    raise
                time.sleep(POLL_SECONDS)
            else:
                return

    def states(self) -> list[ServiceState]:
        """Return every service, in the order of their names."""
        return [
            ServiceState(item["name"], item["statename"], item["pid"], item["start"], item["description"])
            for item in self._call("getAllProcessInfo")
        ]

    def start(self, name: str) -> None:
        """Start a service without waiting for it; one that already runs is left alone."""
        try:
            self._call("startProcess", name, False)
        except EmbeddedError as error:
            if "ALREADY_STARTED" not in error.detail:
                raise

    def replace(self, name: str) -> None:
        """Stop a service and start it as the configuration file describes it now; waits for the stop."""
        self._call("reloadConfig")  # without this it would not know the file had changed
        self._call("stopProcessGroup", name)
        self._call("removeProcessGroup", name)
        self._call("addProcessGroup", name)
        self.start(name)

    def shutdown(self, *, last: str) -> None:
        """Ask it to stop every service at once but ``last``, then that one, and then itself; does not wait."""
        for service in self.states():
            if service.name != last and service.pid:
                with suppress(EmbeddedError):  # it just ended by itself
                    self._call("stopProcess", service.name, False)
        self._call("shutdown")


def stop(layout: Layout, *, patience_seconds: float) -> bool:
    """Stop the supervisor and wait until it is gone; say whether it went by itself.

    One that does not answer, or takes longer than ``patience_seconds``, is killed.
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
    """Kill the supervisor that holds the lock; its services are found by their mark afterwards."""
    try:
        pid = int(layout.lock.read_text(encoding="ascii"))
        os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError) as error:
        raise EmbeddedError(f"the supervisor of {layout.data} neither answers nor can be killed: {error}") from error
    while is_running(layout):
        time.sleep(POLL_SECONDS)
