"""Ports and networks for scenarios that run at the same time. None is given twice, even if it is used minutes later."""

from __future__ import annotations

import fcntl
import tempfile
from collections.abc import Callable
from pathlib import Path

from decalogo.embedded.instance import is_free

# Below those of local processes (`decalogo.embedded.instance.free_port`), the random faults among them.
RANGE = range(10_000, 20_000)
LAST_PORT = Path(tempfile.gettempdir()) / "decalogo-scenario-port"
# Third numbers of 10.213.N.0/24, above those that ./appliance selects by itself and the one of load tests.
NETWORKS = range(101, 255)
LAST_NETWORK = Path(tempfile.gettempdir()) / "decalogo-scenario-network"


def next_port() -> int:
    """Return the next port of the range that nobody listens on, across all processes on this machine."""
    return _next(LAST_PORT, RANGE, is_free)


def next_network() -> str:
    """Return the next NETWORK_PREFIX."""
    return f"10.213.{_next(LAST_NETWORK, NETWORKS, lambda _number: True)}"


def _next(record: Path, numbers: range, usable: Callable[[int], bool]) -> int:
    with record.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        last = int(file.read() or numbers.start - 1)
        number = next(number for number in (*range(last + 1, numbers.stop), *numbers) if usable(number))
        file.truncate(0)
        file.write(str(number))
    return number
