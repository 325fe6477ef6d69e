"""Find services that outlived a killed supervisor, by a mark in their environment, and stop them.

Without this, the next start would meet a server that still writes the same files. This works on Linux only, because
other systems do not show the environment of processes. There the start reports the taken port.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from decalogo.embedded.config import MARK
from decalogo.embedded.layout import Layout

POLL_SECONDS = 0.1


def find_orphans(layout: Layout) -> list[int]:
    """Return the pids of the services of this data folder; call it only while no supervisor runs."""
    wanted = f"{MARK}={layout.data}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
            if state != "Z" and wanted in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue  # it has ended, or belongs to another user
    return [pid for pid in found if pid != os.getpid()]


def stop_orphans(layout: Layout, *, patience_seconds: float = 30.0) -> int:
    """Stop them with SIGTERM, and with SIGKILL after a while; return their number. The server stops last."""
    orphans = find_orphans(layout)
    servers = {pid for pid in orphans if _is_server(pid)}
    for group in (set(orphans) - servers, servers):
        _signal(group, signal.SIGTERM)
        deadline = time.monotonic() + patience_seconds
        while group & set(find_orphans(layout)):
            if time.monotonic() > deadline:
                _signal(group, signal.SIGKILL)
            time.sleep(POLL_SECONDS)
    return len(orphans)


def _is_server(pid: int) -> bool:
    try:
        return b"valkey-server" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)
