"""Ports for scenarios that run at the same time: none is given twice, though its server may start minutes later."""

from __future__ import annotations

import fcntl
import tempfile
from pathlib import Path

from decalogo.embedded.instance import is_free

# Below those of local processes (`decalogo.embedded.instance.free_port`), the random faults among them.
RANGE = range(10_000, 20_000)
LAST_GIVEN = Path(tempfile.gettempdir()) / "decalogo-scenario-port"


def next_port() -> int:
    """Return the next port of the range that nobody listens on, across all processes on this machine."""
    with LAST_GIVEN.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        last = int(file.read() or RANGE.start - 1)
        port = next(port for port in (*range(last + 1, RANGE.stop), *RANGE) if is_free(port))
        file.truncate(0)
        file.write(str(port))
    return port
