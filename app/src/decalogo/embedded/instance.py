"""The ports and sizes of an embedded appliance, stored in its data folder for later commands."""

from __future__ import annotations

import json
import secrets
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

from decalogo.errors import EmbeddedError

HOST = "127.0.0.1"
SCHEMA_VERSION = 1
MEASURED = ("api", "worker", "worker-suspect", "scheduler")
DEFAULT_PORT = 8000
_DEFAULT_METRICS_PORT = 9101
_QUIET_PORTS = range(20_000, 32_000)  # outgoing connections get ports from 32,768 up


@dataclass(frozen=True, slots=True)
class Instance:
    """The choices of the last start; ``metrics_port`` is the first of one port per service (``MEASURED``)."""

    port: int
    valkey_port: int
    workers: int
    metrics_port: int = 0
    schema_version: int = SCHEMA_VERSION

    def metrics(self) -> dict[str, int]:
        """Return the port of each service's ``/metrics``, 0 for none."""
        first = self.metrics_port
        return {name: first + number if first else 0 for number, name in enumerate(MEASURED)}

    @property
    def url(self) -> str:
        """The base address, without a final slash."""
        return f"http://{HOST}:{self.port}"

    def write(self, path: Path) -> None:
        """Save atomically."""
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")
        new.replace(path)


def read_instance(path: Path) -> Instance | None:
    """Return the stored instance, or ``None`` before the first start; raise ``EmbeddedError`` if it is damaged."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return _parse(data)
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise EmbeddedError(f"{path} cannot be used: {error}. Remove that file to start with new ports.") from error
    except OSError as error:
        raise EmbeddedError(f"cannot read {path}: {error.strerror}") from error


def _parse(data: dict[str, int]) -> Instance:
    if data["schema_version"] != SCHEMA_VERSION:
        raise ValueError(f"schema_version {data['schema_version']}, this release reads {SCHEMA_VERSION}")
    return Instance(int(data["port"]), int(data["valkey_port"]), int(data["workers"]), int(data.get("metrics_port", 0)))


def is_free(port: int) -> bool:
    """Return whether a server can listen on this port now. A port in TIME_WAIT is free, as for servers."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def free_port(count: int = 1) -> int:
    """Return the first of ``count`` consecutive free ports.

    Outgoing connections do not get ports of this range, so a port is still free when its server starts seconds later.
    """
    while True:
        first = secrets.choice(_QUIET_PORTS)
        if all(is_free(port) for port in range(first, first + count)):
            return first


def choose(before: Instance | None, *, port: int | None, workers: int | None) -> Instance:
    """Choose the ports of this start: the requested ones, else those of the last start, else the defaults.

    Raises:
        EmbeddedError: another program listens on the port of the API.
    """
    api = port or (before.port if before else DEFAULT_PORT)
    if not is_free(api):
        raise EmbeddedError(
            f"port {api} is taken by another program. Choose another with --port, or EMBEDDED_PORT in .env."
        )
    metrics = _metrics_port(before, api)
    taken = {api, *range(metrics, metrics + len(MEASURED))}
    valkey = before.valkey_port if before and is_free(before.valkey_port) else free_port()
    while valkey in taken:
        valkey = free_port()
    return Instance(api, valkey, workers or (before.workers if before else 2), metrics)


def _metrics_port(before: Instance | None, api: int) -> int:
    """Return the first of the consecutive metrics ports, that of the last start if they are still free."""
    # Only an appliance on the default port gets the default ports: two that start together would both find them free.
    usual = _DEFAULT_METRICS_PORT if api == DEFAULT_PORT else 0
    for first in (before.metrics_port if before else 0, usual):
        ports = range(first, first + len(MEASURED))
        if first and api not in ports and all(is_free(port) for port in ports):
            return first
    return free_port(len(MEASURED))
